/**
 * The tables. Every key but that of `tokens` starts with the site. Most go on with the context or the call, so that a
 * distributed database can place rows by them. No column is a sequence that all writers share (docs/scaling.md). Times
 * are epoch milliseconds as they were reported (raw); the join corrects them. A `visitor` is a context_id as
 * `visitor.ts` writes it.
 */
export interface Tables {
  site_versions: SavedSite;
  secrets: SecretRow;
  tokens: TokenRow;
  marks: MarkRow;
  snapshots: StoredSnapshot;
  views: ViewRow;
  sessions: SessionRow;
  /** Names of entities that identify a vendor's visitor, or did so in some version of the site document. */
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
  /** Whose token saved it. Null if no token did, or if it was not recorded. */
  saved_by: string | null;
}

/** Who may ask besides the operator (contract 8). */
export interface TokenRow {
  name: string;
  hash: string;
  role: "admin" | "reader";
  /** A reader's sites: a JSON list. Null means all sites. */
  sites: string | null;
  made_at: number;
  last_used_at: number | null;
}

/** Small things that are remembered besides the data, for one site or (empty) for all. Each kind has its own names. */
export interface MarkRow {
  site: string;
  /**
   * What has signed out; a link that was used; a collector that is running; what happened first or last; an
   * installation's check.
   */
  kind: "signed_out" | "link" | "collector" | "retention" | "first" | "check";
  name: string;
  at: number;
  said: string;
}

/**
 * Tokens are kept as SHA-256 only (`secret` is null). A secret that signs or checks signatures must be kept in clear.
 */
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
  /** What entities threw, by name: JSON. Null if none threw. */
  errors: string | null;
}

/** Derived from a view's snapshots by rules that commute; see `mergeViews`. */
export interface ViewRow {
  site: string;
  visitor: string;
  view_id: string;
  /** From the view's lowest snapshot by (`first_at`, `first_seq`). */
  session_id: string;
  first_at: number;
  first_seq: number;
  /** From the lowest snapshot by (`at`, `seq`) that carries the view's document. The document is read there. */
  view_at: number | null;
  view_seq: number | null;
  last_at: number;
  /** When the last of its snapshots arrived. The view's retention counts from then. */
  arrived_at: number;
  /** The smallest received − sent_at among the view's snapshots. */
  min_delay: number;
  /** As the view's document says. 0 if the document never came. */
  number: number;
  /**
   * Hash of the parts of the document's URL that are compared with a call's URL (`page.ts`). Null if there is nothing
   * to compare.
   */
  page: string | null;
  /** Bits for the names of all entities that the view has reported a value of (`page.ts`). */
  names: number;
  /**
   * The session that the view belonged to until an earlier snapshot named another one. That session must be recounted.
   */
  displaced: string | null;
}

/** Derived from the views of a session. Where a value is not exact, it only makes the join look at more rows. */
export interface SessionRow {
  site: string;
  visitor: string;
  session_id: string;
  /** What is added to every time of the session (contract 6, "Clocks"). Exact. */
  clock_offset: number;
  /** Raw start of its first view. Exact. */
  first_at: number;
  /** Raw start of its last view, or later. */
  last_start: number;
  /** No view of it lasted longer. In ms, rounded up to a power of two, so that it seldom changes. */
  longest: number;
}

/** A value of an identifying entity that a context has shown at any time, as text. */
export interface AliasRow {
  site: string;
  visitor: string;
  name: string;
  value: string;
}

/** A snapshot that showed the value of an alias. */
export interface ShowingRow extends AliasRow {
  at: number;
  seq: number;
  view_id: string;
}

export interface CallEventRow {
  site: string;
  call_id: string;
  /** SHA-256 of the event's canonical JSON. Repeats that say the same are one event. */
  event_id: string;
  vendor: string;
  type: string;
  transaction_id: string;
  /** What the vendor gave as the context_id, junk included. Null if it gave none. */
  own_id: string | null;
  /** 1 if `own_id` is the vendor's own id for the visitor, given in a field of its own. */
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
  /** Of the caller's number in E.164. The number itself is here only if the site keeps it. */
  caller_sha256: string | null;
  caller: string | null;
  dialled: string | null;
  /** The event in canonical JSON. It is the last tie-breaker of the merge. */
  canonical: string;
  /** The event as the vendor sent it, for replays. Null once its visitor was erased. */
  body: string | null;
  received_at: number;
}

/** The join's latest result. `outcome` holds all of it as JSON; the other columns exist for searches. */
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
  /** 1 if the call is a conversion. */
  converts: number;
  /**
   * What conversions are counted and summed up by (`worthOf`), kept in an index. If it is null, only the outcome has
   * it.
   */
  worth: string | null;
  version: number;
  first_status: string;
  outcome: string;
  joined_at: number;
  /** What webhooks have been told of the call so far, if any webhook was there to be told (contract 9). */
  told: "matched" | "unmatched" | null;
}

export interface RejectedRow {
  site: string;
  /** SHA-256 of route, reason and body. The same refusal twice is one row. */
  id: string;
  route: string;
  vendor: string | null;
  /** The call that it is about. Null if that cannot be read. */
  call_id: string | null;
  received_at: number;
  reason: string;
  detail: string;
  body: string;
}

/** A vendor's last requests that were not let in: a JSON list of `RefusalNote`, the latest last. */
interface RefusedRow {
  site: string;
  vendor: string;
  recent: string;
}

/** What must be done again. Each write has its own `stamp`, so that rows are only ever inserted or deleted. */
export interface DueRow {
  site: string;
  /** Join the calls that a context touches, join one call, or index the site's aliases. */
  kind: "context" | "call" | "aliases";
  /** The context's or the call's id; empty for aliases. */
  subject: string;
  stamp: string;
  /** For a context: only calls whose T is not before this can come out differently. 0 for the other kinds. */
  since: number;
  due_at: number;
}

/** What was erased: visitors and their aliases as SHA-256 of their ids, calls by their own ids. */
interface ErasedRow {
  site: string;
  hash: string;
  erased_at: number;
  /**
   * The visitor's id until no table holds anything of theirs, then empty until no file does, then null. For a call: its
   * id until it is redacted, then null.
   */
  pending: string | null;
}

/** One event of one call for one webhook. */
export interface DeliveryRow {
  site: string;
  call_id: string;
  /** The id that the receiver knows. It starts with the call's id, so that the id alone is enough to find the row. */
  id: string;
  webhook: string;
  event: string;
  version: number;
  state: "pending" | "delivered" | "dead";
  /** What is sent, as it was at that version: JSON. */
  request: string;
  made_at: number;
  /** Failed attempts since the delivery was made or replayed. */
  failures: number;
  /** Null unless pending. While a worker has claimed the delivery, this is the end of its lease. */
  next_attempt_at: number | null;
  /** When it was delivered or given up. Null while pending. */
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
  /** Method, URL, headers and body: JSON. Null if nothing was sent. */
  request: string | null;
  /** The answer's first 20,000 bytes. */
  response: string;
}

/**
 * A conversion that a platform was told of in a file. The row outlives its visitor, so that what was told can be taken
 * back. It then says nothing about the visitor.
 */
export interface FiledRow {
  site: string;
  call_id: string;
  webhook: string;
  /** The conversion's name at the platform. */
  name: string;
  /** As the platform was first told. */
  value: number | null;
  currency: string | null;
  filed_at: number;
  /** The call's time, as the platform was told. */
  ts: number;
  /**
   * The click id by which some platforms find the conversion again. Null if the file told none, or once the visitor was
   * erased.
   */
  click_id: string | null;
  /** 1 once the platform was told of a change, so that a change back is told, too. */
  adjusted: number;
}

/** A snapshot as it came. */
export type SnapshotRow = Omit<StoredSnapshot, "visitor"> & { context_id: string };
