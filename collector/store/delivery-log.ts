/** Deliveries to webhooks and their attempts as a log: read, sent again, forgotten. */
import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import { CALL_ID_LENGTH } from "../wire/ids";
import { beyond, chunks, inChunks } from "./rows";
import type { DeliveryRow, Tables } from "./tables";

export interface DeliveryFilter {
  state?: DeliveryRow["state"] | undefined;
  webhook?: string | undefined;
  call_id?: string | undefined;
}

/** A literal, because with a parameter no planner can tell that the index of dead deliveries is enough. */
const DEAD = sql.lit<DeliveryRow["state"]>("dead");

/** Rows that one step handles, and deliveries that one statement deletes, each with its attempts. */
const STEP = 200;
const DELETED = 20;

export function deliveryLog(db: Kysely<Tables>) {
  return {
    /** A page of deliveries, the newest first. `below` is the last row of the previous page. */
    async deliveries(site: string, filter: DeliveryFilter, below: DeliveryPlace | null, limit: number) {
      const { state, webhook, call_id } = filter;
      if (call_id !== undefined) {
        // Sorted here. If SQLite had to sort them, it would search all deliveries of the site, by their time.
        const wanted = ({ made_at, id, ...row }: DeliveryRow) =>
          (state ?? row.state) === row.state &&
          (webhook ?? row.webhook) === row.webhook &&
          (below === null || newestFirst(below, { made_at, id }) < 0);
        return (await deliveriesOfCalls(db, site, [call_id])).filter(wanted).sort(newestFirst).slice(0, limit);
      }
      return db
        .selectFrom("deliveries")
        .selectAll()
        .where("site", "=", site)
        .$if(state !== undefined, (query) => query.where("state", "=", state ?? "pending"))
        .$if(webhook !== undefined, (query) => query.where("webhook", "=", webhook ?? ""))
        .where(beyond("<", below && { made_at: below.made_at, id: below.id }))
        .orderBy("made_at", "desc")
        .orderBy("id", "desc")
        .limit(limit)
        .execute();
    },

    /** All deliveries of some calls. */
    deliveriesOfCalls: (site: string, callIds: string[]) => deliveriesOfCalls(db, site, callIds),

    /** How many of a site's deliveries are in a state, counted no further than `most`. */
    countDeliveries(site: string, state: DeliveryRow["state"], most: number) {
      // A literal, so that the index of one state is enough.
      const rows = db
        .selectFrom("deliveries")
        .select("id")
        .where("site", "=", site)
        .where("state", "=", sql.lit(state));
      return countOf(rows.limit(most));
    },

    /** All attempts at a call's delivery, the earliest first. */
    attempts: (site: string, callId: string, id: string) =>
      db
        .selectFrom("delivery_attempts")
        .selectAll()
        .where((eb) => eb.and({ site, call_id: callId, delivery_id: id }))
        .orderBy("number")
        .execute(),

    /**
     * One step of making a webhook's dead deliveries due again: those that were given up before `before` (ms), the
     * oldest first. Returns how many it replayed and how many are left, counted no further than `most`.
     */
    async replayDead(site: string, webhook: string, before: number, now: number, most: number) {
      const dead = db
        .selectFrom("deliveries")
        .select(["call_id", "id"])
        .where((eb) => eb.and({ site, webhook, state: DEAD }))
        .where("ended_at", "<", before)
        .orderBy("ended_at");
      const replayed = await changeDeliveries(db, site, await dead.limit(STEP).execute(), again(now));
      return { replayed, remaining: await countOf(dead.limit(most)) };
    },

    /**
     * Makes deliveries due again and restarts their schedule: one by its id, or the dead ones that ended at or after
     * `since` (ms). Returns how many.
     */
    async replayDeliveries(
      site: string,
      which: { id: string } | { since: number; webhook?: string | undefined },
      now: number,
    ): Promise<number> {
      if ("id" in which) {
        const one = { call_id: which.id.slice(0, CALL_ID_LENGTH), id: which.id };
        return changeDeliveries(db, site, [one], again(now));
      }
      const dead = db
        .selectFrom("deliveries")
        .select(["call_id", "id", "made_at", "ended_at", "webhook"])
        .where((eb) => eb.and({ site, state: DEAD }))
        .orderBy("made_at")
        .orderBy("id")
        .limit(STEP);
      let replayed = 0;
      let page = await dead.execute();
      while (page.length > 0) {
        const { made_at, id } = page.at(-1) as (typeof page)[number];
        const meant = page.filter(({ ended_at, webhook }) => {
          return (ended_at ?? 0) >= which.since && (which.webhook === undefined || webhook === which.webhook);
        });
        replayed += await changeDeliveries(db, site, meant, again(now));
        page = await dead.where(beyond(">", { made_at, id })).execute();
      }
      return replayed;
    },
  };

  async function countOf(some: SelectQueryBuilder<Tables, "deliveries", { id: string }>): Promise<number> {
    const counted = db.selectFrom(some.as("some")).select((eb) => eb.fn.countAll<number>().as("deliveries"));
    return (await counted.executeTakeFirstOrThrow()).deliveries;
  }
}

/** Changes deliveries, found by their keys. Returns how many. */
export async function changeDeliveries(
  db: Kysely<Tables>,
  site: string,
  rows: Pick<DeliveryRow, "call_id" | "id">[],
  changes: Partial<DeliveryRow>,
): Promise<number> {
  if (rows.length === 0) return 0;
  const keys = rows.map(({ call_id, id }) => sql`(${call_id}, ${id})`);
  const among = sql<boolean>`(call_id, id) in (values ${sql.join(keys)})`;
  const update = db.updateTable("deliveries").set(changes).where("site", "=", site).where(among);
  return Number((await update.executeTakeFirst()).numUpdatedRows);
}

export function deliveriesOfCalls(db: Kysely<Tables>, site: string, callIds: string[]): Promise<DeliveryRow[]> {
  const deliveries = db.selectFrom("deliveries").selectAll().where("site", "=", site);
  return inChunks(callIds, (part) => deliveries.where("call_id", "in", part));
}

type DeliveryPlace = Pick<DeliveryRow, "made_at" | "id">;

function newestFirst(a: DeliveryPlace, b: DeliveryPlace): number {
  return b.made_at - a.made_at || (a.id > b.id ? -1 : a.id < b.id ? 1 : 0);
}

/** Makes a delivery due as if it were new. */
function again(now: number): Partial<DeliveryRow> {
  return { state: "pending", next_attempt_at: now, failures: 0, ended_at: null };
}

/**
 * Forgets the deliveries of calls, with everything that was sent and answered. If `below` is given, only those of lower
 * versions. False if `isOver` ended it before all was done.
 */
export async function deleteDeliveries(
  tx: Kysely<Tables>,
  site: string,
  callIds: string[],
  { below = 2 ** 31 - 1, isOver = () => false }: { below?: number | undefined; isOver?: () => boolean } = {},
): Promise<boolean> {
  for (const calls of chunks(callIds)) {
    const ofCalls = tx.selectFrom("deliveries").select("id").where("site", "=", site).where("call_id", "in", calls);
    const some = ofCalls.where("version", "<", below).limit(DELETED);
    for (let rows = await some.execute(); rows.length > 0; rows = await some.execute()) {
      if (isOver()) return false;
      const ids = rows.map(({ id }) => id);
      await deleteByIds(tx, site, calls, ids);
    }
  }
  return true;
}

/**
 * Deletes deliveries first. If an attempt is just being logged, it has locked its delivery. So we wait for it, and then
 * see it and delete it with the others.
 */
async function deleteByIds(tx: Kysely<Tables>, site: string, callIds: string[], ids: string[]): Promise<void> {
  const deliveries = tx.deleteFrom("deliveries").where("site", "=", site).where("call_id", "in", callIds);
  await deliveries.where("id", "in", ids).execute();
  const attempts = tx.deleteFrom("delivery_attempts").where("site", "=", site).where("call_id", "in", callIds);
  await attempts.where("delivery_id", "in", ids).execute();
}

/** Forgets the deliveries of a call that name somebody, in what was sent or in what was answered. */
export async function deleteDeliveriesNaming(
  tx: Kysely<Tables>,
  site: string,
  callId: string,
  isNamed: (text: string) => boolean,
): Promise<void> {
  const ofCall = tx.selectFrom("delivery_attempts").where("site", "=", site).where("call_id", "=", callId);
  const attempts = await ofCall.select(["delivery_id", "request", "response", "error"]).execute();
  const names = ({ request, response, error }: (typeof attempts)[number]) => isNamed(`${request} ${response} ${error}`);
  const ids = new Set(attempts.filter(names).map(({ delivery_id }) => delivery_id));
  for (const { id, request } of await deliveriesOfCalls(tx, site, [callId])) if (isNamed(request)) ids.add(id);
  for (const part of chunks([...ids])) await deleteByIds(tx, site, [callId], part);
}
