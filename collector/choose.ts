/** The configured store. */
import type { Config } from "./config";
import type { Engine } from "./store/engine";
import { postgres } from "./store/postgres";
import type { Upgrade } from "./store/schema";
import { sqlite } from "./store/sqlite";
import { openStore, type Store } from "./store/store";

type Place = Pick<Config, "databaseUrl" | "dataFolder" | "sharded">;

/**
 * Opens PostgreSQL if a URL is given, else SQLite in the folder. Throws an error that names the variable and the place.
 */
export async function chosenStore(config: Place, options?: Upgrade): Promise<Store> {
  return openStore(chosenEngine(config), options);
}

/**
 * The configured engine. `alone` keeps other processes from opening a SQLite file until it is closed; PostgreSQL is
 * never alone.
 */
export function chosenEngine({ databaseUrl, dataFolder, sharded }: Place, alone = false): Engine {
  return databaseUrl === undefined ? sqlite(dataFolder, { alone }) : postgres(databaseUrl, sharded);
}
