/**
 * The join (contract 6). It makes the joined call from a call's facts, the site document and the stored rows.
 * It writes nothing, and it uses neither the clock nor the order of arrival.
 */
import type { History, Visitor } from "../store/history";
import type { CallContext, Join, Outcome } from "../wire/call";
import { isJunk } from "../wire/ids";
import type { Site } from "../wire/site";
import { earlierClicks } from "./clicks";
import { type TimedView, timed } from "./clock";
import { findContext, type Whose } from "./context";
import { valuesAsOf } from "./entities";
import type { CallFacts } from "./event";
import { goalsOf } from "./goals";
import { type ChosenView, chooseView } from "./view";

const DAY_MS = 86_400_000;

/** The last moment that belongs to the call. A time in whole seconds stands for its whole second. */
export function cutOf(call: Pick<CallFacts, "ts" | "ts_unit">): number {
  return call.ts_unit === "s" ? call.ts + 999 : call.ts;
}

/** What a join looked at, to explain its result. Times are corrected ms. */
export interface Trail {
  cut: number;
  found: Whose;
  chosen: ChosenView | null;
  /** The chosen view's last activity at or before the cut. */
  activity: number | null;
}

/** Joins one call. */
export async function resolve(
  history: History,
  site: string,
  call: CallFacts,
  document: Site,
): Promise<{ outcome: Outcome; trail: Trail }> {
  const cut = cutOf(call);
  const found = await findContext(history, site, call, document, cut);
  const trail: Trail = { cut, found, chosen: null, activity: null };
  const missed = (status: Join["status"], reason: Join["reason"]) => ({
    outcome: outcome(call, document, notMatched(call, status, reason)),
    trail,
  });
  if (found.rule === null) return missed(found.status, found.reason);

  const { context_id } = found;
  const visitor = { site, contextId: context_id };
  const chosen = await chooseView(history, visitor, cut, call.url);
  if (!chosen) return missed("unmatched", "no_view_before_call");
  const { values, activity } = await valuesAsOf(history, visitor, chosen, document.entities);
  Object.assign(trail, { chosen, cut: chosen.cut, activity });

  const opens = call.ts - document.window_days * DAY_MS;
  if (activity < opens && (await history.lastActivity(visitor, opens, chosen.cut)) === null) {
    return missed("unmatched", "outside_window");
  }
  const { view_id, session_id } = chosen.view;
  const gap_ms = call.ts - activity;
  const join: Join = { status: "matched", rule: found.rule, reason: null, gap_ms, context_id, session_id, view_id };
  const context = await contextOf(history, visitor, chosen.view);
  const earlier = await earlierClicks(history, visitor, chosen, values, document, call.ts);
  const joined = { ...outcome(call, document, join), context, entities: values };
  return { outcome: earlier === null ? joined : { ...joined, earlier_clicks: earlier }, trail };
}

function outcome(call: CallFacts, document: Site, join: Join): Outcome {
  const { id, vendor, type, transaction_id, total, ts, ts_unit, url, source } = call;
  const { duration_s, answered, caller_sha256, caller, dialled } = call;
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
    duration_s,
    answered,
    direction: "inbound",
    caller_sha256,
    caller,
    dialled,
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

async function contextOf(history: History, visitor: Visitor, view: TimedView): Promise<CallContext> {
  const first = await history.entrance({ ...visitor, sessionId: view.session_id });
  const entrance = first ? timed(first) : view;
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
