import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { dayBefore, daysUntilNow } from "../../collector/console/app/report/days";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 2, 2, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

test("a report has every day, those without calls too, over the end of a month", () => {
  const first = dayBefore(Date.now(), 3);
  expect(daysUntilNow(first)).toEqual(["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]);
});

test("where the site's zone is a day ahead, its newest day is there", () => {
  expect(daysUntilNow("2026-03-01", "2026-03-03")).toEqual(["2026-03-01", "2026-03-02", "2026-03-03"]);
});
