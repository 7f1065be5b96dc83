/** Rows as CSV that a spreadsheet can open: values come from a public route, and none may be run. */
import { stringify } from "csv-stringify/sync";

/**
 * A number as people write it (`+14045550199`, `-1,234.50`, `-12.5 %`, `-£5`, `-1e5`), or dashes for none: it runs nothing, and an apostrophe
 * would make another value of it.
 */
const NUMBER = /^(-+|[+-]\p{Sc}?[\d.,'’ \u00a0\u202f]*\d(e[+-]?\d+)?[ \u00a0]?[%\p{Sc}]?)$/iu;

const RUN = String.raw`[=+\-@\uff1d\uff0b\uff0d\uff20]`;

/** What a spreadsheet would run (OWASP, "CSV Injection"). */
const FORMULA = new RegExp(String.raw`^\s*${RUN}`);

/**
 * Where another cell begins for a spreadsheet whose separator is no comma, as in most of Europe: there our quotes, which stand within a cell,
 * keep neither `;` nor a line break together.
 */
const WITHIN = new RegExp(String.raw`[;\t\r\n]\s*(?=${RUN})`, "g");

export function csv(rows: unknown[][]): string {
  const cells = rows.map((row) => row.map((cell) => (Array.isArray(cell) ? cell.join("|") : cell)));
  return stringify(cells, { cast: { boolean: String, number: String, string: inert } });
}

function inert(text: string): string {
  if (NUMBER.test(text)) return text;
  return (FORMULA.test(text) ? "'" : "") + text.replace(WITHIN, "$&'");
}
