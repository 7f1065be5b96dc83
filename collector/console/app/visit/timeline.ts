/**
 * A visit in time, as a picture needs it: tabs are lanes, views are bars in them, changes of values are marks, and the
 * call is a line.
 * These are pure functions of the context document and the call. Their places go from 0, the left edge, to 1, the
 * right edge.
 */
import type { EntityValue } from "../../../wire/call";
import type { Session, View } from "./context";

export interface Interval {
  from: number;
  to: number;
}
/** Fixes the place of a moment. Between two knots, the scale is linear. */
export interface Knot {
  at: number;
  place: number;
}
/** A stretch in which nothing happened. It is drawn at the same width, however long it was. */
export interface Fold {
  from: Knot;
  to: Knot;
}
export interface Scale {
  knots: Knot[];
  folds: Fold[];
}

/** A shorter gap is not folded: it is drawn to scale. */
const FOLDED_MS = 60_000;
/** A longer gap is folded if it also exceeds this share of the time in which something happened. */
const FOLDED_SHARE = 0.3;
/**
 * Shares of the whole width: one fold, all folds together, and the least for a stretch of time. A stretch needs a
 * least width, because a moment has no length.
 */
const FOLD = 0.05;
const FOLDS = 0.4;
const LEAST = 0.06;

/** Makes a scale over these stretches of time. They may overlap, and there must be at least one. */
export function scaleOf(intervals: Interval[]): Scale {
  const close = unite(intervals, 0);
  const active = close.reduce((sum, { from, to }) => sum + to - from, 0);
  const stretches = unite(close, Math.max(FOLDED_MS, active * FOLDED_SHARE));
  const whole = stretches.reduce((sum, { from, to }) => sum + to - from, 0) || 1;
  const weights = stretches.map(({ from, to }) => Math.max((to - from) / whole, LEAST));
  const weight = weights.reduce((sum, one) => sum + one, 0);
  const fold = Math.min(FOLD, FOLDS / stretches.length);
  const room = 1 - fold * (stretches.length - 1);
  const knots: Knot[] = [];
  const folds: Fold[] = [];
  let place = 0;
  for (const [index, { from, to }] of stretches.entries()) {
    const begin = { at: from, place };
    const before = knots.at(-1);
    if (before) folds.push({ from: before, to: begin });
    place += ((weights[index] ?? 0) / weight) * room;
    // A single moment is in the middle of its stretch.
    if (from === to) begin.place = place = (begin.place + place) / 2;
    knots.push(begin, { at: to, place });
    if (from === to) place += ((weights[index] ?? 0) / weight / 2) * room;
    place += fold;
  }
  return { knots, folds };
}

/** Sorts the stretches, and merges those that are no more than `gap` ms apart. */
function unite(intervals: Interval[], gap: number): Interval[] {
  const united: Interval[] = [];
  for (const { from, to } of [...intervals].sort((a, b) => a.from - b.from)) {
    const last = united.at(-1);
    if (last && from - last.to <= gap) last.to = Math.max(last.to, to);
    else united.push({ from, to });
  }
  return united;
}

/** The place of a moment. A moment outside the scale is at its edge. */
export function placeAt({ knots }: Scale, at: number): number {
  return between(knots, "at", "place", at);
}

/** The moment at a place. */
export function momentAt({ knots }: Scale, place: number): number {
  return Math.round(between(knots, "place", "at", place));
}

function between(knots: Knot[], by: keyof Knot, of: keyof Knot, value: number): number {
  const next = knots.findIndex((knot) => knot[by] >= value);
  const after = knots[next];
  const before = knots[next - 1];
  if (!after) return knots.at(-1)?.[of] ?? 0;
  if (!before) return after[of];
  return before[of] + ((value - before[by]) / (after[by] - before[by])) * (after[of] - before[of]);
}

/**
 * Sorts views into lanes, for the tabs that they may have been in. The tag does not tell which tab it is in, so this
 * is a guess. Views in one lane never overlap. A view goes to the free lane whose last page is its referrer, otherwise
 * to the first free lane.
 */
export function lanesOf(views: View[]): View[][] {
  const lanes: View[][] = [];
  for (const view of [...views].sort((a, b) => a.started_at - b.started_at)) {
    const free = lanes.filter((lane) => (lane.at(-1)?.last_seen_at ?? 0) <= view.started_at);
    const lane = free.find((one) => view.referrer && one.at(-1)?.url === view.referrer) ?? free[0];
    if (lane) lane.push(view);
    else lanes.push([view]);
  }
  return lanes;
}

export interface Bar {
  view: View;
  lane: number;
  place: number;
  width: number;
}
/** The changes of values that one snapshot reported. */
export interface Mark {
  at: number;
  view_id: string;
  lane: number;
  place: number;
  changes: [name: string, value: EntityValue][];
}
export interface Timeline {
  scale: Scale;
  lanes: number;
  bars: Bar[];
  marks: Mark[];
  /** The call's line. `lane` is the lane of its view, or null if it has none. */
  call: { at: number; place: number; lane: number | null } | null;
  /** Where a clock time is written below the lanes. */
  ticks: Knot[];
}
/** What the line of a call needs to know about the call. */
interface Line {
  ts: number;
  view_id: string | null;
}

/** Two times closer than this would overlap, at least on a phone. */
const APART = 0.28;

/** Null if there is nothing to draw. */
export function timelineOf(sessions: Session[], call: Line | null): Timeline | null {
  const views = sessions.flatMap((session) => session.views);
  if (views.length === 0) return null;
  const intervals = views.map(({ started_at, last_seen_at }) => ({ from: started_at, to: last_seen_at }));
  const scale = scaleOf(call ? [...intervals, { from: call.ts, to: call.ts }] : intervals);
  const lanes = lanesOf(views);
  const bars = lanes.flatMap((lane, index) =>
    lane.map((view): Bar => {
      const place = placeAt(scale, view.started_at);
      return { view, lane: index, place, width: placeAt(scale, view.last_seen_at) - place };
    }),
  );
  const marks = bars.flatMap(({ view, lane }) => marksOf(view, lane, scale)).sort((a, b) => a.at - b.at);
  const line = call && {
    at: call.ts,
    place: placeAt(scale, call.ts),
    lane: bars.find(({ view }) => view.view_id === call.view_id)?.lane ?? null,
  };
  return { scale, lanes: lanes.length, bars, marks, call: line, ticks: ticksOf(scale) };
}

function marksOf(view: View, lane: number, scale: Scale): Mark[] {
  return view.snapshots.flatMap(({ at, entities }) => {
    const changes = Object.entries(entities);
    return changes.length === 0 ? [] : [{ at, view_id: view.view_id, lane, place: placeAt(scale, at), changes }];
  });
}

/** The ends of the scale and of its folds, as far as there is room. */
function ticksOf({ knots }: Scale): Knot[] {
  const ticks: Knot[] = [];
  for (const knot of knots) {
    const last = ticks.at(-1);
    if (!last || knot.place - last.place >= APART) ticks.push(knot);
  }
  return ticks;
}

export interface ValueAsOf {
  name: string;
  value: EntityValue;
  /** Since when the entity had this value, and on which view it was found. */
  at: number;
  view: View;
}

/**
 * The values that a call on this view would get at this moment (contract 6). With page-view scope it is the last value
 * of the view, otherwise the last value of the session. A name whose scope is not known counts as one of session
 * scope.
 */
export function valuesAsOf(sessions: Session[], viewId: string, at: number, scopes: Map<string, string>): ValueAsOf[] {
  const session = sessions.find(({ views }) => views.some(({ view_id }) => view_id === viewId));
  const said = (session?.views ?? []).flatMap((view) =>
    view.snapshots
      .filter((snapshot) => snapshot.at <= at)
      .map(({ at, seq, entities }) => ({ at, seq, view, entities })),
  );
  said.sort((a, b) => a.at - b.at || a.seq - b.seq || (a.view.view_id < b.view.view_id ? -1 : 1));
  const values = new Map<string, ValueAsOf>();
  for (const { at, view, entities } of said) {
    for (const [name, value] of Object.entries(entities)) {
      if (view.view_id === viewId || scopes.get(name) !== "page_view") values.set(name, { name, value, at, view });
    }
  }
  return [...values.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The view that a moment belongs to: the newest view that had started by then, in one lane or in all. */
export function viewAsOf({ bars }: Timeline, at: number, lane: number | null): View | null {
  const open = bars.filter(({ view, lane: own }) => view.started_at <= at && (lane === null || own === lane));
  open.sort((a, b) => a.view.started_at - b.view.started_at || (a.view.number ?? 0) - (b.view.number ?? 0));
  return (open.at(-1) ?? bars[0])?.view ?? null;
}
