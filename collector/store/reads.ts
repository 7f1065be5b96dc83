/** Reads that answer questions about calls, visitors and refusals. */
import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import type { Visitor } from "./history";
import { addMissing, beyond, chunks } from "./rows";
import type { CallRow, RejectedRow, SessionRow, SnapshotRow, StoredSnapshot, Tables } from "./tables";
import { contextOf, visitorOf } from "./visitor";

export interface CallFilter {
  id?: string | undefined;
  type?: string | undefined;
  status?: string | undefined;
  vendor?: string | undefined;
  transaction_id?: string | undefined;
  context_id?: string | undefined;
  /** T is at or after this, ms. */
  from?: number | undefined;
  /** T is before this, ms. */
  to?: number | undefined;
}

/** Columns that have an index together with the time of the call. */
export const LEADING = ["transaction_id", "context_id", "vendor", "status", "type"] as const;

/** Where a page ended. The next page goes on below it. */
export interface CallPlace {
  ts: number;
  call_id: string;
}

/** A call with its number among the converting calls of its context. Null if it is no conversion. */
export type NumberedCall = CallRow & { conversion_number: number | null };

/** Calls that have these values in common, and how many there are. */
export interface CallCount {
  key: string;
  status: string;
  rule: string | null;
  reason: string | null;
  late: boolean;
  calls: number;
}

/** One view of one visitor. */
export interface OfView extends Visitor {
  viewId: string;
}

type RejectedPlace = Pick<RejectedRow, "received_at" | "id">;

export interface RejectedFilter {
  id?: string | undefined;
  reason?: string | undefined;
  vendor?: string | undefined;
  /** Received at or after this, ms. */
  since?: number;
}

export function readStore(db: Kysely<Tables>) {
  /** Refusals below a place, the newest first. */
  function refusals(site: string, { id, reason, vendor, since }: RejectedFilter, below?: RejectedPlace | null) {
    return db
      .selectFrom("rejected")
      .where("site", "=", site)
      .$if(id !== undefined, (query) => query.where("id", "=", id ?? ""))
      .$if(reason !== undefined, (query) => query.where("reason", "=", reason ?? ""))
      .$if(vendor !== undefined, (query) => query.where("vendor", "=", vendor ?? ""))
      .$if(since !== undefined, (query) => query.where("received_at", ">=", since ?? 0))
      .where(beyond("<", below && { received_at: below.received_at, id: below.id }))
      .orderBy("received_at", "desc")
      .orderBy("id", "desc");
  }

  return {
    /** A page of calls, the newest T first. */
    async calls(site: string, filter: CallFilter, below: CallPlace | null, limit: number) {
      const rows = await filtered(db.selectFrom("calls"), site, filter)
        .selectAll()
        .where(beyond("<", below && { ts: below.ts, call_id: below.call_id }))
        .orderBy("ts", "desc")
        .orderBy("call_id", "desc")
        .limit(limit)
        .execute();
      return numbered(db, site, rows);
    },

    async countCalls(site: string, contextId: string) {
      const rows = filtered(db.selectFrom("calls"), site, { context_id: contextId });
      return (await rows.select((eb) => eb.fn.countAll<number>().as("calls")).executeTakeFirstOrThrow()).calls;
    },

    /** All events of one call. */
    callEvents: (site: string, callId: string) =>
      db.selectFrom("call_events").selectAll().where("site", "=", site).where("call_id", "=", callId).execute(),

    /** The ids of a site's calls after `after`, ascending, whether joined or not yet. */
    async callIds(site: string, after: string, limit: number) {
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

    /**
     * The latest snapshots of a site, the newest arrival first. If `before` is given, only those before that snapshot.
     */
    async latestSnapshots(
      site: string,
      limit: number,
      before?: Pick<SnapshotRow, "received_at" | "context_id" | "view_id" | "seq">,
    ) {
      const { received_at = 0, context_id = "", view_id = "", seq = 0 } = before ?? {};
      const place = before && { received_at, visitor: visitorOf(context_id), view_id, seq };
      const rows = db.selectFrom("snapshots").selectAll().where("site", "=", site).where(beyond("<", place));
      const inOrder = rows.orderBy("received_at", "desc").orderBy("visitor", "desc").orderBy("view_id", "desc");
      return (await inOrder.orderBy("seq", "desc").limit(limit).execute()).map(asGiven);
    },

    /**
     * A context's sessions that began by `until` (corrected ms; null for all). The one that reaches furthest comes
     * first.
     */
    async sessions({ site, contextId }: Visitor, until: number | null, skip: number, limit: number) {
      const { rows } =
        await sql<SessionRow>`select * from sessions where site = ${site} and visitor = ${visitorOf(contextId)}
        and ${until === null ? sql`1 = 1` : sql`first_at + clock_offset <= ${until}`}
        order by last_start + clock_offset desc, session_id limit ${limit} offset ${skip}`.execute(db);
      return rows;
    },

    /**
     * A view's snapshots by `at` and `seq`, beginning with its first or its last. If `after` is given, only those that
     * arrived after it.
     */
    async viewSnapshots(view: OfView, from: "first" | "last", limit: number, after?: number) {
      const order = from === "first" ? "asc" : "desc";
      const rows = snapshotsOf(db, view).selectAll();
      const late = after === undefined ? rows : rows.where("received_at", ">", after);
      return (await late.orderBy("at", order).orderBy("seq", order).limit(limit).execute()).map(asGiven);
    },

    async countSnapshots(view: OfView) {
      const counted = snapshotsOf(db, view).select((eb) => eb.fn.countAll<number>().as("snapshots"));
      return (await counted.executeTakeFirstOrThrow()).snapshots;
    },

    /** A page of refusals, the newest first. `below` is the last row of the previous page. */
    rejected: (
      site: string,
      which: Pick<RejectedFilter, "id" | "reason">,
      below: RejectedPlace | null,
      limit: number,
    ) => refusals(site, which, below).selectAll().limit(limit).execute(),

    /** Why a vendor's newest requests were refused, without what was refused. */
    latestRefusals: (site: string, vendor: string, limit: number) =>
      refusals(site, { vendor }).select(["received_at", "reason", "detail"]).limit(limit).execute(),

    /**
     * How many refusals there are. Each of these narrows the count if given: a reason, a vendor, a place that they lie
     * below, a time that they came at or after. It looks at no more than `most` refusals, whatever their vendor.
     */
    async countRejected(
      site: string,
      { vendor, below, ...which }: Omit<RejectedFilter, "id"> & { below?: RejectedPlace },
      most: number,
    ) {
      const rows = await refusals(site, which, below).select(["received_at", "id", "vendor"]).limit(most).execute();
      return rows.filter((row) => vendor === undefined || row.vendor === vendor).length;
    },

    /** Forgets a refusal that was replayed, or puts another one in its place. */
    async deleteRejected(site: string, id: string, replacement?: RejectedRow) {
      // Adds the replacement first. If this is interrupted, the refusal is there twice, but not lost.
      if (replacement) await addMissing(db, "rejected", [replacement]);
      await db.deleteFrom("rejected").where("site", "=", site).where("id", "=", id).execute();
    },
  };
}

function asGiven({ visitor, ...row }: StoredSnapshot): SnapshotRow {
  return { ...row, context_id: contextOf(visitor) };
}

function snapshotsOf(db: Kysely<Tables>, { site, contextId, viewId }: OfView) {
  const ofSite = db.selectFrom("snapshots").where("site", "=", site);
  return ofSite.where("visitor", "=", visitorOf(contextId)).where("view_id", "=", viewId);
}

/** Adds the conversion numbers to calls. */
export async function numbered(db: Kysely<Tables>, site: string, rows: CallRow[]): Promise<NumberedCall[]> {
  const numbers = await conversionNumbers(db, site, rows);
  return rows.map((row) => ({ ...row, conversion_number: numbers.get(row.call_id) ?? null }));
}

/**
 * The conversion numbers of the converting calls in these calls' contexts, by call. They are counted here and not in
 * the statement that reads the calls. If calls lie in shards by their ids, no statement can look for the other calls of
 * each one's context.
 */
async function conversionNumbers(db: Kysely<Tables>, site: string, rows: CallRow[]): Promise<Map<string, number>> {
  const contexts = rows.flatMap(({ converts, context_id }) => (converts && context_id !== null ? [context_id] : []));
  const numbers = new Map<string, number>();
  for (const part of chunks([...new Set(contexts)])) {
    const converting = await db
      .selectFrom("calls")
      .select(["context_id", "ts", "call_id"])
      .where("site", "=", site)
      .where("context_id", "in", part)
      .where("converts", "=", 1)
      .execute();
    // Sorted here. If SQLite had to sort them, it would search all calls of the site, by their time.
    converting.sort((a, b) => a.ts - b.ts || (a.call_id < b.call_id ? -1 : 1));
    const counts = new Map<string | null, number>();
    for (const { context_id, call_id } of converting) {
      counts.set(context_id, (counts.get(context_id) ?? 0) + 1);
      numbers.set(call_id, counts.get(context_id) ?? 1);
    }
  }
  return numbers;
}

export function filtered<O>(query: SelectQueryBuilder<Tables, "calls", O>, site: string, filter: CallFilter) {
  let rows = query.where("calls.site", "=", site);
  if (filter.id !== undefined) rows = rows.where("calls.call_id", "=", filter.id);
  for (const column of LEADING) {
    const value = filter[column];
    if (value !== undefined) rows = rows.where(`calls.${column}`, "=", value);
  }
  if (filter.from !== undefined) rows = rows.where("calls.ts", ">=", filter.from);
  if (filter.to !== undefined) rows = rows.where("calls.ts", "<", filter.to);
  return rows;
}
