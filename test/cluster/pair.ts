/** Two collectors' stores and joiners on one database, in this process: races that HTTP would make rarer. */
import { pino } from "pino";
import { createJoiner, type Joiner, joinCall } from "../../collector/join/joiner";
import type { Write } from "../../collector/store/intake";
import { postgres } from "../../collector/store/postgres";
import { openStore, type Store } from "../../collector/store/store";
import { siteSchema } from "../../collector/wire/site";
import { dueOf, SITE, write } from "../collector/store/rows";

export interface Half {
  store: Store;
  joiner: Joiner;
  /** Does what a collector does with a request: commits, joins, strikes off. */
  take(what: Partial<Write>): Promise<void>;
}

export const NOW = 2_000_000;

export async function openHalf(url: string, sharded: boolean): Promise<Half> {
  const store = await openStore(postgres(url, sharded));
  const joiner = createJoiner({ store, clock: () => NOW, log: pino({ level: "silent" }), wake: () => undefined });
  return {
    store,
    joiner,
    async take(what) {
      const due = dueOf(await store.write([write(what)], [], NOW));
      await joiner.run(due);
      await store.write([], due, NOW);
    },
  };
}

/** A site whose entity `rtap` shows the vendor's own visitor id. */
export async function saveSite(store: Store, identifying = ["rtap"]): Promise<void> {
  const entities = identifying.map((name) => ({
    name,
    type: "simple",
    scope: "session",
    value: name,
    identifies: "responsetap",
  }));
  const vendors = [{ name: "responsetap", adapter: "qprotocol", offline_prefixes: ["gbr0"] }];
  const document = JSON.stringify(siteSchema.parse({ name: "Shop", entities, vendors }));
  await store.saveSite({ site: SITE, document, identifying, secrets: [], at: NOW });
}

/** Calls whose stored result is not what a join makes now of all that is stored: joins that were missed. */
export async function missedJoins(store: Store): Promise<string[]> {
  const missed: string[] = [];
  for (const id of await store.callIds(SITE, "", 10_000)) {
    const changed = await store.joining((tx) => joinCall(tx, SITE, id, NOW, false));
    if (changed) missed.push(id);
  }
  return missed;
}
