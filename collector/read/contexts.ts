/** A visitor as the collector knows them: sessions, views and snapshots, in corrected time, page by page. */
import { z } from "zod";
import { cursorOf, placeOf } from "../http/cursor";
import { callOf } from "../join/call";
import { type TimedView, timed } from "../join/clock";
import type { ViewPlace, Visitor } from "../store/history";
import type { NumberedCall } from "../store/reads";
import type { Store } from "../store/store";
import type { SessionRow } from "../store/tables";
import { limitOf } from "./query";

export const contextQuery = z.strictObject({ cursor: z.string().optional(), limit: limitOf(100, 1_000) });

/** A view shows its first snapshot and this many of its newest. */
const SNAPSHOTS = 100;

/** How many of the newest calls to show. The list of calls has all of them. */
const CALLS = 100;

/** How many sessions to look at together. */
const SESSIONS = 200;

/**
 * A place among all views, in corrected time. The newest view has the highest `start`, `number`, `view_id`, compared in
 * this order.
 */
type Start = Pick<TimedView, "start" | "number" | "view_id">;

/** A page of one context as JSON text, in pieces, or null if nothing is known about it. */
export async function contextText(
  store: Store,
  site: string,
  contextId: string,
  { cursor, limit }: z.output<typeof contextQuery>,
): Promise<AsyncGenerator<string> | null> {
  const visitor = { site, contextId };
  const calls = await store.calls(site, { context_id: contextId }, null, CALLS);
  const page = await newestViews(store, visitor, startOf(cursor), limit + 1);
  if (page.length === 0 && calls.length === 0 && (await store.history.standing(visitor)) !== "known") return null;
  const omitted = (await store.countCalls(site, contextId)) - calls.length;
  return pieces(store, visitor, page, limit, calls, omitted);
}

async function* pieces(
  store: Store,
  visitor: Visitor,
  page: InSession[],
  limit: number,
  calls: NumberedCall[],
  calls_omitted: number,
): AsyncGenerator<string> {
  const shown = page.slice(0, limit).reverse();
  const sessions = new Map<string, InSession[]>();
  for (const one of shown) {
    const known = sessions.get(one.view.session_id);
    if (known) known.push(one);
    else sessions.set(one.view.session_id, [one]);
  }
  yield `{"context_id":${JSON.stringify(visitor.contextId)},"sessions":[`;
  let between = "";
  for (const [session_id, members] of sessions) {
    const number = members.find(({ view }) => view.view)?.view.view?.session_number ?? null;
    const session = JSON.stringify({ session_id, number, started_at: startedAt(members) });
    yield `${between}${session.slice(0, -1)},"views":[`;
    for (const [index, { view }] of members.entries()) {
      yield (index > 0 ? "," : "") + JSON.stringify(await viewOf(store, visitor, view));
    }
    yield "]}";
    between = ",";
  }
  yield `],"calls":[`;
  for (const [index, call] of calls.entries()) yield (index > 0 ? "," : "") + JSON.stringify(callOf(call));
  const last = page.length > limit ? shown[0]?.view : undefined;
  const next_cursor = last ? cursorOf([last.start, `${last.number} ${last.view_id}`]) : null;
  yield `],${JSON.stringify({ calls_omitted, next_cursor }).slice(1)}`;
}

interface InSession {
  view: TimedView;
  session: SessionRow;
}

function startOf(cursor: string | undefined): Start | null {
  const place = placeOf(cursor);
  if (!place) return null;
  const [number = "", view_id = ""] = place[1].split(" ");
  return { start: place[0], number: Number(number), view_id };
}

/**
 * The newest views below a place, newest first. It starts with the session that reaches furthest, and stops when no
 * other session can hold a newer view.
 */
async function newestViews(store: Store, visitor: Visitor, below: Start | null, limit: number): Promise<InSession[]> {
  let newest: InSession[] = [];
  for (let skip = 0; ; skip += SESSIONS) {
    const sessions = await store.sessions(visitor, below?.start ?? null, skip, SESSIONS);
    for (const session of sessions) {
      const least = newest[limit - 1];
      if (least && session.last_start + session.clock_offset < least.view.start) return newest;
      const { session_id: sessionId, clock_offset } = session;
      const place: ViewPlace | null = below && { ...below, first_at: below.start - clock_offset };
      const rows = await store.history.viewsOf({ ...visitor, sessionId }, Number.MAX_SAFE_INTEGER, place, limit);
      newest = [...newest, ...rows.map((row) => ({ view: timed(row), session }))].sort(byNewness).slice(0, limit);
    }
    if (sessions.length < SESSIONS) return newest;
  }
}

function byNewness({ view: a }: InSession, { view: b }: InSession): number {
  return b.start - a.start || b.number - a.number || (a.view_id < b.view_id ? 1 : -1);
}

/** The start of the session according to the browser, or else the start of its first view. */
function startedAt(members: InSession[]): number | null {
  const described = members.find(({ view }) => view.view)?.view;
  if (described?.view) return described.view.session_at + described.offset;
  const [first] = members;
  return first ? first.session.first_at + first.session.clock_offset : null;
}

async function viewOf(store: Store, visitor: Visitor, view: TimedView) {
  const ofView = { ...visitor, viewId: view.view_id };
  const newest = (await store.viewSnapshots(ofView, "last", SNAPSHOTS + 1)).reverse();
  const isWhole = newest.length <= SNAPSHOTS;
  const snapshots = isWhole ? newest : [...(await store.viewSnapshots(ofView, "first", 1)), ...newest.slice(1)];
  return {
    view_id: view.view_id,
    number: view.view?.number ?? null,
    url: view.view?.url ?? null,
    referrer: view.view?.referrer ?? null,
    title: view.view?.title ?? null,
    started_at: view.start,
    last_seen_at: view.last,
    snapshots: snapshots.map(({ seq, at, entities }) => {
      return { seq, at: at + view.offset, entities: JSON.parse(entities) };
    }),
    snapshots_omitted: isWhole ? 0 : (await store.countSnapshots(ofView)) - snapshots.length,
  };
}
