/** Long work in steps of some milliseconds, between which others get their turn. */
import type { Kysely } from "kysely";
import type { Engine } from "./engine";
import type { Tables } from "./tables";
import type { Transact } from "./transact";

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
