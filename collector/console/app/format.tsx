/** Formats times, numbers and money for the reader's own language and time zone, as set in the browser. */

const time = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const number = new Intl.NumberFormat();
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });

/** A moment in the browser's time zone. Shows UTC when the pointer is over it. */
export function Time({ at }: { at: number }) {
  return (
    <time class="num" dateTime={new Date(at).toISOString()} title={utc(at)}>
      {time.format(at)}
    </time>
  );
}

/** How long ago a moment was. Shows the moment itself when the pointer is over it. */
export function Ago({ at }: { at: number | null | undefined }) {
  if (at == null) return <span class="quiet">never</span>;
  return (
    <time class="num" dateTime={new Date(at).toISOString()} title={`${time.format(at)} (${utc(at)})`}>
      {ago(at - Date.now())}
    </time>
  );
}

export function utc(at: number): string {
  return `${new Date(at).toISOString().replace("T", " ").replace("Z", "")} UTC`;
}

/** `ms` from now, negative for the past: "5 min. ago". */
function ago(ms: number): string {
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
  ];
  for (const [unit, length] of steps) {
    if (Math.abs(ms) >= length) return relative.format(Math.trunc(ms / length), unit);
  }
  return relative.format(Math.trunc(ms / 1000), "second");
}

/** A duration as people say it: 850 ms, 3.2 s, 4 min 10 s, 2 h 5 min. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${number.format(Math.round(ms / 100) / 10)} s`;
  const [hours, minutes, seconds] = [
    Math.floor(ms / 3_600_000),
    Math.floor(ms / 60_000) % 60,
    Math.floor(ms / 1000) % 60,
  ];
  return hours > 0 ? `${number.format(hours)} h ${minutes} min` : `${minutes} min ${seconds} s`;
}

export function count(value: number): string {
  return number.format(value);
}

/** A share from 0 to 1. Shows a dash if there is no share, because there was nothing to divide by. */
export function share(value: number | null | undefined): string {
  return value == null ? "–" : percent.format(value);
}

export function bytes(value: number): string {
  const step = value < 1024 ? 0 : value < 1024 ** 2 ? 1 : value < 1024 ** 3 ? 2 : 3;
  const digits = step === 0 ? 0 : 1;
  const shown = (value / 1024 ** step).toFixed(digits);
  return `${number.format(Number(shown))} ${["B", "KiB", "MiB", "GiB"][step]}`;
}

/** An amount in its currency (ISO 4217). A currency that the browser does not know is written after the number. */
export function money(value: number, currency: string | null): string {
  if (currency === null) return number.format(value);
  try {
    return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(value);
  } catch {
    return `${number.format(value)} ${currency}`;
  }
}

/** Any value as text: a string unchanged, everything else as JSON. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const clockWithSeconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayMonth = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** The time of day in the browser's time zone: 14:02, or 14:02:07. */
export function clockTime(at: number, seconds = false): string {
  return (seconds ? clockWithSeconds : clock).format(at);
}

/** A day in the browser's time zone, without its year: 27 Nov. */
export function shortDay(at: number): string {
  return dayMonth.format(at);
}
