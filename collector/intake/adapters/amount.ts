/** Amounts as vendors in different countries write them. */

/** A currency before the number, `Rs.` with a full stop that is not the number's; after it anything short but what multiplies it. */
const BEFORE = String.raw`(?:[^\d.,()\s'’+-]{0,5}\p{L}\.|[^\d.,()\s'’+-]{1,6})?`;
const AFTER = String.raw`(?!\s*(?:%|[km]\b|mio|mln|bn|тыс))[^\d()]{0,8}`;
const NUMBER = String.raw`(?<number>[.,]?\d(?:[\d.,\s'’]*\d)?)`;
/** A minus may be a real one (U+2212), stand behind, or be brackets. */
const WRITTEN = new RegExp(
  String.raw`^(?<open>\()?\s*(?<first>[-\u2212\u2013+])?\s*${BEFORE}\s*(?<inner>[-\u2212\u2013])?\s*${NUMBER}\s*(?<behind>[-\u2212\u2013])?${AFTER}(?<close>\))?$`,
  "iu",
);

/**
 * The number that an amount is; null where it has no digits (`n/a`, `--`), and undefined where it may be more than one number, or none:
 * it must not become another one. `decimal` says what separates the decimals, where the amount itself does not tell.
 */
export function readAmount(said: string, decimal?: "." | ","): number | null | undefined {
  if (!/\p{Nd}/u.test(said)) return null;
  if (/^[+-]?\d+(\.\d+)?e[+-]?\d+$/i.test(said)) return bounded(Number(said));
  const { open, close, first, inner, behind, number } = WRITTEN.exec(said.trim())?.groups ?? {};
  const signs = [open, first === "+" ? undefined : first, inner, behind].filter((sign) => sign !== undefined);
  if (number === undefined || (open === undefined) !== (close === undefined) || signs.length > 1) return undefined;
  const value = plain(number, decimal);
  return value === undefined ? undefined : bounded(signs.length > 0 ? -value : value);
}

function bounded(value: number): number | undefined {
  return Math.abs(value) < 1e15 ? value : undefined;
}

function plain(number: string, decimal: "." | "," | undefined): number | undefined {
  const point = decimal ?? decimalOf(number);
  if (point === undefined) return undefined;
  const at = point === null ? -1 : number.lastIndexOf(point);
  const [whole, rest] = at === -1 ? [number, ""] : [number.slice(0, at), number.slice(at + 1)];
  // Groups of three, but for India's (`1,23,456`), all separated alike.
  const groups = /^(\d*|\d{1,3}([.,\s'’])(?:\d{2,3}\2)*\d{3})$/.exec(whole);
  if (!groups || groups[2] === point || !/^\d*$/.test(rest)) return undefined;
  return Number(`${whole.replace(/\D/g, "") || "0"}.${rest || "0"}`);
}

/** Which separator is the decimals', null where none is; undefined where nobody can tell. */
function decimalOf(number: string): "." | "," | null | undefined {
  const [dots, commas] = [number.split(".").length - 1, number.split(",").length - 1];
  if (dots > 0 && commas > 0) return number.lastIndexOf(".") > number.lastIndexOf(",") ? "." : ",";
  if (dots + commas !== 1) return null;
  const isGrouped = /^[1-9]\d{0,2}[.,]\d{3}$/.test(number);
  // `1,234` is what half of the world writes for a thousand and more; `1.234` is that or a number of three decimals.
  if (isGrouped) return commas === 1 ? null : undefined;
  return dots === 1 ? "." : ",";
}
