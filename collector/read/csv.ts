/**
 * Rows as CSV that a spreadsheet can open. Values come from a public route, so a spreadsheet must not run any of them.
 */
import { stringify } from "csv-stringify/sync";

/**
 * A number as people write it (`+14045550199`, `-1,234.50`, `-12.5 %`, `-£5`, `-1e5`), or dashes that stand for none. A
 * spreadsheet runs nothing in it, and an apostrophe would change the value.
 */
const NUMBER = /^(-+|[+-]\p{Sc}?[\d.,'’ \u00a0\u202f]*\d(e[+-]?\d+)?[ \u00a0]?[%\p{Sc}]?)$/iu;

/** What a spreadsheet would run (OWASP, "CSV Injection"). */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/;

export function csv(rows: unknown[][]): string {
  const cells = rows.map((row) => row.map((cell) => (Array.isArray(cell) ? cell.join("|") : cell)));
  return stringify(cells, { cast: { boolean: String, number: String, string: inert } });
}

/**
 * The text with an apostrophe before each formula. In most of Europe spreadsheets separate cells by `;`. For them our
 * quotes are in the middle of a cell, where they protect neither `;` nor a line break, and another cell begins there.
 */
function inert(text: string): string {
  const cells = text.split(/([;\t\r\n])/);
  return cells.map((cell) => (FORMULA.test(cell) && !NUMBER.test(cell.trim()) ? `'${cell}` : cell)).join("");
}
