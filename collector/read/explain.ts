/** Why a call has its outcome: joins it again and shows each step. */

import { fieldsLookedAt } from "../intake/adapters";
import { timed } from "../join/clock";
import { byPrecedence, type CallFacts, isAhead } from "../join/event";
import { factsOf } from "../join/joiner";
import { resolve, type Trail } from "../join/resolve";
import type { ChosenView } from "../join/view";
import type { DescribedView, Visitor } from "../store/history";
import type { Store } from "../store/store";
import type { Outcome, Reason } from "../wire/call";
import type { Site } from "../wire/site";

/** What would have to exist for a call to be matched. `fields` are where its vendor would name the visitor. */
function missing(reason: Reason, { own_id, vendor }: CallFacts, fields: string, { entities }: Site): string {
  const identifying = entities.filter(({ identifies }) => identifies === vendor).map(({ name }) => name);
  const shown =
    identifying.length > 0
      ? `a snapshot, at or before the call, in which an entity that identifies this vendor (${identifying.join(", ")}) has the call's id`
      : `an entity that identifies this vendor: none in the site document has "identifies": "${vendor}", so no page can show the call's id`;
  const texts: Record<Reason, string> = {
    offline_vendor_id: `${shown}, ${own_id} in ${fields}`,
    ambiguous_alias: `an id of one visitor: more than ten have shown ${own_id}, which the call has in ${fields}`,
    unknown_context: `any snapshot of the context that the call names, ${own_id} in ${fields}`,
    no_view_before_call: "a view that started before the call, or at most 60 s after it",
    outside_window: "activity of the visitor within window_days before the call",
    erased: "the visitor, who was erased",
    junk_id: `a context_id in ${fields}: what the vendor sent, ${JSON.stringify(own_id)}, is a placeholder or outside the format`,
    no_id: `a context_id in ${fields}: the vendor sent none`,
    vendor_rule: `nothing: a rule in the vendor's "unusable" says that such calls belong to no visit`,
  };
  return texts[reason];
}

/** The explanation of a call as it is joined now. Times are corrected epoch ms. */
export async function explain(store: Store, site: string, callId: string, document: Site) {
  const events = await store.callEvents(site, callId);
  const facts = factsOf(events, document);
  const { outcome, trail } = await resolve(store.history, site, facts, document);
  const { join } = outcome;
  const vendor = document.vendors.find(({ name }) => name === facts.vendor);
  const bodies = events.flatMap(({ body }) => (body === null ? [] : [JSON.parse(body)]));
  const fields = [...new Set(bodies.flatMap((body) => (vendor ? fieldsLookedAt(vendor, body) : [])))];
  const named = fields.join(" or ") || "its event";
  const arrived = Math.min(...events.map(({ received_at }) => received_at));
  return {
    join: { ...join, clock: isAhead(facts.ts, arrived) ? ("ahead" as const) : null },
    own_id: facts.own_id,
    fields,
    cut: trail.cut,
    missing: join.reason === null ? null : missing(join.reason, facts, named, document),
    // In their order of precedence.
    events: [...events]
      .sort(byPrecedence)
      .map(({ event_id, ts, ts_unit, revision, received_at, duration_s, answered }) => ({
        event_id,
        ts,
        ts_unit,
        revision,
        received_at,
        duration_s,
        answered: answered === null ? null : answered === 1,
      })),
    ...(await placed(store, site, arrived, outcome, trail)),
  };
}

/** How many views and snapshots to show, of those that the join chose from or that came late: the newest. */
const SHOWN = 100;

async function placed(store: Store, site: string, arrived: number, { join, url }: Outcome, trail: Trail) {
  const { found, chosen, cut } = trail;
  if (found.rule === null) return { candidates: [], clock_offset_ms: null, last_activity: null, arrived_late: [] };
  const visitor = { site, contextId: found.context_id };
  const candidates = chosen ? await candidatesOf(store, visitor, chosen) : [await store.history.earliestView(visitor)];
  const late = chosen
    ? await store.viewSnapshots({ ...visitor, viewId: chosen.view.view_id }, "first", SHOWN, arrived)
    : [];
  const activity = trail.activity ?? 0;
  return {
    candidates: candidates
      .flatMap((row) => (row ? [timed(row)] : []))
      .map((view) => ({
        view_id: view.view_id,
        session_id: view.session_id,
        started_at: view.start,
        number: view.number,
        url: view.view?.url ?? null,
        chosen: view.view_id === join.view_id,
      })),
    call_url: url,
    clock_offset_ms: chosen?.view.offset ?? null,
    last_activity: chosen && ((await store.history.lastActivity(visitor, activity, cut)) ?? activity),
    arrived_late: late.map(({ view_id, seq, received_at }) => {
      return { view_id, seq, received_at, after_call_ms: received_at - arrived };
    }),
  };
}

/** The views of the chosen view's session, at or before the cut, in order. */
async function candidatesOf(store: Store, visitor: Visitor, { view, cut }: ChosenView): Promise<DescribedView[]> {
  const session = { ...visitor, sessionId: view.session_id };
  const newest = await store.history.viewsOf(session, cut - view.offset, null, SHOWN);
  const isShown = newest.some(({ view_id }) => view_id === view.view_id);
  return (isShown ? newest : [...newest, view.row]).reverse();
}
