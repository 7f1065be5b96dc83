/** Days in reports, such as `2026-11-27`. They are in the site's own time zone, which only the collector uses. */

const DAY_MS = 86_400_000;

/**
 * The day this many days before now, in UTC. Near midnight it may differ from the site's zone by one day, and a report
 * then begins a day earlier or later.
 */
export function dayBefore(now: number, days: number): string {
  return new Date(now - days * DAY_MS).toISOString().slice(0, 10);
}

/**
 * Each day from the first to today, or to the newest day that was counted if that is later. Includes the days on which
 * nothing happened.
 */
export function daysUntilNow(first: string, newest = first): string[] {
  const [from, to, today] = [Date.parse(first), Date.parse(newest), Date.now()];
  const days: string[] = [];
  for (let at = from; at <= Math.max(to, today); at += DAY_MS) days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}
