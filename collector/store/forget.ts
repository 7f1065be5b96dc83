/** Forgetting: a visitor who is to be erased, and what has passed a site's retention. */
import { type Kysely, sql, type Transaction } from "kysely";
import { deleteDeliveries } from "./deliveries";
import { addDue, ofCall } from "./due";
import type { Engine } from "./engine";
import { redacted } from "./erased";
import { sha256 } from "./hash";
import { callsTouchedBy, lockCall } from "./joins";
import type { DueRow, SnapshotRow, Tables } from "./tables";
import type { Transact } from "./transact";

/** A place in the order of arrival, where a step of the retention ended. */
export type ArrivalPlace = Pick<SnapshotRow, "received_at" | "context_id" | "view_id" | "seq">;

export interface Forgetting {
  /** Erases a visitor in one transaction; answers the calls that have to be joined again because of it. */
  erase(site: string, contextId: string, now: number): Promise<DueRow[]>;
  /** Wipes what was deleted from the engine's own files, as far as it is in its hands. */
  compact(): Promise<void>;
  /** Every site with its newest document (JSON). */
  newestDocuments(): Promise<{ site: string; document: string }[]>;
  /**
   * Deletes what arrived before `limit`, at most `step` rows of each kind. Views go whole, when their last snapshot is old enough.
   * Answers where the next step goes on, null where nothing older is left.
   */
  expire(site: string, limit: number, after: ArrivalPlace | null, step: number): Promise<ArrivalPlace | null>;
}

const ARRIVAL = ["received_at", "context_id", "view_id", "seq"] as const;

export function forgetStore(db: Kysely<Tables>, engine: Engine, transact: Transact): Forgetting {
  return {
    erase: (site, contextId, now) =>
      transact(async (tx) => {
        // Who writes at this moment has not seen that the visitor is erased, and is waited for; who comes next sees it.
        await engine.ownSite(tx, site);
        const row = { site, hash: sha256(contextId), erased_at: now };
        await tx
          .insertInto("erased")
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        // Who joins at this moment may be about to write the visitor's values into a call, and is waited for, too.
        const touched = await callsTouchedBy(tx, site, [contextId]);
        for (const call of [...touched, ...(await callsOf(tx, site, contextId))].sort()) {
          await lockCall(tx, engine, site, call);
        }
        const calls = await callsOf(tx, site, contextId);
        for (const call of calls) await redact(tx, site, call, contextId);
        await deleteDeliveries(tx, site, calls);
        for (const table of ["snapshots", "views", "aliases"] as const) {
          await tx.deleteFrom(table).where("site", "=", site).where("context_id", "=", contextId).execute();
        }
        await tx
          .deleteFrom("due")
          .where("site", "=", site)
          .where("subject", "=", contextId)
          .where("kind", "=", "context")
          .execute();
        // The id's characters mean nothing to LIKE but `_`, which at worst takes a look-alike with it.
        await tx.deleteFrom("rejected").where("site", "=", site).where("body", "like", `%${contextId}%`).execute();
        return addDue(
          tx,
          calls.map((call) => ofCall(site, call)),
          now,
        );
      }),

    compact: engine.compact,

    newestDocuments: () =>
      db
        .selectFrom("site_versions as newest")
        .select(["site", "document"])
        .where("version", "=", (eb) =>
          eb
            .selectFrom("site_versions as all")
            .select((all) => all.fn.max<number>("all.version").as("version"))
            .whereRef("all.site", "=", "newest.site"),
        )
        .execute(),

    expire: (site, limit, after, step) =>
      transact(async (tx) => {
        // A view must not get a snapshot while it is looked whether it gets any more.
        await engine.ownSite(tx, site);
        await expireCalls(tx, site, limit, step);
        return expireViews(tx, site, limit, after, step);
      }),
  };
}

/** Calls that name a context, or were joined to it by alias. */
async function callsOf(tx: Transaction<Tables>, site: string, contextId: string): Promise<string[]> {
  const named = tx.selectFrom("call_events").select("call_id").where("site", "=", site).where("own_id", "=", contextId);
  const joined = tx.selectFrom("calls").select("call_id").where("site", "=", site).where("context_id", "=", contextId);
  return (await named.union(joined).execute()).map(({ call_id }) => call_id).sort();
}

/** Leaves of a call's events what makes it a call (time, transaction, total), and nothing of the visitor. */
async function redact(tx: Transaction<Tables>, site: string, callId: string, contextId: string): Promise<void> {
  const events = await tx
    .selectFrom("call_events")
    .select("event_id")
    .where("site", "=", site)
    .where("call_id", "=", callId)
    .orderBy("ts")
    .orderBy("revision")
    .orderBy("canonical")
    .execute();
  // Their order is kept as a rank, because what decided it is going to be gone.
  for (const [rank, { event_id }] of events.entries()) {
    await tx
      .updateTable("call_events")
      .set({ revision: rank, ...redacted(sha256(contextId), event_id) })
      .where("site", "=", site)
      .where("call_id", "=", callId)
      .where("event_id", "=", event_id)
      .execute();
  }
}

async function expireCalls(tx: Transaction<Tables>, site: string, limit: number, step: number): Promise<void> {
  const old = await tx
    .selectFrom("calls")
    .select("call_id")
    .where("site", "=", site)
    .where("ts", "<", limit)
    .orderBy("ts")
    .limit(step)
    .execute();
  const ids = old.map(({ call_id }) => call_id);
  if (ids.length > 0) {
    // Events first: who joins one of the calls has locked them, and writes the call's row next.
    await tx.deleteFrom("call_events").where("site", "=", site).where("call_id", "in", ids).execute();
    await tx.deleteFrom("calls").where("site", "=", site).where("call_id", "in", ids).execute();
    await deleteDeliveries(tx, site, ids);
  }
  const refused = tx
    .selectFrom("rejected")
    .select("id")
    .where("site", "=", site)
    .where("received_at", "<", limit)
    .orderBy("received_at")
    .limit(step);
  await tx.deleteFrom("rejected").where("site", "=", site).where("id", "in", refused).execute();
}

async function expireViews(
  tx: Transaction<Tables>,
  site: string,
  limit: number,
  after: ArrivalPlace | null,
  step: number,
): Promise<ArrivalPlace | null> {
  const old = await tx
    .selectFrom("snapshots")
    .select(ARRIVAL)
    .where("site", "=", site)
    .where("received_at", "<", limit)
    .$if(after !== null, (query) =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple(...ARRIVAL),
          ">",
          tuple(after?.received_at ?? 0, after?.context_id ?? "", after?.view_id ?? "", after?.seq ?? 0),
        ),
      ),
    )
    .orderBy("received_at")
    .orderBy("context_id")
    .orderBy("view_id")
    .orderBy("seq")
    .limit(step)
    .execute();
  const views = new Map(old.map(({ context_id, view_id }) => [`${context_id} ${view_id}`, { context_id, view_id }]));
  if (views.size === 0) return null;
  const among = (some: { context_id: string; view_id: string }[]) =>
    sql<boolean>`(context_id, view_id) in (values ${sql.join(some.map((one) => sql`(${one.context_id}, ${one.view_id})`))})`;
  const newer = await tx
    .selectFrom("snapshots")
    .select(["context_id", "view_id"])
    .distinct()
    .where("site", "=", site)
    .where(among([...views.values()]))
    .where("received_at", ">=", limit)
    .execute();
  for (const { context_id, view_id } of newer) views.delete(`${context_id} ${view_id}`);
  if (views.size > 0) {
    for (const table of ["snapshots", "views", "aliases"] as const) {
      await tx
        .deleteFrom(table)
        .where("site", "=", site)
        .where(among([...views.values()]))
        .execute();
    }
  }
  return old.length === step ? (old.at(-1) ?? null) : null;
}
