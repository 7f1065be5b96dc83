/** Reads amounts as vendors in different countries write them. */
import { CURRENCIES } from "../../wire/common";

/**
 * A currency beside a number: its code, its sign, or what its country writes for it, with a full stop that is not the number's. Nothing else
 * may stand there: `2 lakh`, `49 k€`, `49p` and `99¢` are other numbers.
 */
const NAMES = String.raw`(?:us|au?|ca?|nz|hk|sg?|nt|mx|r)\$|kr|zł|kč|ft|lei|leu|лв|р|руб|грн|тг|дин|din|rs|rp|rm|r|s/|tl|fr|euros?|円|元`;
const CURRENCY = String.raw`(?:(?:(?![¢￠])\p{Sc}|${[...CURRENCIES].join("|")}|${NAMES})\.?)?`;
const NUMBER = String.raw`(?<number>[.,]?\d(?:[\d.,\s'’]*\d)?)`;
/** Bounded, as several of them follow each other. */
const GAP = String.raw`\s{0,4}`;
const MINUS = String.raw`[-\u2212\u2013]`;
/** `49,-`, `49.–`, `500/-`: no decimals. */
const NO_DECIMALS = String.raw`(?:[.,][-\u2013\u2014]{0,2}|/[-\u2013])?`;
/** A minus may be a real one (U+2212), stand behind the number, or be brackets. */
const WRITTEN = new RegExp(
  String.raw`^(?<open>\()?${GAP}(?<first>${MINUS}|\+)?${GAP}${CURRENCY}${GAP}(?<inner>${MINUS})?${GAP}${NUMBER}(?:${GAP}(?<behind>${MINUS})(?![^\s)]))?${NO_DECIMALS}${GAP}${CURRENCY}${GAP}(?<close>\))?$`,
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
