/** Finds whose call it is: the context that it names, or that its vendor's visitor id is an alias of (contract 6.2). */
import { RE2JS } from "re2js";
import { type History, isLater, type SnapshotPlace } from "../store/history";
import type { Reason } from "../wire/call";
import { isJunk } from "../wire/ids";
import type { Site, Vendor } from "../wire/site";
import type { CallFacts } from "./event";

/** If more contexts than this have shown a value, it identifies none of them. */
const MAX_CONTEXTS_OF_ALIAS = 10;

export type Whose =
  | { rule: "context_id" | "alias"; context_id: string }
  | { rule: null; status: "offline" | "unmatched" | "unusable"; reason: Reason };

/** Finds a call's context. `cut` is in corrected ms. */
export async function findContext(
  history: History,
  site: string,
  call: CallFacts,
  document: Site,
  cut: number,
): Promise<Whose> {
  const { own_id, own_is_alias: offline } = call;
  if (call.erased) return { rule: null, status: "unmatched", reason: "erased" };
  if (own_id === null) return { rule: null, status: "unusable", reason: "no_id" };
  const vendor = document.vendors.find(({ name }) => name === call.vendor);
  if (!offline && isJunk(own_id)) return { rule: null, status: "unusable", reason: "junk_id" };

  // A visitor counts as erased from the moment of the mark, even while some of their views are still stored.
  const standing = await history.standing({ site, contextId: own_id });
  if (standing === "known") return { rule: "context_id", context_id: own_id };
  if (!offline)
    return { rule: null, status: "unmatched", reason: standing === "erased" ? "erased" : "unknown_context" };
  const alias = await findAlias(history, site, own_id, namesIdentifying(document, call.vendor), cut);
  if (typeof alias !== "string") return { rule: "alias", ...alias };
  if (vendor && matchesRule(call, vendor)) return { rule: null, status: "unusable", reason: "vendor_rule" };
  return { rule: null, status: "offline", reason: alias };
}

/** Names of the entities whose values are this vendor's own visitor ids. */
function namesIdentifying(document: Site, vendor: string): string[] {
  return document.entities.filter(({ identifies }) => identifies === vendor).map(({ name }) => name);
}

async function findAlias(
  history: History,
  site: string,
  value: string,
  names: string[],
  cut: number,
): Promise<{ context_id: string } | "offline_vendor_id" | "ambiguous_alias"> {
  const contexts = await history.contextsShowing(site, names, value, MAX_CONTEXTS_OF_ALIAS + 1);
  if (contexts.length > MAX_CONTEXTS_OF_ALIAS) return "ambiguous_alias";
  let newest: { context_id: string; place: SnapshotPlace } | null = null;
  for (const context_id of contexts) {
    const visitor = { site, contextId: context_id };
    if ((await history.standing(visitor)) === "erased") continue;
    const place = await history.newestShowing(visitor, names, value, cut);
    if (place && (newest === null || isLater(place, newest.place))) newest = { context_id, place };
  }
  return newest ? { context_id: newest.context_id } : "offline_vendor_id";
}

/** True if one of the vendor's rules says that an offline call belongs to no session (contract 6, `vendor_rule`). */
function matchesRule(call: CallFacts, vendor: Vendor): boolean {
  const fields: Record<Vendor["unusable"][number]["field"], string> = {
    source: call.source,
    url: call.url,
    context_id: call.own_id ?? "",
    "transaction.id": call.transaction_id,
    type: call.type,
    "total.value": call.total ? String(call.total.value) : "",
    "total.currency": call.total?.currency ?? "",
    duration_s: String(call.duration_s ?? ""),
    answered: String(call.answered ?? ""),
    dialled: call.dialled ?? "",
  };
  // RE2: linear in the text, so that no rule can stall the collector.
  return vendor.unusable.some(({ field, matches }) => RE2JS.compile(matches).matcher(fields[field]).find());
}
