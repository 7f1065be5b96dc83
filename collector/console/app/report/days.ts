/** Days of reports: `2026-11-27`, in the site's own zone, which only the collector counts by. */

const DAY_MS = 86_400_000;

/** The day so many days before now. By UTC: at the zone's edge it is one day more or less, and a report begins with that. */
export function dayBefore(now: number, days: number): string {
  return new Date(now - days * DAY_MS).toISOString().slice(0, 10);
}

/** Each day from the first to today, or to the newest that was counted, those on which nothing happened too. */
export function daysUntilNow(first: string, newest = first): string[] {
  const [from, to, today] = [Date.parse(first), Date.parse(newest), Date.now()];
  const days: string[] = [];
  for (let at = from; at <= Math.max(to, today); at += DAY_MS) days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}
