/**
 * The tables. Every key starts with the site, and then mostly the context or the call, so that a distributed database can
 * place rows by them, and no column is a sequence that all writers share (docs/scaling.md).
 * Times are epoch milliseconds as they were said (raw); corrections are made by the join.
 * A `visitor` is a context_id as `visitor.ts` writes it.
 */
export interface Tables {
  site_versions: SavedSite;
  secrets: SecretRow;
  tokens: TokenRow;
  marks: MarkRow;
  snapshots: StoredSnapshot;
  views: ViewRow;
  sessions: SessionRow;
  /** Names of entities that identify, or in some version of the site document did identify, a vendor's visitor. */
  identifying: Pick<AliasRow, "site" | "name">;
  aliases: AliasRow;
  showings: ShowingRow;
  call_events: CallEventRow;
  calls: CallRow;
  rejected: RejectedRow;
  refused: RefusedRow;
  due: DueRow;
  erased: ErasedRow;
  deliveries: DeliveryRow;
  delivery_attempts: AttemptRow;
  filed: FiledRow;
}

export interface SavedSite {
  site: string;
  version: number;
  saved_at: number;
  /** JSON, as `wire/site.ts` describes it. */
  document: string;
  /** Whose token saved it; null where nobody's did, or nobody noted it. */
  saved_by: string | null;
}

/** Who may ask beside the operator (contract 8). */
export interface TokenRow {
  name: string;
  hash: string;
  role: "admin" | "reader";
  /** A reader's sites: a JSON list. Null for all. */
  sites: string | null;
  made_at: number;
  last_used_at: number | null;
}

/** What is remembered beside the data, of a site or (empty) of all: small, and each kind with its own names. */
export interface MarkRow {
  site: string;
  /** What has signed out, a link that was used, a collector that is there, what happened first or last, an installation's check. */
  kind: "signed_out" | "link" | "collector" | "retention" | "first" | "check";
  name: string;
  at: number;
  said: string;
}

/** Tokens are kept as SHA-256 only (`secret` null). What signs or checks signatures has to be kept as it is. */
export interface SecretRow {
  site: string;
  kind: "vendor_token" | "vendor_secret" | "webhook_secret" | "webhook_api_secret" | "file_key";
  name: string;
  hash: string;
  secret: string | null;
  made_at: number;
  expires_at: number | null;
}

export interface StoredSnapshot {
  site: string;
  visitor: string;
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

/** Derived from a view's snapshots by rules that commute; see `mergeViews`. */
export interface ViewRow {
  site: string;
  visitor: string;
  view_id: string;
  /** Of the view's lowest snapshot by (`first_at`, `first_seq`). */
  session_id: string;
  first_at: number;
  first_seq: number;
  /** Of the lowest snapshot by (`at`, `seq`) that carries the view's document, which is there to be read. */
  view_at: number | null;
  view_seq: number | null;
  last_at: number;
  /** When its latest snapshot to arrive was received, which ends its time in the store. */
  arrived_at: number;
  /** The smallest received − sent_at among the view's snapshots. */
  min_delay: number;
  /** As the view's document says, 0 where that never came. */
  number: number;
  /** Hash of what of the document's URL is compared with a call's (`page.ts`); null where there is nothing to compare. */
  page: string | null;
  /** Bits of the names of all entities that the view has said a value of (`page.ts`). */
  names: number;
  /** The session that the view was last taken for before an earlier snapshot said another one: it has to be counted anew. */
  displaced: string | null;
}

/** Derived from the views that a session has. Whatever is not exact here only widens what is looked at. */
export interface SessionRow {
  site: string;
  visitor: string;
  session_id: string;
  /** What is added to every time of the session (contract 6, "Clocks"); exact. */
  clock_offset: number;
  /** Raw start of its first view; exact. */
  first_at: number;
  /** Raw start of its last view, or later. */
  last_start: number;
  /** No view of it lasted longer: ms, rounded up to a power of two, so that it seldom changes. */
  longest: number;
}

/** A value of an identifying entity that a context has shown at any time, as text. */
export interface AliasRow {
  site: string;
  visitor: string;
  name: string;
  value: string;
}

/** Each snapshot that showed it. */
export interface ShowingRow extends AliasRow {
  at: number;
  seq: number;
  view_id: string;
}

export interface CallEventRow {
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
  duration_s: number | null;
  answered: number | null;
  /** Of the caller's E.164, which itself is there only where the site keeps it. */
  caller_sha256: string | null;
  caller: string | null;
  dialled: string | null;
  /** The event in canonical JSON: the last tie-breaker of the merge. */
  canonical: string;
  /** The event as the vendor sent it, for replays; null where its visitor was erased. */
  body: string | null;
  received_at: number;
}

/** The join's latest result; `outcome` is the whole of it as JSON, the other columns are there to be searched. */
export interface CallRow {
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
  /** What conversions are counted by and summed up (`worthOf`), in an index; null where the outcome alone has it. */
  worth: string | null;
  version: number;
  first_status: string;
  outcome: string;
  joined_at: number;
  /** What webhooks were told of the call so far, if any was there to be told (contract 9). */
  told: "matched" | "unmatched" | null;
}

export interface RejectedRow {
  site: string;
  /** SHA-256 of route, reason and body: the same refusal twice is one row. */
  id: string;
  route: string;
  vendor: string | null;
  /** The call that it is of; null where that cannot be read. */
  call_id: string | null;
  received_at: number;
  reason: string;
  detail: string;
  body: string;
}

/** The last requests of a vendor that were not let in: a JSON list of `RefusalNote`, the latest last. */
interface RefusedRow {
  site: string;
  vendor: string;
  recent: string;
}

/** What has to be done again. `stamp` is the write's own, so that rows are only ever inserted or deleted. */
export interface DueRow {
  site: string;
  /** Join the calls that a context touches, join one call, or index the site's aliases. */
  kind: "context" | "call" | "aliases";
  /** The context's or the call's id; empty for aliases. */
  subject: string;
  stamp: string;
  /** Of a context, the calls whose T is not before this: no other can come out differently. 0 for the rest. */
  since: number;
  due_at: number;
}

/** What was erased: visitors and their aliases as SHA-256 of their ids, calls as their own ids. */
interface ErasedRow {
  site: string;
  hash: string;
  erased_at: number;
  /** The visitor's id until no table holds anything of theirs, then empty until no file does; null when it is done. */
  pending: string | null;
}

/** One event of one call for one webhook. */
export interface DeliveryRow {
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

export interface AttemptRow {
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

/** A conversion that a file has told a platform of. It outlives its visitor, of whom it then says nothing: what was told can be taken back. */
export interface FiledRow {
  site: string;
  call_id: string;
  webhook: string;
  /** The conversion's, at the platform. */
  name: string;
  /** As it was told first. */
  value: number | null;
  currency: string | null;
  filed_at: number;
  /** The call's time, as it was told. */
  ts: number;
  /** By which a platform finds it again that asks for that; null once its visitor was erased. */
  click_id: string | null;
  /** 1 once the platform was told that it has changed, so that a change back is told, too. */
  adjusted: number;
}

/** A snapshot as it came. */
export type SnapshotRow = Omit<StoredSnapshot, "visitor"> & { context_id: string };
