/**
 * The tables. Every key starts with the site, and then mostly the context or the call, so that a distributed database can
 * place rows by them, and no column is a sequence that all writers share (docs/scaling.md).
 * Times are epoch milliseconds as they were said (raw); corrections are made by the join.
 */
import type { Selectable } from "kysely";

export interface Tables {
  site_versions: SiteVersions;
  secrets: Secrets;
  snapshots: Snapshots;
  views: Views;
  identifying: Identifying;
  aliases: Aliases;
  call_events: CallEvents;
  calls: Calls;
  rejected: Rejected;
  due: Due;
  erased: Erased;
  deliveries: DeliveriesTable;
  delivery_attempts: DeliveryAttempts;
}

interface SiteVersions {
  site: string;
  version: number;
  saved_at: number;
  document: string;
}

/** Tokens are kept as SHA-256 only (`secret` null). What signs or checks signatures has to be kept as it is. */
interface Secrets {
  site: string;
  kind: "vendor_token" | "vendor_secret" | "webhook_secret" | "webhook_api_secret";
  name: string;
  hash: string;
  secret: string | null;
  made_at: number;
  expires_at: number | null;
}

interface Snapshots {
  site: string;
  context_id: string;
  view_id: string;
  seq: number;
  session_id: string;
  at: number;
  sent_at: number;
  received_at: number;
  /** Canonical JSON (RFC 8785), so that equal text means equal documents. */
  view: string | null;
  entities: string;
  /** What entities threw, by name, where some did: JSON. */
  errors: string | null;
}

/** Derived from a view's snapshots by rules that commute; see `mergeView`. */
interface Views {
  site: string;
  context_id: string;
  view_id: string;
  /** Of the view's lowest snapshot by (`first_at`, `first_seq`). */
  session_id: string;
  first_at: number;
  first_seq: number;
  /** Of the lowest snapshot by (`at`, `seq`) that carries the view's document, which is there to be read. */
  view_at: number | null;
  view_seq: number | null;
  last_at: number;
  /** The smallest received − sent_at among the view's snapshots. */
  min_delay: number;
}

/** Names of entities that identify, or in some version of the site document did identify, a vendor's visitor. */
interface Identifying {
  site: string;
  name: string;
}

/** One row for each snapshot that shows a value of an identifying entity, the value as text. */
interface Aliases {
  site: string;
  context_id: string;
  view_id: string;
  seq: number;
  name: string;
  value: string;
  at: number;
}

interface CallEvents {
  site: string;
  call_id: string;
  /** SHA-256 of the event's canonical JSON: repeats that say the same are one event. */
  event_id: string;
  vendor: string;
  type: string;
  transaction_id: string;
  /** What the vendor gave as context_id, junk included; null where it gave none. */
  own_id: string | null;
  /** 1 where `own_id` is the vendor's own id for the visitor, said in a field of its own. */
  own_is_alias: number;
  ts: number;
  ts_unit: "s" | "ms";
  revision: number;
  url: string | null;
  source: string | null;
  total_value: number | null;
  total_currency: string | null;
  /** The event in canonical JSON: the last tie-breaker of the merge. */
  canonical: string;
  /** The event as the vendor sent it, for replays. */
  body: string;
  received_at: number;
}

/** The join's latest result; `outcome` is the whole of it as JSON, the other columns are there to be searched. */
interface Calls {
  site: string;
  call_id: string;
  vendor: string;
  type: string;
  transaction_id: string;
  ts: number;
  status: string;
  reason: string | null;
  rule: string | null;
  context_id: string | null;
  /** 1 where the call is a conversion. */
  converts: number;
  version: number;
  first_status: string;
  outcome: string;
  joined_at: number;
  /** What webhooks were told of the call so far, if any was there to be told (contract 9). */
  told: "matched" | "unmatched" | null;
}

interface Rejected {
  site: string;
  /** SHA-256 of route, reason and body: the same refusal twice is one row. */
  id: string;
  route: string;
  vendor: string | null;
  received_at: number;
  reason: string;
  detail: string;
  body: string;
}

/** What has to be done again. `stamp` is the write's own, so that rows are only ever inserted or deleted. */
interface Due {
  site: string;
  /** Join the calls that a context touches, join one call, or index the site's aliases. */
  kind: "context" | "call" | "aliases";
  /** The context's or the call's id; empty for aliases. */
  subject: string;
  stamp: string;
  due_at: number;
}

/** Visitors who were erased, as SHA-256 of their context_id. */
interface Erased {
  site: string;
  hash: string;
  erased_at: number;
}

/** One event of one call for one webhook. */
interface DeliveriesTable {
  site: string;
  call_id: string;
  /** What the receiver knows it by. It starts with the call's id, so that it is found by itself. */
  id: string;
  webhook: string;
  event: string;
  version: number;
  state: "pending" | "delivered" | "dead";
  /** What is sent, as it was at that version: JSON. */
  request: string;
  made_at: number;
  /** Failed attempts since it was made or replayed. */
  failures: number;
  /** Null unless pending. While one is at it, the end of its lease. */
  next_attempt_at: number | null;
  /** When it was delivered or given up; null while pending. */
  ended_at: number | null;
}

interface DeliveryAttempts {
  site: string;
  call_id: string;
  delivery_id: string;
  /** From 0. */
  number: number;
  at: number;
  ms: number;
  status: number | null;
  error: string | null;
  /** Method, URL, headers and body: JSON; null where nothing was sent. */
  request: string | null;
  /** The answer's first 20,000 bytes. */
  response: string;
}

export type SnapshotRow = Selectable<Snapshots>;
export type ViewRow = Selectable<Views>;
/** A view with its document. */
export type DescribedView = ViewRow & Pick<SnapshotRow, "view">;
export type AliasRow = Selectable<Aliases>;
export type CallEventRow = Selectable<CallEvents>;
export type CallRow = Selectable<Calls>;
export type RejectedRow = Selectable<Rejected>;
export type DueRow = Selectable<Due>;
export type DeliveryRow = Selectable<DeliveriesTable>;
export type AttemptRow = Selectable<DeliveryAttempts>;
export type SecretRow = Selectable<Secrets>;
