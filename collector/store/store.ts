/**
 * The store as the other rooms see it. Each part has a file of its own, and one contract suite runs on every engine.
 */
import { Kysely } from "kysely";
import { countStore } from "./counts";
import { deliveryStore } from "./deliveries";
import { deliveryLog } from "./delivery-log";
import type { Engine } from "./engine";
import { eraseStore } from "./erase";
import { filedStore } from "./filed";
import { forgetStore } from "./forget";
import { intakeStore } from "./intake";
import { joinStore } from "./joins";
import { liveStore } from "./live";
import { readStore } from "./reads";
import { addMissing } from "./rows";
import { bringUpToDate, type Upgrade } from "./schema";
import { searchStore } from "./search";
import { siteStore } from "./sites";
import type { Tables } from "./tables";
import { tokenStore } from "./tokens";
import { transactions } from "./transact";

export type Store = Awaited<ReturnType<typeof openStore>>;

/** A row that belongs to no site: no site has an empty name. */
const PROBE = { site: "", vendor: "", recent: "x".repeat(65_536) };

/**
 * Opens an engine's database and brings its tables up to date. If it cannot, it throws an error that names the place.
 */
export async function openDatabase(engine: Engine, options?: Upgrade): Promise<Kysely<Tables>> {
  const db = new Kysely<Tables>({ dialect: engine.dialect });
  try {
    await bringUpToDate(db, engine, options);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** Opens the store on an engine. Throws if the database cannot be opened or brought up to date. */
export async function openStore(engine: Engine, options?: Upgrade) {
  const db = await openDatabase(engine, options);
  const transact = transactions(db, engine);
  return {
    engine: engine.name,
    sharded: engine.sharded,
    leads: engine.leads,
    ...siteStore(db, engine, transact),
    ...intakeStore(engine, transact),
    ...joinStore(db, engine, transact),
    ...readStore(db),
    ...forgetStore(db, engine, transact),
    ...eraseStore(db, engine, transact),
    ...deliveryStore(db, engine, transact),
    ...deliveryLog(db),
    ...filedStore(db, engine, transact),
    ...tokenStore(db),
    ...searchStore(db),
    ...countStore(db),
    ...liveStore(db, engine.name),
    compact: () => engine.compact(db),
    storeBytes: () => engine.bytes(db),
    /** Resolves if the database answers, rejects if it does not. */
    ping: async () => {
      await db.selectNoFrom((eb) => eb.lit(1).as("one")).execute();
    },
    /**
     * Writes as much as one request may bring, and takes it back. Rejects if the database cannot keep that much.
     * Writing less would prove nothing: even a full disk may have room for a page or two.
     */
    probe: async () => {
      await transact(async (tx) => {
        await tx.deleteFrom("refused").where("site", "=", PROBE.site).execute();
        // Another collector may be probing at the same time.
        await addMissing(tx, "refused", [PROBE]);
      });
      await db.deleteFrom("refused").where("site", "=", PROBE.site).execute();
    },
    close: async () => {
      await db.destroy();
      await engine.close();
    },
  };
}
