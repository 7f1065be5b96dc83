/** What every vendor's format becomes: one shape of call event. */
import { invalid } from "../../http/problem";
import type { Total } from "../../wire/call";
import type { SummaryType } from "../../wire/common";
import type { RejectReason } from "../../wire/snapshots";
import type { KeptCaller } from "./privacy";

/** One call event, read. */
export interface CallEvent extends KeptCaller {
  type: SummaryType;
  transaction_id: string;
  /** The call's start as far as this event tells it: ms, whichever unit it came in. */
  ts: number;
  ts_unit: "s" | "ms";
  own_id: string | null;
  /** True where `own_id` is the vendor's own id for the visitor, and so to be looked up as an alias. */
  own_is_alias: boolean;
  url: string | null;
  source: string | null;
  total: Total | null;
  /** Whole seconds. */
  duration_s: number | null;
  answered: boolean | null;
  /** E.164. */
  dialled: string | null;
  /** Orders events of one call with equal `ts`; 0 where the vendor says nothing of it. Below 2^31. */
  revision: number;
}

/** An event that cannot be read, and why. */
export interface Refusal {
  reason: RejectReason;
  detail: string;
  /** The call that it is of, as far as it says. */
  of?: Pick<CallEvent, "type" | "transaction_id">;
}

/**
 * 1 MiB holds some 11,000 events that say something, and half a million that do not: each of these would be refused, kept and answered by
 * itself, and everybody else would wait for it.
 */
const MOST_EVENTS = 20_000;

/** The events of a body, if they are not too many. */
export function notTooMany<T>(events: T[]): T[] {
  if (events.length <= MOST_EVENTS) return events;
  throw invalid("the body holds too many events", [{ path: "", message: "must be at most 20,000" }]);
}
