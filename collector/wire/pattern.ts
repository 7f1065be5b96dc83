/** Notations of time as patterns, such as `dd.MM.yyyy HH:mm:ss`, and the regular expressions that read them. */

/** AM or PM, but not the AM in `America/New_York`. */
const HALF = String.raw`(?<half>[AP]M)(?!\w*/)`;
/** What may separate date and time, and the time itself, in notations that have both. */
const CLOCK = String.raw`(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?<fraction>[.,]\d+)?)?\s*(?:${HALF})?`;
const ZONE = String.raw`(?<zone>Z|[+-]\d{2}(?::?\d{2})?|[A-Z]{3,4}|[A-Z][\w+-]*/[\w/+-]+)`;

/** ISO 8601 with its liberties and in short, RFC 2822 (and the longer months and zones of some clouds), dd.MM.yyyy, and America's long form. */
export const NOTATIONS = [
  String.raw`(?<year>\d{4})[-/](?<month>\d{2})[-/](?<day>\d{2})[T ]+${CLOCK}\s*${ZONE}?`,
  String.raw`(?:[A-Z]{3,9},? )?(?<day>\d{1,2}) (?<named>[A-Z]{3,9})\.? (?<year>\d{4}) ${CLOCK}\s*${ZONE}?`,
  String.raw`(?<day>\d{1,2})\.(?<month>\d{1,2})\.(?<year>\d{4}),?[T ]+${CLOCK}\s*${ZONE}?`,
  String.raw`(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})T(?<hour>\d{2})(?<minute>\d{2})(?<second>\d{2})(?<fraction>[.,]\d+)?${ZONE}?`,
  String.raw`(?:[A-Z]{3,9},? )?(?<named>[A-Z]{3,9})\.? (?<day>\d{1,2}),? (?<year>\d{4}),?(?: at)? ${CLOCK}\s*${ZONE}?`,
].map((source) => new RegExp(`^${source}$`, "i"));

const TOKENS: Record<string, string> = {
  yyyy: String.raw`(?<year>\d{4})`,
  yy: String.raw`(?<short>\d{2})`,
  MMM: String.raw`(?<named>[A-Z]{3,9})\.?`,
  MM: String.raw`(?<month>\d{2})`,
  M: String.raw`(?<month>\d{1,2})`,
  dd: String.raw`(?<day>\d{2})`,
  d: String.raw`(?<day>\d{1,2})`,
  HH: String.raw`(?<hour>\d{2})`,
  H: String.raw`(?<hour>\d{1,2})`,
  hh: String.raw`(?<hour>\d{2})`,
  h: String.raw`(?<hour>\d{1,2})`,
  mm: String.raw`(?<minute>\d{2})`,
  ss: String.raw`(?<second>\d{2})`,
  SSS: String.raw`(?<fraction>\d{1,9})`,
  a: HALF,
  Z: ZONE,
};

/** How many digits of a second's fraction a number in this notation has: `1732262400123` is epoch_ms. */
export const EPOCHS: Record<string, number> = { epoch_s: 0, epoch_ms: 3, epoch_us: 6 };

/**
 * The expression that reads a pattern. Null if the pattern has letters without a meaning, the same thing twice, or no
 * complete date.
 */
export function patternOf(pattern: string): RegExp | null {
  if (Object.hasOwn(EPOCHS, pattern)) return /^\d+(\.\d+)?$/;
  let unknown = false;
  const source = pattern.replace(/'([^']*)'|([A-Za-z])\2*|\W/g, (part, quoted: string | undefined, letter?: string) => {
    const token = TOKENS[part] ?? (part === "MMMM" ? TOKENS.MMM : undefined);
    if (letter !== undefined && token === undefined) unknown = true;
    return token ?? (quoted ?? part).replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  });
  try {
    const isDate = [/<(year|short)>/, /<(month|named)>/, /<day>/].every((part) => part.test(source));
    return unknown || !isDate ? null : new RegExp(`^${source}$`, "i");
  } catch {
    return null;
  }
}
