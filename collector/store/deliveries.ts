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
  /** All attempts at these deliveries, the earliest first. */
  attempts(site: string, deliveries: Pick<DeliveryRow, "call_id" | "id">[]): Promise<AttemptRow[]>;
  /** Makes deliveries due again, their schedule anew: one by its id, or the dead ones that ended at or after `since` (ms). Answers how many. */
  replayDeliveries(
    site: string,
    which: { id: string } | { since: number; webhook?: string | undefined },
    now: number,
  ): Promise<number>;
}

/** As a literal: with a parameter, no planner can tell that the index of what is pending will do. */
const PENDING = sql.lit<DeliveryRow["state"]>("pending");

/** Deliveries that are tried, where others may be claiming the same ones: more than a webhook has under way. */
const CANDIDATES = 20;

export function deliveryStore(db: Kysely<Tables>, engine: Engine, transact: Transact): Deliveries {
  return {
    dueWebhooks: (now) =>
      db
        .selectFrom("deliveries")
        .select(["site", "webhook"])
        .distinct()
        .where("state", "=", PENDING)
        .where("next_attempt_at", "<=", now)
        .execute(),

    async claimDelivery(site, webhook, now, lease) {
      const claim = db
        .updateTable("deliveries")
        .set({ next_attempt_at: lease })
        .where("site", "=", site)
        .returningAll();
      const next = db
        .selectFrom("deliveries")
        .select(["call_id", "id"])
        .where("site", "=", site)
        .where("webhook", "=", webhook)
        .where("state", "=", PENDING)
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
        const one = claim.where("call_id", "=", call_id).where("id", "=", id).where("next_attempt_at", "<=", now);
        const claimed = await one.executeTakeFirst();
        if (claimed) return claimed;
      }
      return null;
    },

    settleDelivery: (claimed, { attempt, webhookOff, state, next_attempt_at, failures }) =>
      transact(async (tx) => {
        const { site, call_id, id } = claimed;
        if (webhookOff !== null) await engine.ownSite(tx, site);
        const ended_at = state === "pending" ? null : attempt.at;
        const kept = await tx
          .selectFrom("deliveries")
          .select("id")
          .where("site", "=", site)
          .where("call_id", "=", call_id)
          .where("id", "=", id)
          .$if(engine.locksRows, (query) => query.forUpdate())
          .executeTakeFirst();
        // Its visitor was erased while it was under way.
        if (!kept) return;
        const changed = await tx
          .updateTable("deliveries")
          .set({ state, next_attempt_at, failures, ended_at })
          .where("site", "=", site)
          .where("call_id", "=", call_id)
          .where("id", "=", id)
          // Whose lease has run out, or was replayed meanwhile, has no say any more.
          .where("next_attempt_at", "=", claimed.next_attempt_at)
          .returning("id")
          .executeTakeFirst();
        const { number } = await tx
          .selectFrom("delivery_attempts")
          .select((eb) => eb.fn.countAll<number>().as("number"))
          .where("site", "=", site)
          .where("call_id", "=", call_id)
          .where("delivery_id", "=", id)
          .executeTakeFirstOrThrow();
        const row = { site, call_id, delivery_id: id, number: Number(number), ...attempt };
        await tx.insertInto("delivery_attempts").values(row).execute();
        if (changed && webhookOff !== null) await switchOff(tx, claimed, webhookOff, attempt.at);
      }),

    deliveries: (site, { state, webhook }, below, limit) =>
      db
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
        .execute(),

    attempts: (site, deliveries) =>
      deliveries.length === 0
        ? Promise.resolve([])
        : db
            .selectFrom("delivery_attempts")
            .selectAll()
            .where("site", "=", site)
            .where("call_id", "in", [...new Set(deliveries.map(({ call_id }) => call_id))])
            .where(
              "delivery_id",
              "in",
              deliveries.map(({ id }) => id),
            )
            .orderBy("number")
            .execute(),

    async replayDeliveries(site, which, now) {
      const again = db
        .updateTable("deliveries")
        .set({ state: "pending", next_attempt_at: now, failures: 0, ended_at: null })
        .where("site", "=", site);
      const chosen =
        "id" in which
          ? again.where("call_id", "=", which.id.slice(0, CALL_ID_LENGTH)).where("id", "=", which.id)
          : again
              .where("state", "=", "dead")
              .where("ended_at", ">=", which.since)
              .$if(which.webhook !== undefined, (query) => query.where("webhook", "=", which.webhook ?? ""));
      const { numUpdatedRows } = await chosen.executeTakeFirst();
      return Number(numUpdatedRows);
    },
  };
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

/** Forgets calls' deliveries with everything that was sent and answered. */
export async function deleteDeliveries(tx: Kysely<Tables>, site: string, callIds: string[]): Promise<void> {
  for (const ids of chunks(callIds)) {
    for (const table of ["delivery_attempts", "deliveries"] as const) {
      await tx.deleteFrom(table).where("site", "=", site).where("call_id", "in", ids).execute();
    }
  }
}

/** Says in a next version of the site document that a webhook is off, and gives up what waits for it. */
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
  if (last && found && found.off === undefined) {
    found.off = off;
    const next = { site, version: last.version + 1, saved_at: at, document: JSON.stringify(document) };
    await tx.insertInto("site_versions").values(next).execute();
  }
  await tx
    .updateTable("deliveries")
    .set({ state: "dead", next_attempt_at: null, ended_at: at })
    .where("site", "=", site)
    .where("webhook", "=", webhook)
    .where("state", "=", "pending")
    .execute();
}
