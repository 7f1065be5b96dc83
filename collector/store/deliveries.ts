/**
 * Deliveries to webhooks, as the sender sees them. A worker claims a delivery by moving its next attempt behind a
 * lease. If the worker crashes, the delivery becomes due again.
 */
import { type Kysely, sql, type Transaction } from "kysely";
import { changeDeliveries } from "./delivery-log";
import type { Engine } from "./engine";
import { byKey } from "./rows";
import { newestVersion } from "./sites";
import type { AttemptRow, DeliveryRow, Tables } from "./tables";
import type { Transact } from "./transact";

/**
 * What an attempt made of a delivery, as it was claimed. `webhookOff` says why its webhook is switched off from now on,
 * if the webhook still points to where the delivery was sent.
 */
export interface Settlement {
  claimed: DeliveryRow;
  state: DeliveryRow["state"];
  next_attempt_at: number | null;
  failures: number;
  attempt: Omit<AttemptRow, "site" | "call_id" | "delivery_id" | "number">;
  webhookOff: { why: string; url: string | undefined } | null;
}

/** A literal, because with a parameter no planner can tell that the index of pending deliveries is enough. */
const PENDING = sql.lit<DeliveryRow["state"]>("pending");

/** Deliveries that one step gives up. */
const STEP = 200;

/** Deliveries that are tried if others may be claiming the same ones: more than a webhook has under way. */
const CANDIDATES = 20;

export function deliveryStore(db: Kysely<Tables>, engine: Engine, transact: Transact) {
  return {
    /** The webhooks that have deliveries due at a time. */
    async dueWebhooks(now: number) {
      const due: Pick<DeliveryRow, "site" | "webhook">[] = [];
      const pending = db
        .selectFrom("deliveries")
        .select(["site", "webhook", "next_attempt_at"])
        .where("state", "=", PENDING);
      const inOrder = pending.orderBy("site").orderBy("webhook").orderBy("next_attempt_at").limit(1);
      // Goes from one webhook to the next by the index of what is pending, however much waits for each. A webhook's
      // first row is due before its others.
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

    /**
     * Claims the deliveries of a webhook that have been due longest, at most `most`. Nobody else gets them before
     * `lease`.
     */
    async claimDeliveries(site: string, webhook: string, now: number, lease: number, most: number) {
      const due = (on: Kysely<Tables>) =>
        on
          .selectFrom("deliveries")
          .selectAll()
          .where((eb) => eb.and({ site, webhook, state: PENDING }))
          .where("next_attempt_at", "<=", now)
          .orderBy("next_attempt_at");
      const isClaimed = { next_attempt_at: lease };
      if (!engine.sharded)
        return transact(async (tx) => {
          const first = due(tx).limit(most);
          const rows = await first.$if(engine.locksRows, (query) => query.forUpdate().skipLocked()).execute();
          await changeDeliveries(tx, site, rows, isClaimed);
          return rows.map((row) => ({ ...row, ...isClaimed }));
        });
      // One statement cannot lock rows of several shards. Workers that find the same rows try them one by one, and the
      // first update wins.
      const claimed: DeliveryRow[] = [];
      for (const { call_id, id } of await due(db).limit(CANDIDATES).execute()) {
        const claim = db
          .updateTable("deliveries")
          .set(isClaimed)
          .where((eb) => eb.and({ site, call_id, id }));
        const one = await claim.where("next_attempt_at", "<=", now).returningAll().executeTakeFirst();
        if (one) claimed.push(one);
        if (claimed.length === most) break;
      }
      return claimed;
    },

    /**
     * Logs attempts at claimed deliveries and decides how each goes on, all or nothing. A sharded database takes one
     * transaction for each delivery, one after the other.
     */
    async settleDeliveries(settlements: Settlement[]) {
      // Sorted by key, like everything that others may be writing at the same time.
      const inOrder = byKey(settlements, ({ claimed }) => `${claimed.site} ${claimed.id}`);
      for (const part of engine.sharded ? inOrder.map((one) => [one]) : [inOrder]) {
        const off = await transact(async (tx) => {
          // Takes the sites before any row: whoever has a site alone may be waiting for a row.
          const gone = part.filter(({ webhookOff }) => webhookOff !== null);
          for (const site of new Set(gone.map(({ claimed }) => claimed.site))) await engine.ownSite(tx, site);
          const off: Settlement[] = [];
          for (const one of part) if (await settle(tx, one)) off.push(one);
          return off;
        });
        for (const { claimed, attempt } of off) await giveUp(claimed.site, claimed.webhook, attempt.at);
      }
    },
  };

  /** True if the webhook is off from now on. */
  async function settle(tx: Transaction<Tables>, settlement: Settlement): Promise<boolean> {
    const { claimed, attempt, webhookOff, state, next_attempt_at, failures } = settlement;
    const { site, call_id, id } = claimed;
    const ended_at = state === "pending" ? null : attempt.at;
    const kept = await tx
      .selectFrom("deliveries")
      .select("id")
      .where((eb) => eb.and({ site, call_id, id }))
      .$if(engine.locksRows, (query) => query.forUpdate())
      .executeTakeFirst();
    // Its visitor was erased while the attempt was under way.
    if (!kept) return false;
    const changed = await tx
      .updateTable("deliveries")
      .set({ state, next_attempt_at, failures, ended_at })
      .where((eb) => eb.and({ site, call_id, id }))
      // A worker whose lease has run out, or whose delivery was replayed meanwhile, no longer decides.
      .where("next_attempt_at", "=", claimed.next_attempt_at)
      .returning("id")
      .executeTakeFirst();
    const { number } = await tx
      .selectFrom("delivery_attempts")
      .select((eb) => eb.fn.countAll<number>().as("number"))
      .where((eb) => eb.and({ site, call_id, delivery_id: id }))
      .executeTakeFirstOrThrow();
    const row = { site, call_id, delivery_id: id, number, ...attempt };
    await tx.insertInto("delivery_attempts").values(row).execute();
    return changed !== undefined && webhookOff !== null && (await switchOff(tx, claimed, webhookOff, attempt.at));
  }

  /** Gives up what waits for a webhook that is off, in steps. What a crash leaves is given up when it becomes due. */
  async function giveUp(site: string, webhook: string, at: number): Promise<void> {
    const waiting = db
      .selectFrom("deliveries")
      .select(["call_id", "id"])
      .where((eb) => eb.and({ site, webhook, state: PENDING }))
      .orderBy("next_attempt_at")
      .limit(STEP);
    for (let page = await waiting.execute(); page.length > 0; page = await waiting.execute()) {
      await changeDeliveries(db, site, page, { state: "dead", next_attempt_at: null, ended_at: at });
    }
  }
}

/**
 * Saves a next version of the site document that says that a webhook is off. False if the webhook is gone, or its owner
 * has pointed it elsewhere since.
 */
async function switchOff(
  tx: Kysely<Tables>,
  { site, webhook }: Pick<DeliveryRow, "site" | "webhook">,
  { why, url }: NonNullable<Settlement["webhookOff"]>,
  at: number,
): Promise<boolean> {
  const last = await newestVersion(tx, site);
  const document: { webhooks: { name: string; url?: string; off?: string }[] } = JSON.parse(
    last?.document ?? '{"webhooks":[]}',
  );
  const found = document.webhooks.find(({ name }) => name === webhook);
  if (!last || !found || (found.off === undefined && found.url !== url)) return false;
  if (found.off !== undefined) return true;
  found.off = why;
  const next = { site, version: last.version + 1, saved_at: at, saved_by: null, document: JSON.stringify(document) };
  await tx.insertInto("site_versions").values(next).execute();
  return true;
}
