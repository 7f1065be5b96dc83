/** What has happened lately, and what happened first. */
import { type Kysely, sql } from "kysely";
import type { Engine } from "./engine";
import type { CallRow, Tables } from "./tables";

/** A call as those who watch live hear of it. */
export type ChangedCall = Pick<CallRow, "call_id" | "ts" | "status" | "version" | "joined_at">;

/**
 * Tables that grow. The first kind is counted by rowid, because its rows lie in the order in which they came. The
 * second kind has a key of the site and then a hash, and is counted by parts of that hash.
 */
const BY_ROWID = ["snapshots", "views"] as const;
const BY_HASH = { calls: "call_id", call_events: "call_id", deliveries: "call_id", rejected: "id" } as const;
export type CountedTable = (typeof BY_ROWID)[number] | keyof typeof BY_HASH;
export const COUNTED_TABLES = [...BY_ROWID, ...Object.keys(BY_HASH)] as CountedTable[];

/** True if a table's rows are counted site by site. */
export function isBySite(engine: Engine["name"], table: CountedTable): boolean {
  return engine === "sqlite" && table in BY_HASH;
}

/** A part with this many rows is enough to estimate the whole: the estimate is right to some per cent. */
const ENOUGH = 1_000;

export function liveStore(db: Kysely<Tables>, engine: Engine["name"]) {
  return {
    /** Calls whose result changed at or after a time, the earliest first. */
    changedCalls: (site: string, since: number, limit: number): Promise<ChangedCall[]> =>
      db
        .selectFrom("calls")
        .select(["call_id", "ts", "status", "version", "joined_at"])
        .where("site", "=", site)
        .where("joined_at", ">=", since)
        .orderBy("joined_at")
        .orderBy("call_id")
        .limit(limit)
        .execute(),

    /**
     * When a site's first snapshot arrived (of those that are kept), when the first event of one of these vendors
     * arrived, and when the first match was made. Null for what has not happened.
     */
    async firsts(site: string, vendors: string[]) {
      const snapshots = db.selectFrom("snapshots").select("received_at").where("site", "=", site);
      const snapshot = await snapshots.orderBy("received_at").limit(1).executeTakeFirst();
      const times: number[] = [];
      for (const vendor of vendors) {
        const events = db.selectFrom("call_events").select("received_at").where("site", "=", site);
        const ofVendor = events.where("vendor", "=", vendor).orderBy("received_at").limit(1);
        const first = await ofVendor.executeTakeFirst();
        if (first) times.push(first.received_at);
      }
      const matched = db.selectFrom("calls").select("joined_at").where("site", "=", site);
      const inOrder = matched.where("status", "=", "matched").orderBy("ts").orderBy("call_id").limit(1);
      const match = await inOrder.executeTakeFirst();
      return {
        snapshot: snapshot?.received_at ?? null,
        event: times.length > 0 ? Math.min(...times) : null,
        match: match?.joined_at ?? null,
      };
    },

    /** The number of a table's rows. If there are many, an estimate from a part of them. Of one site, if `isBySite`. */
    async countRows(table: CountedTable, site: string, enough = ENOUGH): Promise<number> {
      if (engine === "postgres") {
        // PostgreSQL's own last count (`reltuples`) may be out of date. It is used only if there are too many rows to
        // count.
        const { rows } = await sql<{ found: number; estimate: number }>`
          select (select count(*) from (select 1 from ${sql.table(table)} limit ${enough}) as part) as found,
            (select reltuples::bigint from pg_class where oid = ${table}::regclass) as estimate`.execute(db);
        const { found, estimate } = rows[0] ?? { found: 0, estimate: 0 };
        return found < enough ? found : Math.max(found, estimate);
      }
      if (table === "snapshots" || table === "views") {
        // Hardly any row between the first and the last is missing.
        const { rows } = await sql<{ rows: number }>`
          select coalesce((select max(rowid) from ${sql.table(table)}) - (select min(rowid) from ${sql.table(table)}) + 1, 0)
            as rows`.execute(db);
        return rows[0]?.rows ?? 0;
      }
      // Hashes are spread evenly, so a part of them tells how many rows there are. The part grows 16 times as large
      // each time, until it holds enough.
      for (let digits = 4; ; digits -= 1) {
        const part = digits > 0 ? sql`and ${sql.ref(BY_HASH[table])} < ${"1".padStart(digits, "0")}` : sql``;
        const { rows } = await sql<{ rows: number }>`
          select count(*) as rows from ${sql.table(table)} where site = ${site} ${part}`.execute(db);
        const found = rows[0]?.rows ?? 0;
        if (found >= enough || digits === 0) return found * 16 ** digits;
      }
    },
  };
}
