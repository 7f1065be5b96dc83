import { describe, expect, it } from "vitest";
import { sessionOffset, type TimedView, timed } from "../../../collector/join/clock";
import { chooseView } from "../../../collector/join/view";
import { viewOf } from "../../../collector/store/views";
import { snapshot } from "../store/rows";

function view(view_id: string, start: number, changes: Partial<TimedView> & { url?: string } = {}): TimedView {
  const { url, ...rest } = changes;
  const described = { number: 1, session_number: 1, session_view_number: 1, session_at: 0, referrer: "", title: "" };
  return {
    view_id,
    session_id: "s",
    offset: 0,
    start,
    last: start,
    number: 1,
    view: url ? { ...described, url } : null,
    ...rest,
  };
}

describe("the view of a call", () => {
  it("is the newest that started at or before the cut", () => {
    const views = [view("a", 10), view("b", 20), view("c", 21)];
    expect(chooseView(views, 20, "")?.view.view_id).toBe("b");
  });

  it("is told from one of the same start by its number, then by its id", () => {
    expect(chooseView([view("b", 10, { number: 1 }), view("a", 10, { number: 2 })], 20, "")?.view.view_id).toBe("a");
    expect(chooseView([view("a", 10), view("b", 10)], 20, "")?.view.view_id).toBe("b");
  });

  it("is the newest of that session with the call's URL, its fragment aside", () => {
    const views = [view("old", 5, { url: "https://a/p?x=1#top" }), view("new", 10, { url: "https://a/q" })];
    expect(chooseView(views, 20, "https://a/p?x=1#end")?.view.view_id).toBe("old");
    expect(chooseView(views, 20, "https://A:443/p?x=1")?.view.view_id).toBe("old");
    expect(chooseView(views, 20, "https://a/p?x=2")?.view.view_id).toBe("new");
  });

  it.each(["", "not a url", "/p?x=1"])("is the newest where the call's URL is none: %j", (url) => {
    const views = [view("old", 5, { url: "https://a/p?x=1" }), view("new", 10)];
    expect(chooseView(views, 20, url)?.view.view_id).toBe("new");
  });

  it("is never one of an earlier session, whatever its URL", () => {
    const views = [view("old", 5, { session_id: "t", url: "https://a/p" }), view("new", 10)];
    expect(chooseView(views, 20, "https://a/p")?.view.view_id).toBe("new");
  });

  it("may start up to 60 s after the call where none did before; its start is then the cut", () => {
    const views = [view("later", 60_020), view("soon", 60_010)];
    expect(chooseView(views, 10, "")).toMatchObject({ view: { view_id: "soon" }, cut: 60_010 });
    expect(chooseView(views, 9, "")).toBeNull();
    expect(chooseView([], 9, "")).toBeNull();
  });
});

describe("a session's clock", () => {
  it.each([
    [[10_000], 0],
    [[-10_000, 50_000], 0],
    [[10_001], 10_001],
    [[3_600_200, 3_600_050], 3_600_050],
    [[-3_600_000, 40], -3_600_000],
  ])("of delays %j is off by %d ms", (delays, offset) => {
    expect(sessionOffset(delays)).toBe(offset);
  });

  it("moves all of its views by one offset, and those of no other session", () => {
    const rows = [
      snapshot({ view_id: "a", session_id: "s", at: 100, sent_at: 200, received_at: 3_600_500 }),
      snapshot({ view_id: "b", session_id: "s", at: 150, sent_at: 200, received_at: 3_600_300 }),
      snapshot({ view_id: "c", session_id: "t", at: 100, sent_at: 200, received_at: 300 }),
    ];
    const views = rows.map((row) => ({ ...viewOf(row), view: row.view }));
    expect(timed(views).map(({ start, offset }) => [start, offset])).toEqual([
      [3_600_200, 3_600_100],
      [3_600_250, 3_600_100],
      [100, 0],
    ]);
  });
});
