/** The store as the other rooms see it. Each part is in the file of its name; one contract suite runs on every engine. */
import { Kysely, Migrator } from "kysely";
import { type Deliveries, deliveryStore } from "./deliveries";
import type { Engine } from "./engine";
import { type Forgetting, forgetStore } from "./forget";
import { type Intake, intakeStore } from "./intake";
import { type Joins, joinStore } from "./joins";
import { migrations } from "./migrations";
import { type Reads, readStore } from "./reads";
import { type Sites, siteStore } from "./sites";
import type { Tables } from "./tables";
import { transactions } from "./transact";

export interface Store extends Sites, Intake, Joins, Reads, Forgetting, Deliveries {
  engine: Engine["name"];
  /** True where rows of different keys may lie on different machines (`Engine`). */
  sharded: boolean;
  /** True in one of the collectors on this database: the one that does what is to be done once. */
  leads(): Promise<boolean>;
  /** Resolves where the database answers, rejects where it does not. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Opens an engine's database and brings its tables up to date. Throws where a migration fails. */
export async function openDatabase(engine: Engine): Promise<Kysely<Tables>> {
  const db = new Kysely<Tables>({ dialect: engine.dialect });
  // Several collectors may start at once: where rows can be locked, the migrator takes an advisory lock.
  const migrator = new Migrator({ db, provider: migrations(engine) });
  const { error } = await engine.unhurried(() => migrator.migrateToLatest());
  if (error) throw error;
  return db;
}

/** Opens the store on an engine. Throws where its database cannot be opened or brought up to date. */
export async function openStore(engine: Engine): Promise<Store> {
  const db = await openDatabase(engine);
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
    ...deliveryStore(db, engine, transact),
    ping: async () => {
      await db.selectNoFrom((eb) => eb.lit(1).as("one")).execute();
    },
    close: async () => {
      await db.destroy();
      await engine.close();
    },
  };
}
