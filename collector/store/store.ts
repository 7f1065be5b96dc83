/** The store as the other rooms see it. Each part is in the file of its name; one contract suite runs on every engine. */
import { Kysely } from "kysely";
import { type Counts, countStore } from "./counts";
import { type Deliveries, deliveryStore } from "./deliveries";
import { type DeliveryLog, deliveryLog } from "./delivery-log";
import type { Engine } from "./engine";
import { type Erasing, eraseStore } from "./erase";
import { type Figures, figureStore } from "./figures";
import { type FiledStore, filedStore } from "./filed";
import { type Forgetting, forgetStore } from "./forget";
import { type Intake, intakeStore } from "./intake";
import { type Joins, joinStore } from "./joins";
import { type Live, liveStore } from "./live";
import { type Reads, readStore } from "./reads";
import { bringUpToDate, type Upgrade } from "./schema";
import { type Search, searchStore } from "./search";
import { type Sites, siteStore } from "./sites";
import type { Tables } from "./tables";
import { type Tokens, tokenStore } from "./tokens";
import { transactions } from "./transact";

export interface Store
  extends Sites,
    Intake,
    Joins,
    Reads,
    Forgetting,
    Erasing,
    Deliveries,
    DeliveryLog,
    FiledStore,
    Figures,
    Tokens,
    Search,
    Counts,
    Live {
  engine: Engine["name"];
  /** True where rows of different keys may lie on different machines (`Engine`). */
  sharded: boolean;
  /** True in one of the collectors on this database: the one that does what is to be done once. */
  leads(): Promise<boolean>;
  /** Resolves where the database answers, rejects where it does not. */
  ping(): Promise<void>;
  /** Writes as much as one request may bring, and takes it back; rejects where that cannot be kept: a page or two may find room on a disk that is full. */
  probe(): Promise<void>;
  close(): Promise<void>;
}

/** Nobody's: no site has an empty name. */
const PROBE = { site: "", vendor: "", recent: "x".repeat(65_536) };

/** Opens an engine's database and brings its tables up to date. Throws an error that names the place where it cannot be used. */
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

/** Opens the store on an engine. Throws where its database cannot be opened or brought up to date. */
export async function openStore(engine: Engine, options?: Upgrade): Promise<Store> {
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
    ...figureStore(db, engine),
    ...tokenStore(db),
    ...searchStore(db),
    ...countStore(db),
    ...liveStore(db, engine.name),
    ping: async () => {
      await db.selectNoFrom((eb) => eb.lit(1).as("one")).execute();
    },
    probe: async () => {
      await transact(async (tx) => {
        await tx.deleteFrom("refused").where("site", "=", PROBE.site).execute();
        // Another collector may be trying, too.
        await tx
          .insertInto("refused")
          .values(PROBE)
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      });
      await db.deleteFrom("refused").where("site", "=", PROBE.site).execute();
    },
    close: async () => {
      await db.destroy();
      await engine.close();
    },
  };
}
