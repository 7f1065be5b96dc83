/** The configured store. */
import { type Config, placeOf } from "../config";
import { postgres } from "./postgres";
import { sqlite } from "./sqlite";
import { openStore, type Store } from "./store";

/** Opens PostgreSQL where a URL is given, else SQLite in the folder. Throws an error that names the variable and the place. */
export async function chosenStore({
  databaseUrl,
  dataFolder,
  sharded,
}: Pick<Config, "databaseUrl" | "dataFolder" | "sharded">): Promise<Store> {
  if (databaseUrl === undefined) return openStore(sqlite(dataFolder));
  try {
    return await openStore(postgres(databaseUrl, sharded));
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    throw new Error(`DATABASE_URL: ${placeOf(databaseUrl)} cannot be used: ${message || code}`, { cause: error });
  }
}
