/** Transactions that are tried again where another one was merely in the way. */
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
