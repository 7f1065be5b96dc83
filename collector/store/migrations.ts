/** The schema's history. A migration that was released is never changed; the next one follows below. */
import { type Kysely, type Migration, type MigrationProvider, sql } from "kysely";
import type { Engine } from "./engine";

/** Epoch milliseconds need 64 bits on every engine. */
const TIME = "bigint";

function first(engine: Engine): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      const table = (name: string, key: string[]) =>
        db.schema
          .createTable(name)
          .addColumn("site", "text", (column) => column.notNull())
          .addPrimaryKeyConstraint(`${name}_key`, ["site", ...key] as never)
          .$call((builder) => (engine.clustered ? builder.modifyEnd(sql`without rowid`) : builder));

      await table("site_versions", ["version"])
        .addColumn("version", "integer", (c) => c.notNull())
        .addColumn("saved_at", TIME, (c) => c.notNull())
        .addColumn("document", "text", (c) => c.notNull())
        .execute();

      await table("secrets", ["kind", "name", "hash"])
        .addColumn("kind", "text", (c) => c.notNull())
        .addColumn("name", "text", (c) => c.notNull())
        .addColumn("hash", "text", (c) => c.notNull())
        .addColumn("secret", "text")
        .addColumn("made_at", TIME, (c) => c.notNull())
        .addColumn("expires_at", TIME)
        .execute();

      await table("snapshots", ["context_id", "view_id", "seq"])
        .addColumn("context_id", "text", (c) => c.notNull())
        .addColumn("view_id", "text", (c) => c.notNull())
        .addColumn("seq", TIME, (c) => c.notNull())
        .addColumn("session_id", "text", (c) => c.notNull())
        .addColumn("at", TIME, (c) => c.notNull())
        .addColumn("sent_at", TIME, (c) => c.notNull())
        .addColumn("received_at", TIME, (c) => c.notNull())
        .addColumn("view", "text")
        .addColumn("entities", "text", (c) => c.notNull())
        .execute();
      // As-of look-ups walk this backwards; the tie-breakers are in it, else SQLite sorts in a temporary tree.
      await db.schema
        .createIndex("snapshots_as_of")
        .on("snapshots")
        .columns(["site", "context_id", "at", "seq", "view_id"])
        .execute();

      await table("views", ["context_id", "view_id"])
        .addColumn("context_id", "text", (c) => c.notNull())
        .addColumn("view_id", "text", (c) => c.notNull())
        .addColumn("session_id", "text", (c) => c.notNull())
        .addColumn("first_at", TIME, (c) => c.notNull())
        .addColumn("first_seq", TIME, (c) => c.notNull())
        .addColumn("view", "text")
        .addColumn("view_at", TIME)
        .addColumn("view_seq", TIME)
        .addColumn("last_at", TIME, (c) => c.notNull())
        .addColumn("min_delay", TIME, (c) => c.notNull())
        .execute();

      await table("identifying", ["name"])
        .addColumn("name", "text", (c) => c.notNull())
        .execute();

      await table("aliases", ["context_id", "view_id", "seq", "name"])
        .addColumn("context_id", "text", (c) => c.notNull())
        .addColumn("view_id", "text", (c) => c.notNull())
        .addColumn("seq", TIME, (c) => c.notNull())
        .addColumn("name", "text", (c) => c.notNull())
        .addColumn("value", "text", (c) => c.notNull())
        .addColumn("at", TIME, (c) => c.notNull())
        .execute();
      await db.schema
        .createIndex("aliases_by_value")
        .on("aliases")
        .columns(["site", "value", "name", "context_id"])
        .execute();

      await table("call_events", ["call_id", "event_id"])
        .addColumn("call_id", "text", (c) => c.notNull())
        .addColumn("event_id", "text", (c) => c.notNull())
        .addColumn("vendor", "text", (c) => c.notNull())
        .addColumn("type", "text", (c) => c.notNull())
        .addColumn("transaction_id", "text", (c) => c.notNull())
        .addColumn("own_id", "text")
        .addColumn("ts", TIME, (c) => c.notNull())
        .addColumn("ts_unit", "text", (c) => c.notNull())
        .addColumn("revision", "integer", (c) => c.notNull())
        .addColumn("url", "text")
        .addColumn("source", "text")
        .addColumn("total_value", "double precision")
        .addColumn("total_currency", "text")
        .addColumn("canonical", "text", (c) => c.notNull())
        .addColumn("body", "text", (c) => c.notNull())
        .addColumn("received_at", TIME, (c) => c.notNull())
        .execute();
      await db.schema
        .createIndex("call_events_by_own_id")
        .on("call_events")
        .columns(["site", "own_id", "call_id"])
        .execute();

      await table("calls", ["call_id"])
        .addColumn("call_id", "text", (c) => c.notNull())
        .addColumn("vendor", "text", (c) => c.notNull())
        .addColumn("type", "text", (c) => c.notNull())
        .addColumn("transaction_id", "text", (c) => c.notNull())
        .addColumn("ts", TIME, (c) => c.notNull())
        .addColumn("status", "text", (c) => c.notNull())
        .addColumn("reason", "text")
        .addColumn("rule", "text")
        .addColumn("context_id", "text")
        .addColumn("converts", "integer", (c) => c.notNull())
        .addColumn("version", "integer", (c) => c.notNull())
        .addColumn("first_status", "text", (c) => c.notNull())
        .addColumn("outcome", "text", (c) => c.notNull())
        .addColumn("joined_at", TIME, (c) => c.notNull())
        .execute();
      for (const [name, columns] of [
        ["calls_by_time", ["site", "ts", "call_id"]],
        ["calls_by_type", ["site", "type", "ts", "call_id"]],
        ["calls_by_context", ["site", "context_id", "ts", "call_id"]],
        ["calls_by_transaction", ["site", "transaction_id", "ts", "call_id"]],
      ] as const) {
        await db.schema
          .createIndex(name)
          .on("calls")
          .columns([...columns])
          .execute();
      }

      await table("rejected", ["id"])
        .addColumn("id", "text", (c) => c.notNull())
        .addColumn("route", "text", (c) => c.notNull())
        .addColumn("vendor", "text")
        .addColumn("received_at", TIME, (c) => c.notNull())
        .addColumn("reason", "text", (c) => c.notNull())
        .addColumn("detail", "text", (c) => c.notNull())
        .addColumn("body", "text", (c) => c.notNull())
        .execute();
      await db.schema.createIndex("rejected_by_time").on("rejected").columns(["site", "received_at", "id"]).execute();

      await table("due", ["context_id", "call_id", "stamp"])
        .addColumn("context_id", "text", (c) => c.notNull())
        .addColumn("call_id", "text", (c) => c.notNull())
        .addColumn("stamp", "text", (c) => c.notNull())
        .addColumn("due_at", TIME, (c) => c.notNull())
        .execute();
      await db.schema.createIndex("due_by_time").on("due").columns(["due_at"]).execute();

      await table("erased", ["hash"])
        .addColumn("hash", "text", (c) => c.notNull())
        .addColumn("erased_at", TIME, (c) => c.notNull())
        .execute();
    },
  };
}

/** The migrations for one engine, oldest first by name. */
export function migrations(engine: Engine): MigrationProvider {
  return { getMigrations: async () => ({ "001_first": first(engine) }) };
}
