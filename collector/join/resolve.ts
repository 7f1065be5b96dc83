/**
 * The join (contract 6): from a call's facts, the site document and what the store holds, to the joined call.
 * Nothing is written here, and neither clock nor order of arrival is looked at.
 */
import type { JoinReader, Place } from "../store/joins";
import type { CallContext, Join, Outcome } from "../wire/call";
import { isJunk } from "../wire/ids";
import type { Site } from "../wire/site";
import type { TimedView } from "./clock";
import { type Found, findContext } from "./context";
import { asOf } from "./entities";
import type { CallFacts } from "./event";
import { goalsOf } from "./goals";
import { byStart, type ChosenView, chooseView } from "./view";

const DAY_MS = 86_400_000;

/** Snapshots read first, which usually end the search, and then at a time: each page sorts all of the session's. */
const FIRST_PAGE = 200;
const PAGE = 2_000;

/** The last moment that belongs to the call: a time in whole seconds stands for all of its second. */
export function cutOf(call: Pick<CallFacts, "ts" | "ts_unit">): number {
  return call.ts_unit === "s" ? call.ts + 999 : call.ts;
}

/** What a join looked at, for who asks why it came out as it did. Times are corrected ms. */
export interface Trail {
  cut: number;
  found: Found;
  chosen: ChosenView | null;
  /** The context's last activity at or before the cut. */
  lastActivity: number | null;
}

/** Joins one call. */
export async function resolve(
  reader: JoinReader,
  site: string,
  call: CallFacts,
  document: Site,
): Promise<{ outcome: Outcome; trail: Trail }> {
  const cut = cutOf(call);
  const found = await findContext(reader, site, call, document, cut);
  const trail: Trail = { cut, found, chosen: null, lastActivity: null };
  const missed = (status: Join["status"], reason: Join["reason"]) => ({
    outcome: outcome(call, document, notMatched(call, status, reason)),
    trail,
  });
  if (found.rule === null) return missed(found.status, found.reason);

  const chosen = chooseView(found.views, cut, call.url);
  if (!chosen) return missed("unmatched", "no_view_before_call");
  trail.chosen = chosen;
  trail.cut = chosen.cut;

  const { context_id } = found;
  const seen = await readBackwards(reader, site, context_id, chosen, document);
  trail.lastActivity = await lastActivity(reader, site, context_id, chosen, found.views, seen.activity);
  if (call.ts - trail.lastActivity > document.window_days * DAY_MS) return missed("unmatched", "outside_window");

  const { view_id, session_id } = chosen.view;
  const gap_ms = call.ts - seen.activity;
  const join: Join = { status: "matched", rule: found.rule, reason: null, gap_ms, context_id, session_id, view_id };
  const context = contextOf(chosen.view, found.views);
  return { outcome: { ...outcome(call, document, join), context, entities: seen.entities }, trail };
}

function outcome(call: CallFacts, document: Site, join: Join): Outcome {
  const { id, vendor, type, transaction_id, total, ts, ts_unit, url, source } = call;
  return {
    id,
    vendor,
    type,
    transaction: { id: transaction_id },
    total,
    ts,
    ts_unit,
    url,
    source,
    join,
    context: null,
    entities: {},
    goals: goalsOf(call, document.goals),
  };
}

function notMatched(call: CallFacts, status: Join["status"], reason: Join["reason"]): Join {
  const context_id = call.own_id !== null && !isJunk(call.own_id) && reason !== "erased" ? call.own_id : null;
  return { status, rule: null, reason, gap_ms: null, context_id, session_id: null, view_id: null };
}

/** The entities' values, and the view's last activity, as of the cut (corrected ms). */
async function readBackwards(
  reader: JoinReader,
  site: string,
  contextId: string,
  { view, cut }: ChosenView,
  document: Site,
) {
  const entities = asOf(document.entities, view.view_id);
  // One offset for all of a session: in raw time its order is the same.
  const session = { site, contextId, sessionId: view.session_id, until: cut - view.offset };
  let activity: number | null = null;
  let before: Place | null = null;
  do {
    const limit: number = before === null ? FIRST_PAGE : PAGE;
    const page = await reader.snapshotsBackwards({ ...session, before, limit });
    for (const row of page) {
      entities.take(row);
      if (activity === null && row.view_id === view.view_id) activity = row.at + view.offset;
    }
    before = (page.length === limit && page.at(-1)) || null;
  } while (before && !(entities.complete() && activity !== null));
  return { entities: entities.values(), activity: activity ?? view.start };
}

/** The context's last activity at or before the cut, in corrected ms; `ofView` is the chosen view's. */
async function lastActivity(
  reader: JoinReader,
  site: string,
  contextId: string,
  { cut }: ChosenView,
  views: TimedView[],
  ofView: number,
): Promise<number> {
  let last = ofView;
  for (const view of views) {
    if (view.start > cut) continue;
    if (view.last <= cut) last = Math.max(last, view.last);
    else {
      // Still open at the cut: what it did until then has to be looked up.
      const raw = await reader.lastActivity(site, contextId, view.view_id, cut - view.offset);
      if (raw !== null) last = Math.max(last, raw + view.offset);
    }
  }
  return last;
}

function contextOf(view: TimedView, views: TimedView[]): CallContext {
  const session = views.filter(({ session_id }) => session_id === view.session_id).sort(byStart);
  const entrance = session[0] ?? view;
  const described = view.view;
  return {
    view_number: described?.number ?? null,
    session_number: described?.session_number ?? null,
    session_view_number: described?.session_view_number ?? null,
    view_ts: view.start,
    session_ts: described ? described.session_at + view.offset : entrance.start,
    url: described?.url ?? null,
    referrer: described?.referrer ?? null,
    entrance_url: entrance.view?.url ?? null,
  };
}
