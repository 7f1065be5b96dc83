/** What has happened lately, and what first. */
import { type Kysely, sql } from "kysely";
import type { CallRow, Tables } from "./tables";

/** A call as those who look on are told of it. */
export type ChangedCall = Pick<CallRow, "call_id" | "ts" | "status" | "version" | "joined_at">;

export interface Live {
  /** Calls that came out anew at or after a time, the earliest first. */
  changedCalls(site: string, since: number, limit: number): Promise<ChangedCall[]>;
  /** When a site's first snapshot that is kept came, its first event of one of these vendors, and its first match; null for none. */
  firsts(
    site: string,
    vendors: string[],
  ): Promise<{ snapshot: number | null; event: number | null; match: number | null }>;
  /** Rows of each table that grows, by its name. Those of the largest are estimated. */
  countRows(
    table: CountedTable,
    after: unknown[] | null,
    most?: number,
  ): Promise<{ rows: number; next: unknown[] | null }>;
}

/** The tables that grow, and an index of each by which they are counted: as narrow as there is. */
const BY_INDEX = {
  calls: ["site", "ts", "call_id"],
  call_events: ["site", "vendor", "received_at", "call_id", "event_id"],
  deliveries: ["site", "made_at", "id"],
  rejected: ["site", "received_at", "id"],
} as const;
const BY_ROWID = ["snapshots", "views"] as const;
export type CountedTable = keyof typeof BY_INDEX | (typeof BY_ROWID)[number];
export const COUNTED_TABLES = [...BY_ROWID, ...Object.keys(BY_INDEX)] as CountedTable[];

/** Rows that one step counts. */
const COUNTED = 5_000;

export function liveStore(db: Kysely<Tables>, engine: "sqlite" | "postgres"): Live {
  return {
    changedCalls: (site, since, limit) =>
      db
        .selectFrom("calls")
        .select(["call_id", "ts", "status", "version", "joined_at"])
        .where("site", "=", site)
        .where("joined_at", ">=", since)
        .orderBy("joined_at")
        .orderBy("call_id")
        .limit(limit)
        .execute(),

    async firsts(site, vendors) {
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

    async countRows(table, after, most = COUNTED) {
      if (engine === "postgres") {
        const { rows } = await sql<{ rows: number }>`
          select greatest(reltuples, 0)::bigint as rows from pg_class where oid = ${table}::regclass`.execute(db);
        return { rows: Number(rows[0]?.rows ?? 0), next: null };
      }
      if (table === "snapshots" || table === "views") {
        // They lie as they came, and go in that order: what is between the first and the last is there, or hardly anything of it is not.
        const { rows } = await sql<{ rows: number }>`
          select coalesce((select max(rowid) from ${sql.table(table)}) - (select min(rowid) from ${sql.table(table)}) + 1, 0)
            as rows`.execute(db);
        return { rows: rows[0]?.rows ?? 0, next: null };
      }
      const columns = BY_INDEX[table];
      const key = sql.join(columns.map((column) => sql.ref(column)));
      const following = after ? sql`where (${key}) > (${sql.join(after)})` : sql``;
      const some = sql`select ${key} from ${sql.table(table)} ${following} order by ${key} limit ${most}`;
      const { rows } = await sql<{ rows: number }>`select count(*) as rows from (${some})`.execute(db);
      const step = rows[0]?.rows ?? 0;
      if (step < most) return { rows: step, next: null };
      const { rows: last } = await sql<Record<string, unknown>>`${some} offset ${most - 1}`.execute(db);
      return { rows: step, next: columns.map((column) => last[0]?.[column]) };
    },
  };
}
