/** Whose call it is: the context that it names, or that its vendor's visitor id is an alias of (contract 6.2). */
import { RE2JS } from "re2js";
import type { JoinReader } from "../store/joins";
import type { Reason } from "../wire/call";
import { isJunk } from "../wire/ids";
import type { Site, Vendor } from "../wire/site";
import { type TimedView, timed } from "./clock";
import type { CallFacts } from "./event";

/** A value that more contexts than this have shown is nobody's. */
const MAX_CONTEXTS_OF_ALIAS = 10;

export type Found =
  | { rule: "context_id" | "alias"; context_id: string; views: TimedView[] }
  | { rule: null; status: "offline" | "unmatched" | "unusable"; reason: Reason };

/** Finds a call's context. `cut` in corrected ms. */
export async function findContext(
  reader: JoinReader,
  site: string,
  call: CallFacts,
  document: Site,
  cut: number,
): Promise<Found> {
  const { own_id, own_is_alias: offline } = call;
  if (own_id === null) return { rule: null, status: "unusable", reason: "no_id" };
  const vendor = document.vendors.find(({ name }) => name === call.vendor);
  if (!offline && isJunk(own_id)) return { rule: null, status: "unusable", reason: "junk_id" };

  const views = timed(await reader.views(site, own_id));
  if (views.length > 0) return { rule: "context_id", context_id: own_id, views };
  if (!offline) {
    const reason = (await reader.isErased(site, own_id)) ? "erased" : "unknown_context";
    return { rule: null, status: "unmatched", reason };
  }
  const alias = await findAlias(reader, site, own_id, namesIdentifying(document, call.vendor), cut);
  if (typeof alias !== "string") return { rule: "alias", ...alias };
  if (vendor && matchesRule(call, vendor)) return { rule: null, status: "unusable", reason: "vendor_rule" };
  return { rule: null, status: "offline", reason: alias };
}

/** Names of the entities whose values are this vendor's own visitor ids. */
function namesIdentifying(document: Site, vendor: string): string[] {
  return document.entities.filter(({ identifies }) => identifies === vendor).map(({ name }) => name);
}

async function findAlias(
  reader: JoinReader,
  site: string,
  value: string,
  names: string[],
  cut: number,
): Promise<{ context_id: string; views: TimedView[] } | "offline_vendor_id" | "ambiguous_alias"> {
  const contexts = await reader.contextsShowing(site, names, value, MAX_CONTEXTS_OF_ALIAS + 1);
  if (contexts.length > MAX_CONTEXTS_OF_ALIAS) return "ambiguous_alias";
  let newest: { at: number; seq: number; view_id: string; context_id: string; views: TimedView[] } | null = null;
  for (const context_id of contexts.sort()) {
    const views = timed(await reader.views(site, context_id));
    const offsets = new Map(views.map(({ view_id, offset }) => [view_id, offset]));
    for (const { view_id, seq, at: raw } of await reader.showings(site, context_id, names, value)) {
      const at = raw + (offsets.get(view_id) ?? 0);
      const showing = { at, seq, view_id, context_id, views };
      if (at <= cut && (newest === null || isLater(showing, newest))) newest = showing;
    }
  }
  return newest ? { context_id: newest.context_id, views: newest.views } : "offline_vendor_id";
}

function isLater(
  a: { at: number; seq: number; view_id: string },
  b: { at: number; seq: number; view_id: string },
): boolean {
  if (a.at !== b.at) return a.at > b.at;
  if (a.seq !== b.seq) return a.seq > b.seq;
  return a.view_id > b.view_id;
}

/** True where one of the vendor's rules says that an offline call belongs to no session (contract 6, `vendor_rule`). */
function matchesRule(call: CallFacts, vendor: Vendor): boolean {
  const fields: Record<Vendor["unusable"][number]["field"], string> = {
    source: call.source,
    url: call.url,
    context_id: call.own_id ?? "",
    "transaction.id": call.transaction_id,
    type: call.type,
    "total.value": call.total ? String(call.total.value) : "",
    "total.currency": call.total?.currency ?? "",
  };
  // RE2: linear in the text, so that no rule can stall the collector.
  return vendor.unusable.some(({ field, matches }) => RE2JS.compile(matches).matcher(fields[field]).find());
}
