import { type Call, type EventParts, event, type Shop, type Snapshot, THEN } from "./shop";

/** The site that the tests of the join share: an entity of each scope, an alias, and a vendor with offline ids and a rule. */
export const DOCUMENT = {
  entities: [
    { name: "basket", type: "expression", scope: "session", value: "basket" },
    { name: "product", type: "expression", scope: "page_view", value: "product" },
    { name: "rtap_visitor", type: "expression", scope: "session", value: "rtap", identifies: "responsetap" },
  ],
  vendors: [
    { name: "infinity", adapter: "qprotocol" },
    {
      name: "responsetap",
      adapter: "qprotocol",
      offline_prefixes: ["gbr0", "clarity"],
      unusable: [
        { field: "source", matches: "^ppc-" },
        { field: "answered", matches: "false" },
        { field: "duration_s", matches: "^[0-3]$" },
      ],
    },
  ],
};

let orders = 0;

/** Reports one call, at THEN unless told otherwise, and gives it as the collector joined it. */
export async function callOf(site: Shop, vendor: string, parts: EventParts): Promise<Call> {
  const transaction = `join-${++orders}`;
  await site.report(vendor, event({ ts: THEN, ...parts, transaction }));
  return site.call(transaction);
}

/** A later snapshot of a view. */
export function later(viewId: string, seq: number, at: number, more: Partial<Snapshot> = {}): Snapshot {
  return { view_id: viewId, session_id: "session-1", seq, at, ...more };
}

export function inSession(session_id: string): Partial<Snapshot> {
  return { session_id, view: { number: 1 } };
}

/** What every call shows that is not matched. */
export function notMatched(status: string, reason: string, contextId: string | null): object {
  return {
    join: { status, reason, rule: null, gap_ms: null, context_id: contextId, session_id: null, view_id: null },
    context: null,
    entities: {},
  };
}
