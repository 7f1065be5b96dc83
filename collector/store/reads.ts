/** What is answered about calls, visitors and refusals. */
import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import { chunks } from "./chunks";
import type { CallEventRow, CallRow, RejectedRow, SnapshotRow, Tables } from "./tables";

export interface CallFilter {
  id?: string | undefined;
  type?: string | undefined;
  status?: string | undefined;
  vendor?: string | undefined;
  transaction_id?: string | undefined;
  context_id?: string | undefined;
  /** T at or after, ms. */
  from?: number | undefined;
  /** T before, ms. */
  to?: number | undefined;
}

/** Where a page ended: the next one goes on below. */
export interface CallPlace {
  ts: number;
  call_id: string;
}

/** A call with its number among the converting calls of its context, null where it is no conversion. */
export type NumberedCall = CallRow & { conversion_number: number | null };

/** Calls that have these things in common, and how many they are. */
export interface CallCount {
  key: string;
  status: string;
  rule: string | null;
  reason: string | null;
  late: boolean;
  calls: number;
}

export interface Reads {
  /** A page of calls, the newest T first. */
  calls(site: string, filter: CallFilter, below: CallPlace | null, limit: number): Promise<NumberedCall[]>;
  /** Counts of calls; the key is the vendor, the UTC day (`2026-11-23`) or `all`. */
  countCalls(site: string, filter: CallFilter, by: "vendor" | "day" | null): Promise<CallCount[]>;
  /** All events of one call. */
  callEvents(site: string, callId: string): Promise<CallEventRow[]>;
  /** Ids of a site's calls, ascending, those after `after`; joined or not yet. */
  callIds(site: string, after: string, limit: number): Promise<string[]>;
  /** The latest snapshots of a site, the newest arrival first. */
  latestSnapshots(site: string, limit: number): Promise<SnapshotRow[]>;
  /** All snapshots of one context. */
  snapshots(site: string, contextId: string): Promise<SnapshotRow[]>;
  /** A page of refusals, the newest first; `below` is the last page's last row. */
  rejected(
    site: string,
    filter: { id?: string | undefined; reason?: string | undefined },
    below: Pick<RejectedRow, "received_at" | "id"> | null,
    limit: number,
  ): Promise<RejectedRow[]>;
  /** Forgets a refusal, once it was replayed. */
  deleteRejected(site: string, id: string): Promise<void>;
}

const DAY_MS = 86_400_000;

export function readStore(db: Kysely<Tables>): Reads {
  return {
    async calls(site, filter, below, limit) {
      const rows = await filtered(db.selectFrom("calls"), site, filter)
        .selectAll()
        .$if(below !== null, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple("ts", "call_id"), "<", tuple(below?.ts ?? 0, below?.call_id ?? "")),
          ),
        )
        .orderBy("ts", "desc")
        .orderBy("call_id", "desc")
        .limit(limit)
        .execute();
      const numbers = await conversionNumbers(db, site, rows);
      return rows.map((row) => ({ ...row, conversion_number: numbers.get(row.call_id) ?? null }));
    },

    async countCalls(site, filter, by) {
      const keys = {
        vendor: sql<string>`vendor`,
        day: sql<string>`ts / ${sql.lit(DAY_MS)}`,
        // PostgreSQL groups by no bare constant.
        all: sql<string>`cast('all' as text)`,
      };
      const key = keys[by ?? "all"];
      const late = sql<number>`case when status = 'matched' and first_status <> 'matched' then 1 else 0 end`;
      const rows = await filtered(db.selectFrom("calls"), site, filter)
        .select([key.as("key"), "status", "rule", "reason", late.as("late"), sql<number>`count(*)`.as("calls")])
        .groupBy([key, "status", "rule", "reason", late])
        .execute();
      return rows.map((row) => ({
        ...row,
        key: by === "day" ? new Date(Number(row.key) * DAY_MS).toISOString().slice(0, 10) : String(row.key),
        late: Number(row.late) === 1,
        calls: Number(row.calls),
      }));
    },

    callEvents: (site, callId) =>
      db.selectFrom("call_events").selectAll().where("site", "=", site).where("call_id", "=", callId).execute(),

    async callIds(site, after, limit) {
      const rows = await db
        .selectFrom("call_events")
        .select("call_id")
        .distinct()
        .where("site", "=", site)
        .where("call_id", ">", after)
        .orderBy("call_id")
        .limit(limit)
        .execute();
      return rows.map(({ call_id }) => call_id);
    },

    latestSnapshots: (site, limit) =>
      db
        .selectFrom("snapshots")
        .selectAll()
        .where("site", "=", site)
        .orderBy("received_at", "desc")
        .limit(limit)
        .execute(),

    snapshots: (site, contextId) =>
      db.selectFrom("snapshots").selectAll().where("site", "=", site).where("context_id", "=", contextId).execute(),

    rejected: (site, { id, reason }, below, limit) =>
      db
        .selectFrom("rejected")
        .selectAll()
        .where("site", "=", site)
        .$if(id !== undefined, (query) => query.where("id", "=", id ?? ""))
        .$if(reason !== undefined, (query) => query.where("reason", "=", reason ?? ""))
        .$if(below !== null, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple("received_at", "id"), "<", tuple(below?.received_at ?? 0, below?.id ?? "")),
          ),
        )
        .orderBy("received_at", "desc")
        .orderBy("id", "desc")
        .limit(limit)
        .execute(),

    async deleteRejected(site, id) {
      await db.deleteFrom("rejected").where("site", "=", site).where("id", "=", id).execute();
    },
  };
}

/**
 * The numbers of these calls' contexts' converting calls, by call. Counted here and not in the calls' own statement: where calls lie in
 * shards by their ids, no statement can look for the others of each one's context.
 */
async function conversionNumbers(db: Kysely<Tables>, site: string, rows: CallRow[]): Promise<Map<string, number>> {
  const contexts = rows.flatMap(({ converts, context_id }) => (converts && context_id !== null ? [context_id] : []));
  const numbers = new Map<string, number>();
  for (const part of chunks([...new Set(contexts)])) {
    const converting = await db
      .selectFrom("calls")
      .select(["context_id", "call_id"])
      .where("site", "=", site)
      .where("context_id", "in", part)
      .where("converts", "=", 1)
      .orderBy("ts")
      .orderBy("call_id")
      .execute();
    const counts = new Map<string | null, number>();
    for (const { context_id, call_id } of converting) {
      counts.set(context_id, (counts.get(context_id) ?? 0) + 1);
      numbers.set(call_id, counts.get(context_id) ?? 1);
    }
  }
  return numbers;
}

function filtered<O>(query: SelectQueryBuilder<Tables, "calls", O>, site: string, filter: CallFilter) {
  let rows = query.where("calls.site", "=", site);
  if (filter.id !== undefined) rows = rows.where("calls.call_id", "=", filter.id);
  if (filter.type !== undefined) rows = rows.where("calls.type", "=", filter.type);
  if (filter.status !== undefined) rows = rows.where("calls.status", "=", filter.status);
  if (filter.vendor !== undefined) rows = rows.where("calls.vendor", "=", filter.vendor);
  if (filter.transaction_id !== undefined) rows = rows.where("calls.transaction_id", "=", filter.transaction_id);
  if (filter.context_id !== undefined) rows = rows.where("calls.context_id", "=", filter.context_id);
  if (filter.from !== undefined) rows = rows.where("calls.ts", ">=", filter.from);
  if (filter.to !== undefined) rows = rows.where("calls.ts", "<", filter.to);
  return rows;
}
