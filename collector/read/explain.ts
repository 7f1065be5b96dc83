/** Why a call is what it is: the steps of its join, done again and told. */

import { factsOf } from "../join/joiner";
import { resolve, type Trail } from "../join/resolve";
import { byStart } from "../join/view";
import type { Store } from "../store/store";
import type { CallEventRow } from "../store/tables";
import type { Outcome, Reason } from "../wire/call";
import type { Site } from "../wire/site";

/** What would have to be there for a call to be matched. */
const MISSING: Record<Reason, string> = {
  offline_vendor_id:
    "a snapshot, at or before the call, in which an entity that identifies this vendor has the call's id",
  ambiguous_alias: "an id of its own: more than ten visitors have shown the call's id",
  unknown_context: "any snapshot of the context that the call names",
  no_view_before_call: "a view that started before the call, or at most 60 s after it",
  outside_window: "activity of the visitor within window_days before the call",
  erased: "the visitor, who was erased",
  junk_id: "a context_id: what the vendor sent is a placeholder or outside the format",
  no_id: "a context_id: the vendor sent none",
  vendor_rule: "nothing: a rule of the site says that such calls belong to no visit",
};

/** The explanation of a call as it is joined now. Times are corrected epoch ms. */
export async function explain(store: Store, site: string, callId: string, document: Site) {
  const events = await store.callEvents(site, callId);
  const facts = factsOf(events, document);
  const { outcome, trail } = await resolve(store.joinReader, site, facts, document);
  const { reason } = outcome.join;
  return {
    own_id: facts.own_id,
    cut: trail.cut,
    missing: reason === null ? null : MISSING[reason],
    events: events.map(({ event_id, ts, ts_unit, revision, received_at }) => ({
      event_id,
      ts,
      ts_unit,
      revision,
      received_at,
    })),
    ...(await placed(store, site, events, outcome, trail)),
  };
}

async function placed(store: Store, site: string, events: CallEventRow[], { join, url }: Outcome, trail: Trail) {
  const { found, chosen, lastActivity } = trail;
  if (found.rule === null) return { candidates: [], clock_offset_ms: null, last_activity: null, arrived_late: [] };
  const arrived = Math.min(...events.map(({ received_at }) => received_at));
  const snapshots = await store.snapshots(site, found.context_id);
  return {
    candidates: (chosen?.candidates ?? found.views.sort(byStart).slice(0, 1)).map((view) => ({
      view_id: view.view_id,
      session_id: view.session_id,
      started_at: view.start,
      number: view.number,
      url: view.view?.url ?? null,
      chosen: view.view_id === join.view_id,
    })),
    call_url: url,
    clock_offset_ms: chosen?.view.offset ?? null,
    last_activity: lastActivity,
    arrived_late: snapshots
      .filter(({ received_at, view_id }) => received_at > arrived && view_id === chosen?.view.view_id)
      .map(({ view_id, seq, received_at }) => ({ view_id, seq, received_at, after_call_ms: received_at - arrived })),
  };
}
