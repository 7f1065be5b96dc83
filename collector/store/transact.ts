/**
 * Transactions. If another transaction was merely in the way, a transaction is tried again. Long work runs in steps of
 * some milliseconds, and others get their turn in between.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Kysely, Transaction } from "kysely";
import type { Engine } from "./engine";
import type { Tables } from "./tables";

/**
 * Runs work in one transaction, all or nothing. The work may run several times, so it must keep nothing from one run
 * for the next.
 */
export type Transact = <T>(work: (tx: Transaction<Tables>) => Promise<T>) => Promise<T>;

/** How often a transaction is tried in all. With each try, fewer others are in the way. */
const TRIES = 8;

export function transactions(db: Kysely<Tables>, engine: Engine): Transact {
  return async (work) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await db.transaction().execute(work);
      } catch (error) {
        if (attempt === TRIES || !engine.passes(error)) throw error;
        // The wait is random, so that two transactions that collided do not collide again.
        await wait(Math.random() * 5 * 2 ** attempt);
      }
    }
  };
}

/** How long a step keeps starting on further rows, ms. */
const STEP_MS = 8;

/** Returns a function that says whether a step's time is over. */
export function budget(): () => boolean {
  const end = performance.now() + STEP_MS;
  return () => performance.now() > end;
}

/**
 * Runs one step that has the site alone. It waits for those who are writing, because they have not seen the change.
 * Those who write later see it.
 */
export type Step = <T>(site: string, work: (tx: Kysely<Tables>, isOver: () => boolean) => Promise<T>) => Promise<T>;

export function stepsOf(engine: Engine, transact: Transact): Step {
  return (site, work) =>
    transact(async (tx) => {
      await engine.ownSite(tx, site);
      return work(tx, budget());
    });
}

/**
 * Locks a call until the transaction ends. This is a statement of its own for a reason: a statement that has waited for
 * a lock still reads what was there before it waited. The join would then miss an event that was committed meanwhile.
 */
export async function lockCall(tx: Kysely<Tables>, engine: Engine, site: string, callId: string): Promise<void> {
  if (!engine.locksRows) return;
  const events = tx.selectFrom("call_events").select("event_id").where("site", "=", site).where("call_id", "=", callId);
  await events.orderBy("event_id").forUpdate().execute();
}
