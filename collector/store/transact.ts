/** Transactions: tried again where another one was merely in the way, and in steps of some milliseconds, between which others get their turn. */
import { setTimeout as wait } from "node:timers/promises";
import type { Kysely, Transaction } from "kysely";
import type { Engine } from "./engine";
import type { Tables } from "./tables";

/** Runs work in one transaction, all or nothing. The work may run several times, and so keeps nothing from one to the next. */
export type Transact = <T>(work: (tx: Transaction<Tables>) => Promise<T>) => Promise<T>;

/** Times that a transaction is tried in all; each time the others in the way get fewer. */
const TRIES = 8;

export function transactions(db: Kysely<Tables>, engine: Engine): Transact {
  return async (work) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await db.transaction().execute(work);
      } catch (error) {
        if (attempt === TRIES || !engine.passes(error)) throw error;
        // At random, so that two that were in each other's way do not meet again.
        await wait(Math.random() * 5 * 2 ** attempt);
      }
    }
  };
}

/** How long a step goes on with the next row, ms. */
const STEP_MS = 8;

/** Answers a function that says whether a step's time is over. */
export function budget(): () => boolean {
  const end = performance.now() + STEP_MS;
  return () => performance.now() > end;
}

/** Runs one step, alone with the site: who writes at this moment has not seen what is changed, and is waited for; who comes next sees it. */
export type Step = <T>(site: string, work: (tx: Kysely<Tables>, isOver: () => boolean) => Promise<T>) => Promise<T>;

export function stepsOf(engine: Engine, transact: Transact): Step {
  return (site, work) =>
    transact(async (tx) => {
      await engine.ownSite(tx, site);
      return work(tx, budget());
    });
}

/**
 * Locks a call until the transaction ends. A statement of its own: what waited for the lock still reads as of before it waited, and the
 * join would be made without an event that was committed meanwhile.
 */
export async function lockCall(tx: Kysely<Tables>, engine: Engine, site: string, callId: string): Promise<void> {
  if (!engine.locksRows) return;
  const events = tx.selectFrom("call_events").select("event_id").where("site", "=", site).where("call_id", "=", callId);
  await events.orderBy("event_id").forUpdate().execute();
}
