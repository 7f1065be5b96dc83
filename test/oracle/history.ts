import { compareBy, firstBy, groupBy } from "./order";
import type { AcceptedSnapshot, Json, JsonObject, ViewFacts } from "./types";

/** A snapshot on the collector's time line: the visitor's time plus its session's offset. */
export interface Moment {
  at: number;
  seq: number;
  view_id: string;
  entities: JsonObject;
}

export interface View {
  view_id: string;
  session_id: string;
  /** "A view starts at its earliest snapshot's `at`." */
  start: number;
  /** "0 where `view` never came" */
  number: number;
  facts: ViewFacts | null;
  /** The session's correction, in milliseconds, which the times here already contain. */
  offset: number;
  moments: Moment[];
}

/** "Last is by `at`, `seq`, `view_id`." */
export const byMoment = compareBy<Moment>(
  (moment) => moment.at,
  (moment) => moment.seq,
  (moment) => moment.view_id,
);

/** "Newest is by start, then `number` (0 where `view` never came), then `view_id`." */
export const byNewness = compareBy<View>(
  (view) => view.start,
  (view) => view.number,
  (view) => view.view_id,
);

/** The views of every context that has an accepted snapshot, by context_id. */
export function histories(snapshots: AcceptedSnapshot[]): Map<string, View[]> {
  const contexts = groupBy(snapshots, (snapshot) => snapshot.context_id);
  return new Map([...contexts].map(([contextId, ofContext]) => [contextId, viewsOf(ofContext)]));
}

interface RawView {
  view_id: string;
  session_id: string;
  facts: ViewFacts | null;
  snapshots: AcceptedSnapshot[];
}

function viewsOf(snapshots: AcceptedSnapshot[]): View[] {
  const views = [...groupBy(snapshots, (snapshot) => snapshot.view_id).values()].map(rawView);
  const sessions = groupBy(views, (view) => view.session_id);
  return [...sessions.values()].flatMap((ofSession) => {
    const offset = offsetOf(ofSession.flatMap((view) => view.snapshots));
    return ofSession.map((view) => correct(view, offset));
  });
}

/** "Should a view's snapshots disagree on its session or carry `view` twice, its lowest by (`at`, `seq`) decides." */
function rawView(snapshots: AcceptedSnapshot[]): RawView {
  const lowest = compareBy<AcceptedSnapshot>(
    (snapshot) => snapshot.at,
    (snapshot) => snapshot.seq,
  );
  const first = firstBy(snapshots, lowest);
  if (first === null) throw new Error("a view has at least one snapshot");
  const told = firstBy(
    snapshots.filter((snapshot) => snapshot.view !== undefined),
    lowest,
  );
  return { view_id: first.view_id, session_id: first.session_id, facts: told?.view ?? null, snapshots };
}

/** "A session's offset is the smallest received − `sent_at` among its snapshots, and 0 where that is within ±10 s." */
function offsetOf(snapshots: AcceptedSnapshot[]): number {
  const smallest = Math.min(...snapshots.map((snapshot) => snapshot.received_at - snapshot.sent_at));
  return Math.abs(smallest) <= 10_000 ? 0 : smallest;
}

/** "Every time above and in every answer is the visitor's time plus its session's offset" */
function correct(view: RawView, offset: number): View {
  const moments = view.snapshots.map((snapshot) => ({
    at: snapshot.at + offset,
    seq: snapshot.seq,
    view_id: snapshot.view_id,
    entities: asText(snapshot.entities ?? {}),
  }));
  return {
    view_id: view.view_id,
    session_id: view.session_id,
    start: Math.min(...moments.map((moment) => moment.at)),
    number: view.facts?.number ?? 0,
    facts: view.facts,
    offset,
    moments: moments.toSorted(byMoment),
  };
}

/** Contract 2: "Strings, numbers and booleans go as they are; objects as JSON". */
function asText(entities: JsonObject): JsonObject {
  const flat = (value: Json) => (value !== null && typeof value === "object" ? JSON.stringify(value) : value);
  return Object.fromEntries(Object.entries(entities).map(([name, value]) => [name, flat(value)]));
}
