import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { timed } from "../../../collector/join/clock";
import { chooseView } from "../../../collector/join/view";
import { offsetOf } from "../../../collector/store/sessions";
import type { SnapshotRow } from "../../../collector/store/tables";
import { CONTEXT, SITE, snapshot, viewsOf } from "../store/rows";
import { openStored, type Stored } from "./stored";

const VISITOR = { site: SITE, contextId: CONTEXT };

function view(
  view_id: string,
  at: number,
  shown: { url?: string; number?: number } = {},
  row: Partial<SnapshotRow> = {},
) {
  const described = { number: 1, session_number: 1, session_view_number: 1, session_at: 0, referrer: "", title: "" };
  const text = JSON.stringify({ ...described, url: `https://a/${view_id}`, ...shown });
  return snapshot({ view_id, at, sent_at: at, received_at: at, view: text, ...row });
}

let stored: Stored;
beforeEach(async () => {
  stored = await openStored();
});
afterEach(() => stored.close());

const chosen = (cut: number, url = "") => chooseView(stored.store.history, VISITOR, cut, url);
const idOf = async (cut: number, url = "") => (await chosen(cut, url))?.view.view_id ?? null;

describe("the view of a call", () => {
  it("is the newest that started at or before the cut", async () => {
    await stored.add([view("a", 10), view("b", 20), view("c", 21)]);
    expect(await idOf(20)).toBe("b");
  });

  it("is told from one of the same start by its number, then by its id", async () => {
    await stored.add([view("b", 10, { number: 1 }), view("a", 10, { number: 2 })]);
    expect(await idOf(20)).toBe("a");
    await stored.add([view("c", 30), view("d", 30)]);
    expect(await idOf(30)).toBe("d");
  });

  it("is the newest of that session with the call's URL, its fragment aside", async () => {
    await stored.add([view("old", 5, { url: "https://a/p?x=1#top" }), view("new", 10, { url: "https://a/q" })]);
    expect(await idOf(20, "https://a/p?x=1#end")).toBe("old");
    expect(await idOf(20, "https://A:443/p?x=1")).toBe("old");
    expect(await idOf(20, "https://a/p?x=2")).toBe("new");
  });

  it.each(["", "not a url", "/p?x=1"])("is the newest where the call's URL is none: %j", async (url) => {
    await stored.add([view("old", 5, { url: "https://a/p?x=1" }), view("new", 10)]);
    expect(await idOf(20, url)).toBe("new");
  });

  it("is never one of an earlier session, whatever its URL", async () => {
    await stored.add([view("old", 5, { url: "https://a/p" }, { session_id: "t" }), view("new", 10)]);
    expect(await idOf(20, "https://a/p")).toBe("new");
  });

  it("is found among sessions that overlap, and in one that goes on after the call", async () => {
    const of = (session_id: string) => ({ session_id });
    await stored.add([
      view("a", 10, {}, of("long")),
      view("b", 20, {}, of("short")),
      view("c", 30, {}, of("long")),
      view("d", 40, {}, of("later")),
      view("e", 50, {}, of("long")),
    ]);
    expect(await Promise.all([19, 20, 30, 45, 50].map((cut) => idOf(cut)))).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("may start up to 60 s after the call where none did before; its start is then the cut", async () => {
    expect(await chosen(9)).toBeNull();
    await stored.add([view("later", 60_020), view("soon", 60_010)]);
    expect(await chosen(10)).toMatchObject({ view: { view_id: "soon" }, cut: 60_010 });
    expect(await chosen(9)).toBeNull();
  });
});

describe("a session's clock", () => {
  it.each([
    [10_000, 0],
    [-10_000, 0],
    [10_001, 10_001],
    [3_600_050, 3_600_050],
    [-3_600_000, -3_600_000],
  ])("with a smallest delay of %d is off by %d ms", (delay, offset) => {
    expect(offsetOf(delay)).toBe(offset);
  });

  it("moves all of its views by one offset, and those of no other session", async () => {
    await stored.add([
      snapshot({ view_id: "a", session_id: "s", at: 100, sent_at: 200, received_at: 3_600_500 }),
      snapshot({ view_id: "b", session_id: "s", at: 150, sent_at: 200, received_at: 3_600_300 }),
      snapshot({ view_id: "c", session_id: "t", at: 100, sent_at: 200, received_at: 300 }),
    ]);
    const views = (await viewsOf(stored.store, SITE, CONTEXT)).map(timed);
    expect(views.map(({ view_id, start, offset }) => [view_id, start, offset]).sort()).toEqual([
      ["a", 3_600_200, 3_600_100],
      ["b", 3_600_250, 3_600_100],
      ["c", 100, 0],
    ]);
  });

  it("goes by the views that are its own: one that turns out to be another session's takes its delays with it", async () => {
    const late = { sent_at: 200, received_at: 60_200 };
    await stored.add([snapshot({ view_id: "a", session_id: "s", at: 100, ...late })]);
    await stored.add([snapshot({ view_id: "b", session_id: "s", at: 200, sent_at: 200, received_at: 200 })]);
    const offsets = async () =>
      (await stored.store.sessions(VISITOR, null, 0, 9)).map((row) => [row.session_id, row.clock_offset]).sort();
    expect(await offsets()).toEqual([["s", 0]]);
    await stored.add([snapshot({ view_id: "b", session_id: "t", seq: 1, at: 150, ...late })]);
    expect(await offsets()).toEqual([
      ["s", 60_000],
      ["t", 0],
    ]);
  });
});
