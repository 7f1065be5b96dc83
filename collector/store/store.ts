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

export interface Store extends Sites, Intake, Joins, Reads, Forgetting, Deliveries {
  engine: Engine["name"];
  /** Resolves where the database answers, rejects where it does not. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the store on an engine and brings its tables up to date. Throws where a migration fails. */
export async function openStore(engine: Engine): Promise<Store> {
  const db = new Kysely<Tables>({ dialect: engine.dialect });
  const { error } = await new Migrator({ db, provider: migrations(engine) }).migrateToLatest();
  if (error) throw error;
  return {
    engine: engine.name,
    ...siteStore(db),
    ...intakeStore(db),
    ...joinStore(db, engine),
    ...readStore(db),
    ...forgetStore(db, engine),
    ...deliveryStore(db, engine),
    ping: async () => {
      await db.selectNoFrom((eb) => eb.lit(1).as("one")).execute();
    },
    close: async () => {
      await db.destroy();
      await engine.close();
    },
  };
}
