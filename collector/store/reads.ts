/** What is answered about calls, visitors and refusals. */
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
  /** T at or after, ms. */
  from?: number | undefined;
  /** T before, ms. */
  to?: number | undefined;
}

/** What calls have an index of by time. */
export const LEADING = ["transaction_id", "context_id", "vendor", "status", "type"] as const;

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

/** One view of one visitor. */
export interface OfView extends Visitor {
  viewId: string;
}

type RejectedPlace = Pick<RejectedRow, "received_at" | "id">;

export interface RejectedFilter {
  id?: string | undefined;
  reason?: string | undefined;
  vendor?: string | undefined;
  /** Received at or after, ms. */
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

    /** Ids of a site's calls, ascending, those after `after`; joined or not yet. */
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

    /** The latest snapshots of a site, the newest arrival first; those before one of them, where it is given. */
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

    /** A context's sessions that began by `until` (corrected ms; null for all), the one that reaches furthest first. */
    async sessions({ site, contextId }: Visitor, until: number | null, skip: number, limit: number) {
      const { rows } =
        await sql<SessionRow>`select * from sessions where site = ${site} and visitor = ${visitorOf(contextId)}
        and ${until === null ? sql`1 = 1` : sql`first_at + clock_offset <= ${until}`}
        order by last_start + clock_offset desc, session_id limit ${limit} offset ${skip}`.execute(db);
      return rows;
    },

    /** A view's snapshots by `at` and `seq`, from its first or from its last on; those alone that arrived after `after` where given. */
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

    /** A page of refusals, the newest first; `below` is the last page's last row. */
    rejected: (
      site: string,
      which: Pick<RejectedFilter, "id" | "reason">,
      below: RejectedPlace | null,
      limit: number,
    ) => refusals(site, which, below).selectAll().limit(limit).execute(),

    /** Why a vendor's newest refusals were, without what was refused. */
    latestRefusals: (site: string, vendor: string, limit: number) =>
      refusals(site, { vendor }).select(["received_at", "reason", "detail"]).limit(limit).execute(),

    /** How many refusals there are of a reason and a vendor, below a place, since a time, as far as they are given; counted no further than `most`. */
    async countRejected(
      site: string,
      { vendor, below, ...which }: Omit<RejectedFilter, "id"> & { below?: RejectedPlace },
      most: number,
    ) {
      const rows = await refusals(site, which, below).select(["received_at", "id", "vendor"]).limit(most).execute();
      return rows.filter((row) => vendor === undefined || row.vendor === vendor).length;
    },

    /** Forgets a refusal, once it was replayed, or puts another one in its place. */
    async deleteRejected(site: string, id: string, replacement?: RejectedRow) {
      // Before the other goes: what is interrupted here is there twice, and not gone.
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

/** Calls with their conversion numbers. */
export async function numbered(db: Kysely<Tables>, site: string, rows: CallRow[]): Promise<NumberedCall[]> {
  const numbers = await conversionNumbers(db, site, rows);
  return rows.map((row) => ({ ...row, conversion_number: numbers.get(row.call_id) ?? null }));
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
      .select(["context_id", "ts", "call_id"])
      .where("site", "=", site)
      .where("context_id", "in", part)
      .where("converts", "=", 1)
      .execute();
    // Sorted here: asked for them in order, SQLite would look for them among all calls of the site, by their time.
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
