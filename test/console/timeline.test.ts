import { describe, expect, test } from "vitest";
import { joined, type Session, type View } from "../../collector/console/app/visit/context";
import {
  lanesOf,
  momentAt,
  placeAt,
  scaleOf,
  timelineOf,
  valuesAsOf,
  viewAsOf,
} from "../../collector/console/app/visit/timeline";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function view(view_id: string, from: number, to: number, more: Partial<View> = {}): View {
  const url = `https://shop.example/${view_id}`;
  const rest = { number: null, referrer: null, title: null, snapshots: [], snapshots_omitted: 0 };
  return { view_id, url, started_at: from, last_seen_at: to, ...rest, ...more };
}
function session(session_id: string, ...views: View[]): Session {
  return { session_id, number: null, started_at: views[0]?.started_at ?? 0, views };
}
const ids = (lanes: View[][]) => lanes.map((lane) => lane.map(({ view_id }) => view_id));

describe("lanes", () => {
  test("views one after the other are one tab, whatever their order in the document", () => {
    expect(ids(lanesOf([view("b", 10, 20), view("a", 0, 10), view("c", 25, 30)]))).toEqual([["a", "b", "c"]]);
  });

  test("views that overlap in time are in tabs of their own, and a later view takes a tab that is free again", () => {
    const lanes = lanesOf([view("a", 0, 100), view("b", 50, 60), view("c", 70, 80), view("d", 110, 120)]);
    expect(ids(lanes)).toEqual([
      ["a", "d"],
      ["b", "c"],
    ]);
  });

  test("of two tabs that are free, a view goes into the one that led to it", () => {
    const next = view("c", 110, 120, { referrer: "https://shop.example/b" });
    expect(ids(lanesOf([view("a", 0, 100), view("b", 50, 60), next]))).toEqual([["a"], ["b", "c"]]);
  });
});

describe("the scale", () => {
  test("time within a session is drawn as long as it was", () => {
    const scale = scaleOf([{ from: 0, to: 100_000 }]);
    expect([0, 25_000, 100_000].map((at) => placeAt(scale, at))).toEqual([0, 0.25, 1]);
    expect(scale.folds).toEqual([]);
  });

  test("a gap between sessions is folded: a week is as wide as an hour", () => {
    const of = (gap: number) =>
      scaleOf([
        { from: 0, to: 10 * MINUTE },
        { from: gap, to: gap + 10 * MINUTE },
      ]);
    const width = ({ folds: [fold] }: ReturnType<typeof of>) => (fold ? fold.to.place - fold.from.place : 0);
    expect(width(of(HOUR))).toBeCloseTo(0.05);
    expect(width(of(24 * 7 * HOUR))).toBeCloseTo(0.05);
    expect(of(11 * MINUTE).folds).toEqual([]);
  });

  test("any moment is found again at its place, within a fold too", () => {
    const scale = scaleOf([
      { from: 1_000, to: 5_000 },
      { from: 8 * HOUR, to: 8 * HOUR },
      { from: 30 * HOUR, to: 31 * HOUR },
    ]);
    for (const at of [1_000, 3_000, 5_000, 2 * HOUR, 8 * HOUR, 20 * HOUR, 30.5 * HOUR, 31 * HOUR]) {
      expect(Math.abs(momentAt(scale, placeAt(scale, at)) - at)).toBeLessThanOrEqual(1);
    }
    const places = scale.knots.map(({ place }) => place);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(Math.max(...places)).toBeLessThanOrEqual(1.000001);
  });

  test("100 visits have room for each other", () => {
    const scale = scaleOf(
      Array.from({ length: 100 }, (_, index) => ({ from: index * HOUR, to: index * HOUR + MINUTE })),
    );
    expect(scale.folds).toHaveLength(99);
    expect(scale.knots.at(-1)?.place).toBeCloseTo(1);
  });

  test("a single moment is in the middle", () => {
    expect(placeAt(scaleOf([{ from: 7, to: 7 }]), 7)).toBe(0.5);
  });
});

const visit = session(
  "s1",
  view("p1", 0, 60_000, {
    snapshots: [
      { seq: 0, at: 0, entities: { member: "gold", basket_total: 10 } },
      { seq: 1, at: 57_000, entities: { basket_total: 49.9 } },
      { seq: 2, at: 60_000, entities: {} },
    ],
  }),
  view("p2", 30_000, 90_000, { snapshots: [{ seq: 0, at: 31_000, entities: { basket_total: 20 } }] }),
);
const scopes = new Map([
  ["member", "session"],
  ["basket_total", "page_view"],
]);
const asOf = (viewId: string, at: number) =>
  Object.fromEntries(valuesAsOf([visit], viewId, at, scopes).map(({ name, value }) => [name, value]));

describe("values as of a moment", () => {
  test("a page's value is the one that this page had by then", () => {
    expect(asOf("p1", 56_999)).toEqual({ member: "gold", basket_total: 10 });
    expect(asOf("p1", 57_000)).toEqual({ member: "gold", basket_total: 49.9 });
    expect(asOf("p2", 30_500)).toEqual({ member: "gold" });
    expect(asOf("p2", 90_000)).toEqual({ member: "gold", basket_total: 20 });
  });

  test("another session's values are not this one's", () => {
    const other = session("s2", view("p3", 100_000, 100_000));
    expect(valuesAsOf([visit, other], "p3", 100_000, scopes)).toEqual([]);
  });
});

describe("the timeline", () => {
  test("has the call on its view's lane, a mark for each change, and none for a snapshot that says nothing", () => {
    const line = timelineOf([visit], { ts: 60_000, view_id: "p2" });
    expect(line?.lanes).toBe(2);
    expect(line?.call).toMatchObject({ at: 60_000, lane: 1 });
    expect(line?.call?.place).toBeCloseTo(60 / 90);
    expect(line?.marks.map(({ at, lane }) => [at, lane])).toEqual([
      [0, 0],
      [31_000, 1],
      [57_000, 0],
    ]);
    expect(line && viewAsOf(line, 40_000, 0)?.view_id).toBe("p1");
    expect(line && viewAsOf(line, 40_000, null)?.view_id).toBe("p2");
  });

  test("a call without a view has a line all the same, far from the visit, with a fold between", () => {
    const line = timelineOf([visit], { ts: 9 * HOUR, view_id: null });
    expect(line?.call?.lane).toBeNull();
    expect(line?.scale.folds).toHaveLength(1);
  });

  test("there is none without a view", () => {
    expect(timelineOf([], { ts: 1, view_id: null })).toBeNull();
  });
});

test("a session that two pages of an answer cut is one again", () => {
  const [a, b, c] = [view("a", 0, 1), view("b", 2, 3), view("c", 4, 5)];
  const whole = joined([session("s1", a), session("s2", b)], [session("s2", c), session("s3", c)]);
  expect(whole.map((one) => [one.session_id, one.views.length])).toEqual([
    ["s1", 1],
    ["s2", 2],
    ["s3", 1],
  ]);
});
