import { hasOfflinePrefix, isJunk } from "./context-id";
import { byMoment, byNewness, type View } from "./history";
import { compareBy, firstBy, isEmpty, lastBy } from "./order";
import { samePage } from "./same-page";
import type { CallContext, Join, JsonObject, MergedCall, Outcome, Site } from "./types";

const DAY_MS = 86_400_000;
const FALLBACK_MS = 60_000;
const MOST_CONTEXTS_OF_AN_ALIAS = 10;

/** What is known of the site's visitors: the views of each known context, and who was erased. */
export interface Known {
  contexts: Map<string, View[]>;
  erased: Set<string>;
}

type NotMatched = { status: "offline" | "unmatched" | "unusable"; reason: string };
type Found = { contextId: string; views: View[]; rule: "context_id" | "alias" };

/** Contract 6: one call joined; `conversion_number` is left null here, as it needs the context's other calls. */
export function joinCall(site: Site, known: Known, call: MergedCall): Outcome {
  // 6.1 "T as above. Given in whole seconds, the cut is T + 999 ms, else T."
  const cut = call.ts_unit === "s" ? call.ts + 999 : call.ts;
  const found = findContext(site, known, call, cut);
  if ("status" in found) return notMatched(site, call, found);
  const seen = findView(found.views, call, cut);
  if (seen === null) return notMatched(site, call, { status: "unmatched", reason: "no_view_before_call" });

  // 6.4 "The context's last activity at or before the cut must be no more than `window_days` (30) before T."
  const activity = found.views.flatMap((view) => view.moments).filter((moment) => moment.at <= seen.cut);
  const lastActivity = Math.max(...activity.map((moment) => moment.at));
  if (call.ts - lastActivity > (site.window_days ?? 30) * DAY_MS)
    return notMatched(site, call, { status: "unmatched", reason: "outside_window" });
  return matched(site, call, found, seen);
}

/** 6.2 Context. */
function findContext(site: Site, known: Known, call: MergedCall, cut: number): Found | NotMatched {
  const prefixes = offlinePrefixes(site, call);
  const id = call.own_id;
  if (id === null) return { status: "unusable", reason: "no_id" };
  if (isJunk(id, prefixes)) return { status: "unusable", reason: "junk_id" };

  // "The call's context id: a known context → rule `context_id`."
  const views = known.contexts.get(id);
  if (views !== undefined) return { contextId: id, views, rule: "context_id" };
  if (known.erased.has(id)) return { status: "unmatched", reason: "erased" };

  // "Else, starting with one of the vendor's `offline_prefixes` […] → the vendor's own visitor id"
  if (hasOfflinePrefix(id, prefixes)) return findAlias(site, known, call, id, cut);
  return { status: "unmatched", reason: "unknown_context" };
}

/** "looked up as an *alias* among the values of entities that `identifies` this vendor" */
function findAlias(site: Site, known: Known, call: MergedCall, id: string, cut: number): Found | NotMatched {
  const names = (site.entities ?? [])
    .filter((entity) => entity.identifies === call.vendor)
    .map((entity) => entity.name);
  const carries = (entities: JsonObject) => names.some((name) => String(entityIn(entities, name)) === id);
  const shownBy = [...known.contexts].flatMap(([contextId, views]) => {
    const moments = views.flatMap((view) => view.moments).filter((moment) => carries(moment.entities));
    return moments.length === 0 ? [] : [{ contextId, views, moments }];
  });

  // "A value that more than ten contexts have shown is nobody's: `ambiguous_alias`."
  if (shownBy.length > MOST_CONTEXTS_OF_AN_ALIAS) return { status: "offline", reason: "ambiguous_alias" };

  // "the newest snapshot at or before the cut that carries it (by `at`, `seq`, `view_id`; even if that context has shown another value
  // since) names the context, rule `alias`"
  const carriers = shownBy.flatMap(({ contextId, views, moments }) =>
    moments.filter((moment) => moment.at <= cut).map((moment) => ({ ...moment, contextId, views })),
  );
  // Of two contexts with a snapshot of the same (`at`, `seq`, `view_id`) the contract says nothing; the lower context_id is taken.
  const newest = lastBy(carriers.toSorted(compareBy((carrier) => carrier.contextId)).toReversed(), byMoment);
  if (newest === null) return { status: "offline", reason: "offline_vendor_id" };
  return { contextId: newest.contextId, views: newest.views, rule: "alias" };
}

/** 6.3 View. Null where no view started in time; else the view, and the cut, which the fallback moves. */
function findView(views: View[], call: MergedCall, cut: number): { view: View; session: View[]; cut: number } | null {
  // "The context's views that started at or before the cut"
  let candidates = views.filter((view) => view.start <= cut);
  if (candidates.length === 0) {
    // "none, but some started within 60 s after it: the earliest of those, and its start is the cut"
    const after = views.filter((view) => view.start > cut && view.start <= cut + FALLBACK_MS);
    const earliest = firstBy(after, byNewness);
    if (earliest === null) return null;
    candidates = [earliest];
    cut = earliest.start;
  }

  // "The newest of them fixes the session."
  const newest = lastBy(candidates, byNewness);
  const inSession = candidates.filter((view) => view.session_id === newest?.session_id);
  // "Within that session, among views whose URL equals the call's […], the newest; where none equals or the call has no URL, the newest."
  const onPage = inSession.filter((view) => samePage(view.facts?.url ?? null, call.url));
  const view = lastBy(onPage, byNewness) ?? newest;
  return view && { view, session: views.filter((other) => other.session_id === view.session_id), cut };
}

function matched(
  site: Site,
  call: MergedCall,
  found: Found,
  { view, session, cut }: { view: View; session: View[]; cut: number },
): Outcome {
  const lastSeen = lastBy(
    view.moments.filter((moment) => moment.at <= cut),
    byMoment,
  );
  const join: Join = {
    status: "matched",
    rule: found.rule,
    reason: null,
    // 8 "`gap_ms` is T less the last activity of the view at or before the cut."
    gap_ms: call.ts - (lastSeen?.at ?? Number.NaN),
    context_id: found.contextId,
    session_id: view.session_id,
    view_id: view.view_id,
  };
  return {
    ...shown(call),
    join,
    context: contextOf(view, session),
    entities: entitiesOf(site, view, session, cut),
    goals: goalsOf(site, call),
  };
}

function notMatched(site: Site, call: MergedCall, { status, reason }: NotMatched): Outcome {
  // "an offline call that one of them matches is unusable"
  const ruledOut = status === "offline" && rulesOut(site, call);
  // "`join.context_id` is the call's own id if it is one": if it has a context_id's format, as an offline id may, too. One that was erased is
  // kept as a hash alone.
  const id = call.own_id;
  const isContextId = id !== null && !isJunk(id, []) && reason !== "erased";
  return {
    ...shown(call),
    join: {
      status: ruledOut ? "unusable" : status,
      // "Where a call is not matched, rule, session_id, view_id and `context` are null, `entities` is empty"
      rule: null,
      reason: ruledOut ? "vendor_rule" : reason,
      gap_ms: null,
      context_id: isContextId ? id : null,
      session_id: null,
      view_id: null,
    },
    context: null,
    entities: {},
    // Not among what a call loses that is not matched; it is no conversion.
    goals: goalsOf(site, call),
  };
}

/** "`unusable: [{ "field": "source", "matches": "^ppc-" }]` over the call's own fields" */
function rulesOut(site: Site, call: MergedCall): boolean {
  const rules = site.vendors?.find((vendor) => vendor.name === call.vendor)?.unusable ?? [];
  const fields: Record<string, string> = { source: call.source, url: call.url, "transaction.id": call.transaction.id };
  return rules.some(({ field, matches }) => new RegExp(matches).test(fields[field] ?? ""));
}

function contextOf(view: View, session: View[]): CallContext {
  const entrance = firstBy(session, byNewness);
  const sessionAt = view.facts?.session_at;
  return {
    view_number: view.facts?.number ?? null,
    session_number: view.facts?.session_number ?? null,
    session_view_number: view.facts?.session_view_number ?? null,
    view_ts: view.start,
    session_ts: sessionAt === undefined ? (entrance?.start ?? Number.NaN) : sessionAt + view.offset,
    url: view.facts?.url ?? null,
    referrer: view.facts?.referrer ?? null,
    entrance_url: entrance?.facts?.url ?? null,
    conversion_number: null,
  };
}

/**
 * 6.5 "Session scope: the last non-empty value in that session at or before the cut. Page-view scope: the last non-empty value on that view
 * at or before the cut. […] Names that the site document does not list when the call is joined are left out."
 */
function entitiesOf(site: Site, view: View, session: View[], cut: number): JsonObject {
  const values = (site.entities ?? []).map(({ name, scope }) => {
    const moments = (scope === "session" ? session : [view]).flatMap((each) => each.moments);
    const telling = moments.filter((moment) => moment.at <= cut && !isEmpty(entityIn(moment.entities, name)));
    return [name, entityIn(lastBy(telling, byMoment)?.entities ?? {}, name)] as const;
  });
  return Object.fromEntries(values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function entityIn(entities: JsonObject, name: string) {
  return Object.hasOwn(entities, name) ? entities[name] : undefined;
}

/**
 * 6.6 "A matched call that meets a goal is a conversion […] No total meets no `min_total`, no duration no `min_duration_s`; a call with
 * `answered: false` meets only goals that say `"unanswered": true`."
 */
function goalsOf(site: Site, call: MergedCall): string[] {
  return (site.goals ?? [])
    .filter((goal) => goal.types === undefined || goal.types.includes(call.type))
    .filter((goal) => goal.min_total === undefined || (call.total !== null && call.total.value >= goal.min_total))
    .filter(
      (goal) =>
        goal.min_duration_s === undefined || (call.duration_s !== null && call.duration_s >= goal.min_duration_s),
    )
    .filter((goal) => call.answered !== false || goal.unanswered === true)
    .map((goal) => goal.name);
}

function offlinePrefixes(site: Site, call: MergedCall): string[] {
  return site.vendors?.find((vendor) => vendor.name === call.vendor)?.offline_prefixes ?? [];
}

function shown({ own_id: _ownId, ...fields }: MergedCall): Omit<MergedCall, "own_id"> {
  return fields;
}
