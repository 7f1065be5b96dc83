/** Times as vendors write them. */
import { EPOCHS, NOTATIONS, patternOf } from "../../wire/pattern";
import { inZone, isTimeZone, offsetIn } from "../../wire/zone";
import { remembered } from "./remembered";

export interface Time {
  /** Epoch ms. */
  ts: number;
  ts_unit: "s" | "ms";
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const HOUR = 3_600_000;

/** By how much zones that have names in RFC 2822, 4.3, or names that are no other's, are ahead of UTC, in ms. */
const NAMED_ZONES: Record<string, number> = {
  ...{ Z: 0, UT: 0, UTC: 0, GMT: 0, EST: -5 * HOUR, EDT: -4 * HOUR, CST: -6 * HOUR, CDT: -5 * HOUR },
  ...{ MST: -7 * HOUR, MDT: -6 * HOUR, PST: -8 * HOUR, PDT: -7 * HOUR },
  ...{ BST: HOUR, WEST: HOUR, CEST: 2 * HOUR, EEST: 3 * HOUR, MSK: 3 * HOUR, JST: 9 * HOUR },
};

const readerOf = remembered(patternOf);

/** What programs write for no time is older: 0001-01-01, 1900-01-01, 1970-01-01. */
const FIRST = Date.UTC(1971, 0);

/**
 * Reads a time in one of `wire/pattern.ts`'s notations, or in `format`; one without a zone is in `zone` (IANA). A time without a
 * fraction is in seconds (contract 5). Null for what is none.
 */
export function readTime(text: string, zone: string, format?: string): Time | null {
  const time = written(text, zone, format);
  return time && time.ts >= FIRST ? time : null;
}

function written(text: string, zone: string, format?: string): Time | null {
  const epoch = /^(\d{9,17})(\.\d+)?$/.exec(text);
  if (epoch && (format === undefined || Object.hasOwn(EPOCHS, format))) return epochTime(epoch, EPOCHS[format ?? ""]);
  const readers = format === undefined ? NOTATIONS : [readerOf(format)];
  for (const reader of readers) {
    const parts = reader?.exec(text)?.groups;
    if (parts) return ofParts(parts, zone);
  }
  return null;
}

/** `digits`: of the fraction of a second that the number ends with; told by its length where none is given. */
function epochTime([, whole = "", fraction]: RegExpExecArray, digits?: number): Time | null {
  const told = digits ?? (whole.length === 10 ? 0 : whole.length === 13 ? 3 : null);
  if (told === null) return null;
  const ts = Math.round(Number(whole + (fraction ?? "")) * 10 ** (3 - told));
  return { ts, ts_unit: told === 0 && fraction === undefined ? "s" : "ms" };
}

function ofParts(parts: Record<string, string | undefined>, zone: string): Time | null {
  const { year, short, month, named, day, hour = "0", minute = "0", second = "0", fraction, half } = parts;
  const monthIndex = named === undefined ? Number(month) - 1 : MONTHS.indexOf(named.slice(0, 3).toLowerCase());
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (/p/i.test(half) ? 12 : 0);
  const minutes = Date.UTC(Number(year ?? `20${short}`), monthIndex, Number(day), hours, Number(minute));
  const time = new Date(minutes);
  // 31 February is no time, nor is 25 o'clock; Date would take both for later ones. A leap second is (ISO 8601).
  if (time.getUTCDate() !== Number(day) || time.getUTCMonth() !== monthIndex) return null;
  if (Number(minute) > 59 || Number(second) > 60) return null;
  const wall = minutes + Number(second) * 1_000;
  const ts = momentOf(wall, parts.zone ?? zone, parts.zone !== undefined);
  const ms = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction.replace(/\D/, "")}`) * 1_000);
  return ts === null ? null : { ts: ts + ms, ts_unit: fraction === undefined ? "s" : "ms" };
}

/**
 * The moment at which the clocks of a zone (`+02:00`, `EST`, `Europe/Kyiv`) show `wall`: the earlier one where they show it twice. Null
 * where there is no such zone, as a payload may name one. What a site has saved (`isSaid` is false) is taken as Intl takes it: it was
 * checked by the rules of its day.
 */
function momentOf(wall: number, zone: string, isSaid: boolean): number | null {
  const fixed = NAMED_ZONES[zone.toUpperCase()] ?? (/^[+-]/.test(zone) ? offsetIn(zone) : undefined);
  if (fixed !== undefined) return wall - fixed;
  if (isSaid && !isTimeZone(zone)) return null;
  try {
    return inZone(wall, zone);
  } catch {
    return null;
  }
}

const UNITS = { s: 1, ms: 1e-3, min: 60 };

/** `00:02:05` and `02:05`; `2m 5s`, `125 sec` and ISO 8601's `PT2M5S`. */
const DURATIONS = [
  /^(?:(?<h>\d+):)?(?<m>\d{1,3}):(?<s>\d{2})(?:\.\d+)?$/,
  /^(?:PT)?(?=\d)(?:(?<h>\d+) ?h(?:(?:ou)?rs?)?)? ?(?:(?<m>\d+) ?m(?:in(?:ute)?s?)?)? ?(?:(?<s>\d+)(?:\.\d+)? ?s(?:ec(?:ond)?s?)?)?$/i,
];

/** Reads a duration in whole seconds; a number is in `unit`. Null for anything else. */
export function readDuration(text: string, unit: keyof typeof UNITS = "s"): number | null {
  const parts = DURATIONS.map((reader) => reader.exec(text)?.groups).find((groups) => groups !== undefined);
  const number = /^\d+(\.\d+)?$/.test(text) ? Math.floor(Number(text) * UNITS[unit]) : null;
  const seconds = parts ? Number(parts.h ?? 0) * 3_600 + Number(parts.m ?? 0) * 60 + Number(parts.s ?? 0) : number;
  return seconds !== null && seconds < 2 ** 31 ? seconds : null;
}
