import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nextVisit, sessionIdOf, type Visit, visitFrom } from "../../sdk/session/visit";

const MINUTE = 60_000;
const start = 1_700_000_000_000;
beforeEach(() => {
  vi.useFakeTimers({ now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

const firstVisit = (): Visit => nextVisit(undefined, start, 1);
const later = (visit: Visit, ms: number): Visit => {
  vi.setSystemTime(Date.now() + ms);
  return nextVisit(visit, Date.now(), 1);
};

describe("a visitor's first visit", () => {
  it("has a context_id of the contract's format, which says when it was made", () => {
    const [contextId] = firstVisit();
    expect(contextId).toMatch(/^[0-9a-z]{11}-0[0-9a-z]{8}-[0-9a-z]{7}$/);
    expect(Number.parseInt(contextId.split("-")[1] ?? "", 36)).toBe(start);
  });

  it("is unlike any other", () => {
    expect(new Set(Array.from({ length: 200 }, () => firstVisit()[0])).size).toBe(200);
  });
});

describe("a session", () => {
  it.each([
    ["goes on after 29 minutes", 29 * MINUTE, true],
    ["ends after 30 idle minutes", 30 * MINUTE, false],
    ["goes on where the clock is set back by 9 seconds", -9000, true],
    ["ends where the clock is set back by more, as a session has one clock", -11_000, false],
  ])("%s", (_what, ms, goesOn) => {
    const first = firstVisit();
    const next = later(first, ms);
    expect(sessionIdOf(next) === sessionIdOf(first)).toBe(goesOn);
    expect(next[0]).toBe(first[0]);
  });

  it("ends 24 hours after it began, however busy", () => {
    let visit = firstVisit();
    const id = sessionIdOf(visit);
    for (let hours = 0; hours < 24 * 3 - 1; hours++) visit = later(visit, 20 * MINUTE);
    expect(sessionIdOf(visit)).toBe(id);
    expect(sessionIdOf(later(visit, 20 * MINUTE))).not.toBe(id);
  });

  it("counts its own views, and the visitor's over all sessions", () => {
    const second = later(later(firstVisit(), MINUTE), 31 * MINUTE);
    const [, sessions, earlierViews, , , views] = later(second, MINUTE);
    expect([Number(sessions), Number(earlierViews), Number(views)]).toEqual([2, 2, 2]);
  });

  it("that two tabs start together, each from the same cookie, is one session", () => {
    const old = firstVisit();
    vi.setSystemTime(start + 40 * MINUTE);
    const one = nextVisit([...old], Date.now(), 1);
    vi.setSystemTime(start + 40 * MINUTE + 7);
    const two = nextVisit([...old], Date.now(), 1);
    expect(sessionIdOf(one)).toBe(sessionIdOf(two));
  });
});

describe("the cookie's text", () => {
  it("is read back as it was", () => {
    const visit = firstVisit();
    expect(visitFrom(visit.join("."))?.map(String)).toEqual(visit.map(String));
  });

  it("that holds no more than a context_id gives the visitor a new session", () => {
    const read = visitFrom("aaaaaaaaaaa-0abcdefgh-aaaaaaa.undefined");
    expect(read?.[0]).toBe("aaaaaaaaaaa-0abcdefgh-aaaaaaa");
    expect(nextVisit(read, start, 1).slice(1)).toEqual([1, 0, start, start, 1]);
  });

  it.each(["", "undefined", "undefined.undefined", "x", "AAAAAAAAAAA-0ABCDEFGH-AAAAAAA.1.2.3.4.5"])(
    "that is %j is nobody's",
    (text) => {
      expect(visitFrom(text)).toBeUndefined();
    },
  );
});
