/** What every vendor's format becomes: one shape of call event. An adapter knows its vendor's format and nothing else. */

import type { Total } from "../../wire/call";
import type { SummaryType } from "../../wire/common";
import type { RejectReason } from "../../wire/snapshots";
import type { Payload } from "./payload";

/** One call event, read. */
export interface CallEvent {
  type: SummaryType;
  transaction_id: string;
  /** Ms, whichever unit it came in. */
  ts: number;
  ts_unit: "s" | "ms";
  own_id: string | null;
  /** True where `own_id` is the vendor's own id for the visitor, and so to be looked up as an alias. */
  own_is_alias: boolean;
  url: string | null;
  source: string | null;
  total: Total | null;
  /** Orders events of one call with equal `ts`; 0 where the vendor says nothing of it. Below 2^31. */
  revision: number;
}

/** An event that cannot be read, and why. */
export interface Refusal {
  reason: RejectReason;
  detail: string;
}

/** A vendor's own format. Paths name fields of the payload: `custom_fields.context_id`. */
export interface Adapter {
  /** Where the context_id travels unless the site document says otherwise (`context_id_from`). */
  contextIdFrom: string;
  /** Where the vendor's own id for the visitor is, which counts where there is no context_id (`visitor_id_from`). */
  visitorIdFrom?: string;
  /** How the vendor's own visitor ids start, where they have something in common. */
  visitorPrefixes?: string[];
  /** Whether a request comes from the vendor, by the secret that the site shares with it. Left out, a token does it. */
  verify?(request: NativeRequest, secret: string): boolean;
  /** When a signed payload says that it was sent; what is too old may be somebody's recording. */
  sentAt?(payload: Payload): string | null;
  /** What the payload says of a call, as text; or why it is about none. */
  read(payload: Payload): NativeCall | string;
}

export interface NativeRequest {
  /** The URL as the vendor called it, and as it may have written it. */
  urls: string[];
  header(name: string): string;
  raw: Buffer;
}

/** A call as a payload tells it. Null is what it leaves blank. */
export interface NativeCall {
  id: string | null;
  /** Any notation that `time.ts` reads; without a zone it is in the vendor's `timezone`. */
  time: string | null;
  url?: string | null;
  source?: string | null;
  total?: string | null;
  currency?: string | null;
  revision?: number;
}
