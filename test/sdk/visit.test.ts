import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  nextVisit,
  numberOf,
  sessionIdOf,
  sessionToText,
  type Visit,
  visitFrom,
  visitorToText,
} from "../../sdk/session/visit";

const MINUTE = 60_000;
const start = 1_700_000_000_000;
beforeEach(() => {
  vi.useFakeTimers({ now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

const firstVisit = (): Visit => nextVisit(visitFrom(), start, "aaaa");
const later = (visit: Visit, ms: number, claim = "bbbb"): Visit => {
  vi.setSystemTime(Date.now() + ms);
  return nextVisit(visit, Date.now(), claim);
};

describe("a visitor's first visit", () => {
  it("has a context_id of the contract's format, which says when it was made", () => {
    const { _contextId } = firstVisit();
    expect(_contextId).toMatch(/^[0-9a-z]{11}-0[0-9a-z]{8}-[0-9a-z]{7}$/);
    expect(Number.parseInt(_contextId.split("-")[1] ?? "", 36)).toBe(start);
  });

  it("is unlike any other", () => {
    expect(new Set(Array.from({ length: 200 }, () => firstVisit()._contextId)).size).toBe(200);
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
    expect(next._contextId).toBe(first._contextId);
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
    const { _sessions, _earlierViews, _views } = later(second, MINUTE);
    expect([_sessions, _earlierViews, _views]).toEqual([2, 2, 2]);
  });

  it("that two tabs start together, each from the same cookie, is one session", () => {
    const old = firstVisit();
    vi.setSystemTime(start + 40 * MINUTE);
    const one = nextVisit({ ...old }, Date.now(), "cccc");
    vi.setSystemTime(start + 40 * MINUTE + 7);
    const two = nextVisit({ ...old }, Date.now(), "dddd");
    expect(sessionIdOf(one)).toBe(sessionIdOf(two));
  });

  it("has an id and a number never used before, be the session's cookie gone each time", () => {
    const ids: string[] = [];
    const numbers: number[] = [];
    let known = visitFrom();
    for (let n = 0; n < 5; n++) {
      vi.setSystemTime(start + n * 8 * 24 * 60 * MINUTE);
      const visit = nextVisit(known, Date.now(), "aaaa");
      ids.push(sessionIdOf(visit));
      numbers.push(visit._sessions);
      // Safari keeps what the collector has set, and drops what a script has.
      known = visitFrom(visitorToText(visit));
    }
    expect(new Set(ids).size).toBe(5);
    expect(numbers).toEqual([1, 2, 3, 4, 5]);
  });

  it("of one view only has another id than the next", () => {
    const ids = new Set<string>();
    let visit = firstVisit();
    for (let n = 0; n < 10; n++) {
      ids.add(sessionIdOf(visit));
      visit = later(visit, 30 * MINUTE);
    }
    expect(ids.size).toBe(10);
  });
});

describe("a view's number", () => {
  it("is that of its claim, and 0 where another tab has written over it", () => {
    const two = later(firstVisit(), 10);
    expect(["aaaa", "bbbb", "cccc"].map((claim) => numberOf(two, claim))).toEqual([1, 2, 0]);
  });

  it("is found among the newest of many", () => {
    let visit = firstVisit();
    for (const claim of ["b001", "b002", "b003", "b004", "b005", "b006", "b007"]) visit = later(visit, 10, claim);
    expect([numberOf(visit, "b007"), numberOf(visit, "b002"), numberOf(visit, "aaaa")]).toEqual([8, 3, 0]);
  });
});

describe("the cookie's text", () => {
  it("is read back as it was", () => {
    const visit = later(firstVisit(), MINUTE);
    expect(visitFrom(visitorToText(visit), sessionToText(visit))).toEqual(visit);
  });

  it("that holds no more than a context_id gives the visitor a new session", () => {
    const read = visitFrom("aaaaaaaaaaa-0abcdefgh-aaaaaaa");
    expect(read._contextId).toBe("aaaaaaaaaaa-0abcdefgh-aaaaaaa");
    expect(nextVisit(read, start, "aaaa")).toMatchObject({
      _sessions: 1,
      _earlierViews: 0,
      _startedAt: start,
      _views: 1,
    });
  });

  it.each(["", "undefined", "x", "AAAAAAAAAAA-0ABCDEFGH-AAAAAAA.1.2", "a.1.2"])("that is %j is nobody's", (text) => {
    expect(visitFrom(text)._contextId).toBe("");
  });

  it.each(["", "x.3.4"])("that is %j leaves the session to nobody, too: who comes next is a new visitor", (text) => {
    const visit = later(firstVisit(), MINUTE);
    const found = visitFrom(text, sessionToText(visit));
    expect(found).toEqual(visitFrom());
    const next = nextVisit(found, start + MINUTE, "bbbb");
    expect(next).toMatchObject({ _sessions: 1, _earlierViews: 0, _views: 1 });
    expect(next._contextId).toMatch(/^[0-9a-z]{11}-0[0-9a-z]{8}-[0-9a-z]{7}$/);
    expect(next._contextId).not.toBe(visit._contextId);
  });
});
