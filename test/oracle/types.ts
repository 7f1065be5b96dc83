/** The shapes that the oracle reads and gives, as the contract writes them. Times are epoch milliseconds. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** What a view's first snapshot says about the view (contract 4, `view`). */
export interface ViewFacts {
  number: number;
  session_number: number;
  session_view_number: number;
  session_at: number;
  url: string;
  referrer: string;
  title: string;
}

/** A snapshot that the collector accepted; `at` and `sent_at` by the visitor's clock, `received_at` by the collector's. */
export interface AcceptedSnapshot {
  context_id: string;
  view_id: string;
  session_id: string;
  seq: number;
  at: number;
  sent_at: number;
  received_at: number;
  view?: ViewFacts;
  entities?: JsonObject;
}

/** A call event that the collector accepted: the item of `events`, as posted, and when it first came by the collector's clock. */
export interface AcceptedEvent {
  vendor: string;
  event: Json;
  received_at?: number;
  /** Read out of a native payload by its adapter; QProtocol has none. */
  revision?: number;
}

/** The members of the site document (contract 7) that decide a join. */
export interface Site {
  entities?: { name: string; scope: "session" | "page_view"; identifies?: string }[];
  vendors?: { name: string; offline_prefixes?: string[]; unusable?: { field: string; matches: string }[] }[];
  goals?: { name: string; types?: string[]; min_total?: number; min_duration_s?: number; unanswered?: boolean }[];
  keep_caller?: "hash" | "full" | "none";
  window_days?: number;
}

export interface Total {
  value: number;
  currency: string | null;
}

/** The merged events of one call (contract 5), before any join. */
export interface MergedCall {
  vendor: string;
  type: string;
  transaction: { id: string };
  total: Total | null;
  ts: number;
  ts_unit: "s" | "ms";
  url: string;
  source: string;
  duration_s: number | null;
  answered: boolean | null;
  direction: "inbound";
  caller_sha256: string | null;
  caller: string | null;
  dialled: string | null;
  /** What the events give as the context's id, junk or not; null where none gives any. */
  own_id: string | null;
}

export interface Join {
  status: "matched" | "offline" | "unmatched" | "unusable";
  rule: "context_id" | "alias" | null;
  reason: string | null;
  gap_ms: number | null;
  context_id: string | null;
  session_id: string | null;
  view_id: string | null;
}

export interface CallContext {
  view_number: number | null;
  session_number: number | null;
  session_view_number: number | null;
  view_ts: number;
  session_ts: number;
  url: string | null;
  referrer: string | null;
  entrance_url: string | null;
  conversion_number: number | null;
}

/** A call as contract 8 shows it, less `id`, `version` and `late`, which tell history. */
export interface Outcome extends Omit<MergedCall, "own_id"> {
  join: Join;
  context: CallContext | null;
  entities: JsonObject;
  goals: string[];
}
