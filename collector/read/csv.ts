/** Rows as CSV that a spreadsheet can open: values come from a public route, and none may be run. */
import { stringify } from "csv-stringify/sync";

/** A number with its sign, as E.164 has one (`+14045550199`), runs nothing, and an apostrophe would make another value of it. */
const SIGNED = /^[+-]\d+(\.\d+)?$/;

/** A value which a spreadsheet would run as a formula is escaped (OWASP, "CSV Injection"). */
export function csv(rows: unknown[][]): string {
  const string = (text: string) => (SIGNED.test(text) ? { value: text, escape_formulas: false } : text);
  const cells = rows.map((row) => row.map((cell) => (Array.isArray(cell) ? cell.join("|") : cell)));
  return stringify(cells, { escape_formulas: true, cast: { boolean: String, number: String, string } });
}
