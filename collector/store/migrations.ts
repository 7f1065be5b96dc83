/**
 * The schema's history. A migration that was released never changes. The next one follows below, and its name contains
 * the version that brings it (`002_1.1.0_what`): from this, an older program can tell which version a store needs. A
 * migration takes away nothing that the previous version needs. It adds tables, indexes, and columns with a default or
 * null. On PostgreSQL the collectors are replaced one by one, and those of the previous version keep running meanwhile.
 */
import { type Kysely, type Migration, type MigrationProvider, sql } from "kysely";
import type { Engine } from "./engine";
import { LONGEST_SESSION_MS } from "./sessions";

/**
 * Columns and key of each table, in SQL that all engines understand. `tables.ts` says what they mean. Keys start with
 * the site and go on with the visitor or the call that a row is about. What a request or a join writes in one
 * transaction is about one visitor or call, so a database that is sharded by these two columns writes it in one place.
 */
const FIRST_TABLES: Record<string, string> = {
  site_versions: `site text not null, version integer not null, saved_at bigint not null, document text not null,
    primary key (site, version)`,
  secrets: `site text not null, kind text not null, name text not null, hash text not null, secret text,
    made_at bigint not null, expires_at bigint,
    primary key (site, kind, name, hash)`,
  snapshots: `site text not null, visitor text not null, view_id text not null, seq bigint not null,
    session_id text not null, at bigint not null, sent_at bigint not null, received_at bigint not null,
    view text, entities text not null, errors text,
    primary key (site, visitor, view_id, seq)`,
  views: `site text not null, visitor text not null, view_id text not null, session_id text not null,
    first_at bigint not null, first_seq bigint not null, view_at bigint, view_seq bigint,
    last_at bigint not null, arrived_at bigint not null, min_delay bigint not null, number bigint not null, page text, names integer not null,
    displaced text,
    primary key (site, visitor, view_id)`,
  sessions: `site text not null, visitor text not null, session_id text not null, clock_offset bigint not null,
    first_at bigint not null, last_start bigint not null, longest bigint not null,
    primary key (site, visitor, session_id)`,
  identifying: `site text not null, name text not null,
    primary key (site, name)`,
  aliases: `site text not null, visitor text not null, name text not null, value text not null,
    primary key (site, visitor, name, value)`,
  showings: `site text not null, visitor text not null, name text not null, value text not null,
    at bigint not null, seq bigint not null, view_id text not null,
    primary key (site, visitor, name, value, at, seq, view_id)`,
  call_events: `site text not null, call_id text not null, event_id text not null,
    vendor text not null, type text not null, transaction_id text not null, own_id text,
    own_is_alias integer not null,
    ts bigint not null, ts_unit text not null, revision integer not null, url text, source text,
    total_value double precision, total_currency text,
    duration_s bigint, answered integer, caller_sha256 text, caller text, dialled text,
    received_at bigint not null, canonical text not null, body text,
    primary key (site, call_id, event_id)`,
  calls: `site text not null, call_id text not null, vendor text not null, type text not null,
    transaction_id text not null, ts bigint not null, status text not null, reason text, rule text, context_id text,
    converts integer not null, version integer not null, first_status text not null, outcome text not null,
    joined_at bigint not null, told text,
    primary key (site, call_id)`,
  rejected: `site text not null, id text not null, route text not null, vendor text, received_at bigint not null,
    reason text not null, detail text not null, body text not null,
    primary key (site, id)`,
  refused: `site text not null, vendor text not null, recent text not null,
    primary key (site, vendor)`,
  due: `site text not null, subject text not null, kind text not null, stamp text not null,
    since bigint not null, due_at bigint not null,
    primary key (site, subject, kind, stamp)`,
  erased: `site text not null, hash text not null, erased_at bigint not null, pending text,
    primary key (site, hash)`,
  deliveries: `site text not null, call_id text not null, id text not null, webhook text not null, event text not null,
    version integer not null, state text not null, request text not null, made_at bigint not null,
    failures integer not null, next_attempt_at bigint, ended_at bigint,
    primary key (site, call_id, id)`,
  delivery_attempts: `site text not null, call_id text not null, delivery_id text not null, number integer not null,
    at bigint not null, ms bigint not null, status integer, error text, request text, response text not null,
    primary key (site, call_id, delivery_id, number)`,
};

const FIRST_INDEXES: Record<string, string> = {
  // Reports and retention read by arrival. Arrivals come in order, so this index only ever grows at its end. It
  // includes the rest of the key, by which retention goes on from where it stopped.
  snapshots_by_arrival: "snapshots (site, received_at, visitor, view_id, seq)",
  // A session's views in their order, with everything that is asked about many of them at once.
  views_by_session: "views (site, visitor, session_id, first_at, number, view_id, page, names)",
  sessions_by_start: "sessions (site, visitor, (first_at + clock_offset))",
  // Sessions whose clock differs from ours, and sessions longer than any visit can be. There are hardly any.
  sessions_off: "sessions (site, visitor, clock_offset) where clock_offset <> 0",
  sessions_long: `sessions (site, visitor, (last_start - first_at)) where last_start - first_at > ${LONGEST_SESSION_MS}`,
  aliases_by_value: "aliases (site, value, name, visitor)",
  call_events_by_own_id: "call_events (site, own_id, ts, call_id)",
  call_events_by_vendor: "call_events (site, vendor, received_at)",
  calls_by_time: "calls (site, ts, call_id)",
  calls_by_type: "calls (site, type, ts, call_id)",
  calls_by_context: "calls (site, context_id, ts, call_id, converts)",
  calls_by_status: "calls (site, status, ts, call_id)",
  calls_by_vendor: "calls (site, vendor, ts, call_id)",
  calls_by_transaction: "calls (site, transaction_id, ts, call_id)",
  rejected_by_time: "rejected (site, received_at, id)",
  rejected_by_reason: "rejected (site, reason, received_at, id)",
  due_by_time: "due (due_at)",
  erased_unfinished: "erased (erased_at) where pending is not null",
  deliveries_by_time: "deliveries (site, made_at, id)",
  deliveries_by_state: "deliveries (site, state, made_at, id)",
  deliveries_by_webhook: "deliveries (site, webhook, made_at, id)",
  // Small, whatever the history: it leaves out what was delivered or given up.
  deliveries_due: "deliveries (site, webhook, next_attempt_at) where state = 'pending'",
};

/** What the console needs: who may look, what is remembered besides the data, and indexes for searches. */
const CONSOLE: Changes = {
  tables: {
    tokens: `name text not null, hash text not null, role text not null, sites text,
      made_at bigint not null, last_used_at bigint,
      primary key (name)`,
    marks: `site text not null, kind text not null, name text not null, at bigint not null, said text not null,
      primary key (site, kind, name)`,
  },
  columns: { site_versions: "saved_by text", calls: "worth text" },
  indexes: {
    // Everything that calls are counted by, in the order of their times. A report reads this index alone. It also
    // serves what used the index that it replaces.
    calls_counted: "calls (site, ts, call_id, vendor, type, status, rule, reason, first_status)",
    calls_converting: "calls (site, ts, call_id, worth) where converts = 1",
    // Joins are made in the order of time, so this index grows at its end.
    calls_by_join: "calls (site, joined_at, call_id)",
    // Deliveries that were given up. There are hardly any.
    deliveries_dead: "deliveries (site, webhook, ended_at, call_id, id) where state = 'dead'",
    call_events_by_caller: "call_events (site, caller_sha256, ts, call_id) where caller_sha256 is not null",
  },
  // The previous version gives the same answers without this index.
  gone: ["calls_by_time"],
};

/** What platforms were told of in files. */
const FILED: Changes = {
  tables: {
    filed: `site text not null, call_id text not null, webhook text not null, name text not null,
      value double precision, currency text, filed_at bigint not null, ts bigint not null, click_id text,
      adjusted integer not null,
      primary key (site, call_id, webhook, name)`,
  },
  indexes: { filed_by_time: "filed (site, webhook, filed_at, call_id, name)" },
};

/**
 * These rows are wide, too. Laid out like this, SQLite takes 10 to 20 % more of a vendor's calls a second
 * (collector/README.md).
 */
const WIDE: Changes = {
  scattered: ["calls", "call_events", "deliveries", "delivery_attempts", "rejected"],
  // Finds each vendor's last refusals, however many others were refused.
  indexes: { rejected_by_vendor: "rejected (site, vendor, received_at, id)" },
};

/** Finds the refused events of an erased visitor's call by that call. */
const REFUSED_CALLS: Changes = {
  columns: { rejected: "call_id text" },
  indexes: { rejected_by_call: "rejected (site, call_id) where call_id is not null" },
};

/** All steps. Each is named by its number and by the version that brought it. */
const STEPS: Record<string, Changes> = {
  "001_first": { tables: FIRST_TABLES, indexes: FIRST_INDEXES },
  "002_1.1.0_console": CONSOLE,
  "003_1.1.0_filed": FILED,
  "004_1.2.0_wide": WIDE,
  "005_1.2.0_refused_calls": REFUSED_CALLS,
};

/** The steps' names, oldest first. */
export const STEP_NAMES = Object.keys(STEPS).sort();

/**
 * Tables with wide rows that are written all the time. Their rows lie in the order in which they came, and only their
 * narrow keys are sorted.
 */
const AS_THEY_CAME = ["snapshots", "views"];

type How = Pick<Engine, "clustered" | "text">;

interface Changes {
  tables?: Record<string, string>;
  /** Columns to add to existing tables. */
  columns?: Record<string, string>;
  indexes?: Record<string, string>;
  /** Indexes to drop. */
  gone?: string[];
  /** Tables whose rows lie in the order in which they come from now on. */
  scattered?: string[];
}

function change(
  { tables = {}, columns = {}, indexes = {}, gone = [], scattered = [] }: Changes,
  engine: How,
): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const [name, columns] of Object.entries(tables)) {
        const typed = columns.replaceAll(" text", ` ${engine.text}`);
        const suffix = engine.clustered && !AS_THEY_CAME.includes(name) ? " without rowid" : "";
        await sql.raw(`create table ${name} (${typed})${suffix}`).execute(db);
      }
      for (const [table, column] of Object.entries(columns)) {
        const typed = column.replaceAll(" text", ` ${engine.text}`);
        await sql.raw(`alter table ${table} add column ${typed}`).execute(db);
      }
      for (const [name, columns] of Object.entries(indexes)) {
        await sql.raw(`create index ${name} on ${columns}`).execute(db);
      }
      for (const name of gone) await sql.raw(`drop index ${name}`).execute(db);
      if (engine.clustered) for (const name of scattered) await scatter(db, name);
    },
  };
}

/**
 * Rebuilds a table whose rows lie in the order of its key, so that they lie in the order in which they come. In key
 * order, a row of over 1 KB takes a page of its own besides its place
 * (https://sqlite.org/fileformat2.html#b_tree_pages), and each call rewrites some of them.
 */
async function scatter(db: Kysely<unknown>, name: string): Promise<void> {
  const { rows } = await sql<{ type: string; sql: string }>`
    select type, sql from sqlite_schema where tbl_name = ${name} and sql is not null`.execute(db);
  const table = rows.find(({ type }) => type === "table")?.sql ?? "";
  const made = table.replace(/ without rowid$/, "").replace(/^create table \S+/i, `create table ${name}_anew`);
  const steps = [
    made,
    `insert into ${name}_anew select * from ${name}`,
    `drop table ${name}`,
    `alter table ${name}_anew rename to ${name}`,
    ...rows.flatMap(({ type, sql }) => (type === "index" ? [sql] : [])),
  ];
  for (const step of steps) await sql.raw(step).execute(db);
}

/** Each table's columns after all steps. A store is checked against them before it is used. */
export const COLUMNS: Record<string, string[]> = {};
for (const { tables = {}, columns = {} } of Object.values(STEPS)) {
  for (const [table, text] of Object.entries(tables)) COLUMNS[table] = columnsIn(text);
  for (const [table, text] of Object.entries(columns)) COLUMNS[table]?.push(...columnsIn(text));
}

function columnsIn(text: string): string[] {
  const [columns = ""] = text.split("primary key");
  return columns.split(",").flatMap((column) => /\w+/.exec(column)?.[0] ?? []);
}

/** The migrations for one engine, oldest first by name. */
export function migrations(engine: How): MigrationProvider {
  return {
    getMigrations: async () =>
      Object.fromEntries(Object.entries(STEPS).map(([name, changes]) => [name, change(changes, engine)])),
  };
}
