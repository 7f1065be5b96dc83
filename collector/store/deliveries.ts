/** Deliveries to webhooks and their attempts. A worker claims one by moving its next attempt behind a lease: a crash gives it back. */
import { type Kysely, sql } from "kysely";
import { CALL_ID_LENGTH } from "../wire/ids";
import { chunks } from "./chunks";
import type { Engine } from "./engine";
import type { AttemptRow, DeliveryRow, Tables } from "./tables";
import type { Transact } from "./transact";

/** What an attempt made of a delivery. `webhookOff` says why its webhook is switched off from now on. */
export interface Settlement {
  state: DeliveryRow["state"];
  next_attempt_at: number | null;
  failures: number;
  attempt: Omit<AttemptRow, "site" | "call_id" | "delivery_id" | "number">;
  webhookOff: string | null;
}

export interface DeliveryFilter {
  state?: DeliveryRow["state"] | undefined;
  webhook?: string | undefined;
  call_id?: string | undefined;
}

export interface Deliveries {
  /** The webhooks that have deliveries due at a time. */
  dueWebhooks(now: number): Promise<Pick<DeliveryRow, "site" | "webhook">[]>;
  /** Takes the longest due delivery of a webhook; it is nobody else's until `lease`. Null where none is due. */
  claimDelivery(site: string, webhook: string, now: number, lease: number): Promise<DeliveryRow | null>;
  /** Logs an attempt at a claimed delivery (as it was claimed) and says how it goes on, all or nothing. */
  settleDelivery(claimed: DeliveryRow, settlement: Settlement): Promise<void>;
  /** A page of deliveries, the newest first; `below` is the last page's last row. */
  deliveries(
    site: string,
    filter: DeliveryFilter,
    below: Pick<DeliveryRow, "made_at" | "id"> | null,
    limit: number,
  ): Promise<DeliveryRow[]>;
  /** All deliveries of some calls. */
  deliveriesOfCalls(site: string, callIds: string[]): Promise<DeliveryRow[]>;
  /** All attempts at a call's delivery, the earliest first. */
  attempts(site: string, callId: string, id: string): Promise<AttemptRow[]>;
  /**
   * Makes some of a webhook's deliveries due again that were given up before `before` (ms), the oldest first: a step. Answers how many, and how
   * many are left, counted no further than `most`.
   */
  replayDead(
    site: string,
    webhook: string,
    before: number,
    now: number,
    most: number,
  ): Promise<{ replayed: number; remaining: number }>;
  /** Makes deliveries due again, their schedule anew: one by its id, or the dead ones that ended at or after `since` (ms). Answers how many. */
  replayDeliveries(
    site: string,
    which: { id: string } | { since: number; webhook?: string | undefined },
    now: number,
  ): Promise<number>;
}

/** As a literal: with a parameter, no planner can tell that the index of what is pending will do. */
const PENDING = sql.lit<DeliveryRow["state"]>("pending");

/** Rows of one step, and deliveries that are deleted by one statement, each with its attempts. */
const STEP = 200;
const DELETED = 20;

/** Deliveries that are tried, where others may be claiming the same ones: more than a webhook has under way. */
const CANDIDATES = 20;

export function deliveryStore(db: Kysely<Tables>, engine: Engine, transact: Transact): Deliveries {
  return {
    async dueWebhooks(now) {
      const due: Pick<DeliveryRow, "site" | "webhook">[] = [];
      const pending = db
        .selectFrom("deliveries")
        .select(["site", "webhook", "next_attempt_at"])
        .where("state", "=", PENDING);
      const inOrder = pending.orderBy("site").orderBy("webhook").orderBy("next_attempt_at").limit(1);
      // From one webhook to the next by the index of what is pending, however much waits for each: its first row is due before the others.
      let last = await inOrder.executeTakeFirst();
      while (last) {
        const { site, webhook, next_attempt_at } = last;
        if (next_attempt_at !== null && next_attempt_at <= now) due.push({ site, webhook });
        last =
          (await inOrder.where("site", "=", site).where("webhook", ">", webhook).executeTakeFirst()) ??
          (await inOrder.where("site", ">", site).executeTakeFirst());
      }
      return due;
    },

    async claimDelivery(site, webhook, now, lease) {
      const claim = db
        .updateTable("deliveries")
        .set({ next_attempt_at: lease })
        .where("site", "=", site)
        .returningAll();
      const next = db
        .selectFrom("deliveries")
        .select(["call_id", "id"])
        .where((eb) => eb.and({ site, webhook, state: PENDING }))
        .where("next_attempt_at", "<=", now)
        .orderBy("next_attempt_at");
      if (!engine.sharded) {
        const first = next.limit(1).$if(engine.locksRows, (query) => query.forUpdate().skipLocked());
        const isFirst = claim.where(({ eb, refTuple }) =>
          eb(refTuple("call_id", "id"), "=", first.$asTuple("call_id", "id")),
        );
        return (await isFirst.executeTakeFirst()) ?? null;
      }
      // Rows of several shards cannot be locked by one statement. Who finds the same ones tries them one by one; whose update is first has it.
      for (const { call_id, id } of await next.limit(CANDIDATES).execute()) {
        const one = claim.where((eb) => eb.and({ call_id, id })).where("next_attempt_at", "<=", now);
        const claimed = await one.executeTakeFirst();
        if (claimed) return claimed;
      }
      return null;
    },

    async settleDelivery(claimed, { attempt, webhookOff, state, next_attempt_at, failures }) {
      await transact(async (tx) => {
        const { site, call_id, id } = claimed;
        if (webhookOff !== null) await engine.ownSite(tx, site);
        const ended_at = state === "pending" ? null : attempt.at;
        const kept = await tx
          .selectFrom("deliveries")
          .select("id")
          .where((eb) => eb.and({ site, call_id, id }))
          .$if(engine.locksRows, (query) => query.forUpdate())
          .executeTakeFirst();
        // Its visitor was erased while it was under way.
        if (!kept) return;
        const changed = await tx
          .updateTable("deliveries")
          .set({ state, next_attempt_at, failures, ended_at })
          .where((eb) => eb.and({ site, call_id, id }))
          // Whose lease has run out, or was replayed meanwhile, has no say any more.
          .where("next_attempt_at", "=", claimed.next_attempt_at)
          .returning("id")
          .executeTakeFirst();
        const { number } = await tx
          .selectFrom("delivery_attempts")
          .select((eb) => eb.fn.countAll<number>().as("number"))
          .where((eb) => eb.and({ site, call_id, delivery_id: id }))
          .executeTakeFirstOrThrow();
        const row = { site, call_id, delivery_id: id, number: Number(number), ...attempt };
        await tx.insertInto("delivery_attempts").values(row).execute();
        if (changed && webhookOff !== null) await switchOff(tx, claimed, webhookOff, attempt.at);
      });
      if (webhookOff !== null) await giveUp(claimed.site, claimed.webhook, attempt.at);
    },

    async deliveries(site, { state, webhook, call_id }, below, limit) {
      if (call_id !== undefined) {
        // Sorted here: asked for them in order, SQLite would look for them among all of the site, by their time.
        const ofCall = db.selectFrom("deliveries").selectAll().where("site", "=", site).where("call_id", "=", call_id);
        const wanted = ({ made_at, id, ...row }: DeliveryRow) =>
          (state ?? row.state) === row.state &&
          (webhook ?? row.webhook) === row.webhook &&
          (below === null || newestFirst(below, { made_at, id }) < 0);
        return (await ofCall.execute()).filter(wanted).sort(newestFirst).slice(0, limit);
      }
      return db
        .selectFrom("deliveries")
        .selectAll()
        .where("site", "=", site)
        .$if(state !== undefined, (query) => query.where("state", "=", state ?? "pending"))
        .$if(webhook !== undefined, (query) => query.where("webhook", "=", webhook ?? ""))
        .$if(below !== null, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple("made_at", "id"), "<", tuple(below?.made_at ?? 0, below?.id ?? "")),
          ),
        )
        .orderBy("made_at", "desc")
        .orderBy("id", "desc")
        .limit(limit)
        .execute();
    },

    deliveriesOfCalls: (site, callIds) => deliveriesOfCalls(db, site, callIds),

    attempts: (site, callId, id) =>
      db
        .selectFrom("delivery_attempts")
        .selectAll()
        .where((eb) => eb.and({ site, call_id: callId, delivery_id: id }))
        .orderBy("number")
        .execute(),

    async replayDead(site, webhook, before, now, most) {
      const dead = db
        .selectFrom("deliveries")
        .select(["call_id", "id"])
        .where((eb) => eb.and({ site, webhook, state: sql.lit<DeliveryRow["state"]>("dead") }))
        .where("ended_at", "<", before)
        .orderBy("ended_at");
      const replayed = await change(site, await dead.limit(STEP).execute(), again(now));
      const left = db.selectFrom(dead.limit(most).as("left")).select((eb) => eb.fn.countAll<number>().as("deliveries"));
      return { replayed, remaining: Number((await left.executeTakeFirstOrThrow()).deliveries) };
    },

    async replayDeliveries(site, which, now) {
      if ("id" in which) {
        const one = { call_id: which.id.slice(0, CALL_ID_LENGTH), id: which.id };
        return change(site, [one], again(now));
      }
      const dead = db
        .selectFrom("deliveries")
        .select(["call_id", "id", "made_at", "ended_at", "webhook"])
        .where((eb) => eb.and({ site, state: sql.lit<DeliveryRow["state"]>("dead") }))
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
        replayed += await change(site, meant, again(now));
        const after = dead.where(({ eb, refTuple, tuple }) => eb(refTuple("made_at", "id"), ">", tuple(made_at, id)));
        page = await after.execute();
      }
      return replayed;
    },
  };

  /** Changes deliveries by their keys. */
  async function change(
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

  /** Gives up what waits for a webhook that is off, in steps; what a crash leaves is given up when its time comes. */
  async function giveUp(site: string, webhook: string, at: number): Promise<void> {
    const waiting = db
      .selectFrom("deliveries")
      .select(["call_id", "id"])
      .where((eb) => eb.and({ site, webhook, state: PENDING }))
      .orderBy("next_attempt_at")
      .limit(STEP);
    for (let page = await waiting.execute(); page.length > 0; page = await waiting.execute()) {
      await change(site, page, { state: "dead", next_attempt_at: null, ended_at: at });
    }
  }
}

export async function deliveriesOfCalls(db: Kysely<Tables>, site: string, callIds: string[]): Promise<DeliveryRow[]> {
  const rows: DeliveryRow[] = [];
  for (const part of chunks(callIds)) {
    const ofCalls = db.selectFrom("deliveries").selectAll().where("site", "=", site).where("call_id", "in", part);
    rows.push(...(await ofCalls.execute()));
  }
  return rows;
}

type DeliveryPlace = Pick<DeliveryRow, "made_at" | "id">;

function newestFirst(a: DeliveryPlace, b: DeliveryPlace): number {
  return b.made_at - a.made_at || (a.id > b.id ? -1 : a.id < b.id ? 1 : 0);
}

/** A delivery that is due as if it were new. */
function again(now: number): Partial<DeliveryRow> {
  return { state: "pending", next_attempt_at: now, failures: 0, ended_at: null };
}

/** Adds deliveries, in the transaction that gives rise to them. */
export async function addDeliveries(tx: Kysely<Tables>, deliveries: DeliveryRow[]): Promise<void> {
  for (const rows of chunks(deliveries)) {
    await tx
      .insertInto("deliveries")
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/**
 * Forgets calls' deliveries with everything that was sent and answered; only those of versions below one, where it is given. False where
 * `isOver` said so before all was done.
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
      for (const [table, id] of [
        ["delivery_attempts", "delivery_id"],
        ["deliveries", "id"],
      ] as const) {
        const deletion = tx.deleteFrom(table).where("site", "=", site).where("call_id", "in", calls);
        await deletion.where(id as "call_id", "in", ids).execute();
      }
    }
  }
  return true;
}

/** Says in a next version of the site document that a webhook is off. */
async function switchOff(
  tx: Kysely<Tables>,
  { site, webhook }: Pick<DeliveryRow, "site" | "webhook">,
  off: string,
  at: number,
): Promise<void> {
  const last = await tx
    .selectFrom("site_versions")
    .selectAll()
    .where("site", "=", site)
    .orderBy("version", "desc")
    .limit(1)
    .executeTakeFirst();
  const document: { webhooks: { name: string; off?: string }[] } = JSON.parse(last?.document ?? '{"webhooks":[]}');
  const found = document.webhooks.find(({ name }) => name === webhook);
  if (!last || !found || found.off !== undefined) return;
  found.off = off;
  const next = { site, version: last.version + 1, saved_at: at, saved_by: null, document: JSON.stringify(document) };
  await tx.insertInto("site_versions").values(next).execute();
}
