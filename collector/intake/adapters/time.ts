/** Times as vendors write them. */

export interface Time {
  /** Epoch ms. */
  ts: number;
  ts_unit: "s" | "ms";
}

const EPOCH = /^(\d{10}|\d{13})(\.\d+)?$/;
/** `2013-10-01 10:17 AM +02:00`, `2026-11-23T09:00:00.5Z`, `2026-11-23 09:00:00`. */
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?\s*(AM|PM)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$/i;
/** `Mon, 23 Nov 2026 09:00:00 +0000` (RFC 2822). */
const RFC_2822 = /^[A-Za-z]{3},? \d{1,2} [A-Za-z]{3} \d{4} \d{2}:\d{2}(:\d{2})? (GMT|UTC|Z|[+-]\d{4})$/;

/** Reads a time; one without a zone is in `zone` (IANA). A time without a fraction is in seconds (contract 5). Null for what is none. */
export function readTime(text: string, zone: string): Time | null {
  const epoch = EPOCH.exec(text);
  if (epoch) return { ts: Math.round(Number(text) * (epoch[1]?.length === 10 ? 1_000 : 1)), ts_unit: unit(epoch) };
  if (RFC_2822.test(text)) return { ts: Date.parse(text), ts_unit: "s" };
  const parts = ISO.exec(text);
  if (!parts) return null;
  const [, year, month, day, hour, minute, second = "0", fraction = "0", half, offset] = parts;
  const date = [Number(year), Number(month) - 1, Number(day)] as const;
  const wall = Date.UTC(...date, hourOf(Number(hour), half), Number(minute), Number(second));
  const time = new Date(wall);
  // 31 February is no time, nor is 25 o'clock; Date would take both for later ones.
  if (time.getUTCDate() !== date[2] || time.getUTCMonth() !== date[1] || Number(minute) > 59) return null;
  const ts = offset === undefined ? inZone(wall, zone) : wall - offsetOf(offset);
  return { ts: ts + Math.floor(Number(fraction) * 1_000), ts_unit: fraction === "0" ? "s" : "ms" };
}

function unit([, digits, fraction]: RegExpExecArray): Time["ts_unit"] {
  return digits?.length === 10 && fraction === undefined ? "s" : "ms";
}

function hourOf(hour: number, half: string | undefined): number {
  return half === undefined ? hour : (hour % 12) + (/pm/i.test(half) ? 12 : 0);
}

/** `+02:00` in ms. */
function offsetOf(text: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(text) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
}

/** The moment at which the clocks of a zone show `wall`: the earlier one where they show it twice. */
function inZone(wall: number, zone: string): number {
  const before = wall - zoneOffset(wall - 24 * 3_600_000, zone);
  return zoneOffset(before, zone) === wall - before ? before : wall - zoneOffset(before, zone);
}

/** By how much the clocks of a zone are ahead of UTC at a moment, in ms. */
function zoneOffset(at: number, zone: string): number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const of = (part: Intl.DateTimeFormatPartTypes) => parts.get(part) ?? 0;
  return (
    Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second")) -
    Math.floor(at / 1_000) * 1_000
  );
}
