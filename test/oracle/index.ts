import { histories } from "./history";
import { joinCall } from "./join";
import { mergeEvents } from "./merge";
import { compareBy } from "./order";
import type { AcceptedEvent, AcceptedSnapshot, Outcome, Site } from "./types";

export { histories } from "./history";
export { matchRate } from "./report";
export type * from "./types";

/** Everything that decides a site's calls: "the set of accepted snapshots, the call's events and the site document" (contract 6). */
export interface Accepted {
  site: Site;
  snapshots: AcceptedSnapshot[];
  events: AcceptedEvent[];
  /** Contexts that were erased; none of their snapshots is among `snapshots` any more. */
  erased?: Set<string>;
}

/** A call is named by (vendor, type, transaction id) within its site. */
export type CallName = Pick<Outcome, "vendor" | "type" | "transaction">;

/**
 * The oracle of contract 5 and 6: every call of a site, as contract 8 shows it. Slow and plain on purpose, and written from the contract
 * alone, so that it can tell whether the collector is right.
 * @param callId the collector's id of a call, which breaks the tie between two conversions at one time
 */
export function expectedCalls(accepted: Accepted, callId: (call: CallName) => string): Outcome[] {
  const known = { contexts: histories(accepted.snapshots), erased: accepted.erased ?? new Set<string>() };
  const calls = mergeEvents(accepted.site, accepted.events).map((call) => joinCall(accepted.site, known, call));
  return calls.map((call) => withConversionNumber(call, calls, callId));
}

/** 6.6 "`conversion_number`, null for others, counts the context's converting calls by T, then call id" */
function withConversionNumber(call: Outcome, all: Outcome[], callId: (call: CallName) => string): Outcome {
  if (call.context === null || call.goals.length === 0) return call;
  const converting = all
    .filter(
      (other) => other.join.context_id === call.join.context_id && other.context !== null && other.goals.length > 0,
    )
    .toSorted(compareBy<Outcome>((other) => other.ts, callId));
  return { ...call, context: { ...call.context, conversion_number: converting.indexOf(call) + 1 } };
}
