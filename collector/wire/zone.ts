/** Time zones, by their IANA names. Intl knows what their clocks show. */
import { z } from "zod";

export const timeZone = z.string().refine(isTimeZone, "must be a time zone such as Europe/London");

/**
 * Three-letter abbreviations, except those in the tz database. Intl takes some for a zone that few people mean, such as
 * BST for Dhaka's (ICU's legacy ids).
 */
const UNCLEAR = /^(?!([CEMW]ET|[EHM]ST|GMT|U(TC|CT)|PRC|RO[CK])$)[A-Z]{3}$/i;

export function isTimeZone(name: string): boolean {
  try {
    return !UNCLEAR.test(name) && formatOf(name) !== null;
  } catch {
    return false;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const name = timeZone.toLowerCase();
  const format = formats.get(name) ?? new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  formats.set(name, format);
  return format;
}

/** How far a zone's clocks are ahead of UTC at a moment, in ms. Throws if there is no such zone. */
export function zoneOffset(at: number, zone: string): number {
  return zone === "UTC" ? 0 : offsetIn(formatOf(zone).format(at));
}

/** The offset in `+02:00`, `-0730` or `… GMT+05:45`, in ms. 0 if the text has none. */
export function offsetIn(text: string): number {
  const [, sign = "+", hours = 0, minutes = 0] = /([+-])(\d{2}):?(\d{2})?$/.exec(text) ?? [];
  return Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

/**
 * The moment when the clocks of a zone show `wall` (given as if it were UTC). If they show it twice, it is the earlier
 * moment. If they skip it, the result is as long after the change as `wall` is after the last time shown before the
 * change. So a day without a midnight begins with the change.
 */
export function inZone(wall: number, zone: string): number {
  const before = wall - zoneOffset(wall - 24 * 3_600_000, zone);
  const offset = zoneOffset(before, zone);
  return zoneOffset(wall - offset, zone) === offset ? wall - offset : before;
}

/** Clocks are ahead of UTC by `offset` ms from the end of the previous shift to `until` (epoch ms, not included). */
export interface Shift {
  until: number;
  offset: number;
}

/** No zone changes its clocks and changes them back within this time. */
const STEP_MS = 7 * 86_400_000;

/** How a zone's clocks run between two moments, in order. The last shift has no end. */
export function shiftsOf(zone: string, from: number, to: number): Shift[] {
  const shifts: Shift[] = [];
  for (let at = from; at < to && zone !== "UTC"; at += STEP_MS) {
    const [offset, next] = [zoneOffset(at, zone), Math.min(at + STEP_MS, to)];
    if (zoneOffset(next, zone) !== offset) shifts.push({ until: changeBetween(zone, at, next), offset });
  }
  return [...shifts, { until: Number.MAX_SAFE_INTEGER, offset: zoneOffset(to, zone) }];
}

/** The first moment when a zone's offset differs from the one at `low`. */
function changeBetween(zone: string, low: number, high: number): number {
  if (high - low <= 1) return high;
  const middle = Math.floor((low + high) / 2);
  const isSame = zoneOffset(middle, zone) === zoneOffset(low, zone);
  return isSame ? changeBetween(zone, middle, high) : changeBetween(zone, low, middle);
}
