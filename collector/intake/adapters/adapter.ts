/** What every vendor's format becomes: one shape of call event. An adapter knows its vendor's format and nothing else. */

import type { Total } from "../../wire/call";
import type { SummaryType } from "../../wire/common";
import type { RejectReason } from "../../wire/snapshots";

/** One call event, read. */
export interface CallEvent {
  type: SummaryType;
  transaction_id: string;
  /** Ms, whichever unit it came in. */
  ts: number;
  ts_unit: "s" | "ms";
  own_id: string | null;
  url: string | null;
  source: string | null;
  total: Total | null;
  /** Orders events of one call with equal `ts`; 0 where the vendor says nothing of it. */
  revision: number;
}

/** An event that cannot be read, and why. */
export interface Refusal {
  reason: RejectReason;
  detail: string;
}
