/** The schema's history. A migration that was released is never changed; the next one follows below. */
import { type Kysely, type Migration, type MigrationProvider, sql } from "kysely";
import type { Engine } from "./engine";

/**
 * Columns and key of each table, in SQL that all engines read; `tables.ts` says what they mean. Keys start with the site and go on with
 * the visitor or the call that a row is about, and what a request or a join writes in one transaction is about one of them: a database
 * that is sharded by these two columns writes it in one place.
 */
const FIRST_TABLES: Record<string, string> = {
  site_versions: `site text not null, version integer not null, saved_at bigint not null, document text not null,
    primary key (site, version)`,
  secrets: `site text not null, kind text not null, name text not null, hash text not null, secret text,
    made_at bigint not null, expires_at bigint,
    primary key (site, kind, name, hash)`,
  snapshots: `site text not null, context_id text not null, view_id text not null, seq bigint not null,
    session_id text not null, at bigint not null, sent_at bigint not null, received_at bigint not null,
    view text, entities text not null, errors text,
    primary key (site, context_id, view_id, seq)`,
  views: `site text not null, context_id text not null, view_id text not null, session_id text not null,
    first_at bigint not null, first_seq bigint not null, view_at bigint, view_seq bigint,
    last_at bigint not null, min_delay bigint not null,
    primary key (site, context_id, view_id)`,
  identifying: `site text not null, name text not null,
    primary key (site, name)`,
  aliases: `site text not null, context_id text not null, view_id text not null, seq bigint not null,
    name text not null, value text not null, at bigint not null,
    primary key (site, context_id, view_id, seq, name)`,
  call_events: `site text not null, call_id text not null, event_id text not null,
    vendor text not null, type text not null, transaction_id text not null, own_id text,
    own_is_alias integer not null,
    ts bigint not null, ts_unit text not null, revision integer not null, url text, source text,
    total_value double precision, total_currency text,
    canonical text not null, body text not null, received_at bigint not null,
    primary key (site, call_id, event_id)`,
  calls: `site text not null, call_id text not null, vendor text not null, type text not null,
    transaction_id text not null, ts bigint not null, status text not null, reason text, rule text, context_id text,
    converts integer not null, version integer not null, first_status text not null, outcome text not null,
    joined_at bigint not null, told text,
    primary key (site, call_id)`,
  rejected: `site text not null, id text not null, route text not null, vendor text, received_at bigint not null,
    reason text not null, detail text not null, body text not null,
    primary key (site, id)`,
  due: `site text not null, subject text not null, kind text not null, stamp text not null, due_at bigint not null,
    primary key (site, subject, kind, stamp)`,
  erased: `site text not null, hash text not null, erased_at bigint not null,
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
  // Reports and retention read by arrival; arrivals come in order, so that this index only ever grows at its end.
  // With the rest of the key, by which retention goes on from where it was.
  snapshots_by_arrival: "snapshots (site, received_at, context_id, view_id, seq)",
  aliases_by_value: "aliases (site, value, name, context_id)",
  call_events_by_own_id: "call_events (site, own_id, call_id)",
  calls_by_time: "calls (site, ts, call_id)",
  calls_by_type: "calls (site, type, ts, call_id)",
  calls_by_context: "calls (site, context_id, ts, call_id)",
  calls_by_transaction: "calls (site, transaction_id, ts, call_id)",
  rejected_by_time: "rejected (site, received_at, id)",
  due_by_time: "due (due_at)",
  deliveries_by_time: "deliveries (site, made_at, id)",
  // Small whatever the history: what was delivered or given up is not in it.
  deliveries_due: "deliveries (site, webhook, next_attempt_at) where state = 'pending'",
};

/**
 * Written all the time, each row for another visitor. Kept in the order of their keys, which begin at random, each row would change a
 * page of the file that it shares with nobody; so they lie as they came, and only their narrow keys are in order.
 */
const AS_THEY_CAME = ["snapshots", "views"];

function create(tables: Record<string, string>, indexes: Record<string, string>, engine: Engine): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const [name, columns] of Object.entries(tables)) {
        const typed = columns.replaceAll(" text", ` ${engine.text}`);
        const suffix = engine.clustered && !AS_THEY_CAME.includes(name) ? " without rowid" : "";
        await sql.raw(`create table ${name} (${typed})${suffix}`).execute(db);
      }
      for (const [name, columns] of Object.entries(indexes)) {
        await sql.raw(`create index ${name} on ${columns}`).execute(db);
      }
    },
  };
}

/** The migrations for one engine, oldest first by name. */
export function migrations(engine: Engine): MigrationProvider {
  return {
    getMigrations: async () => ({ "001_first": create(FIRST_TABLES, FIRST_INDEXES, engine) }),
  };
}
