/** Databases for tests, on the PostgreSQL of the whole run. */
import { inject } from "vitest";
import { createDatabase, startServer } from "../../postgres/server";

export { dropDatabase, run } from "../../postgres/server";

/** Why there is no PostgreSQL; null where there is one. For `describe.skipIf(noPostgres)`. */
export const noPostgres = inject("postgres").url === null ? inject("postgres").reason : null;

export interface Postgres {
  /** Makes an empty database; answers its URL. */
  database(): Promise<string>;
  /** Ends a server of the test's own at once, as a crash would, and starts it again on the same data. */
  power: { off(): Promise<void>; on(): Promise<void> } | null;
  stop(): Promise<void>;
}

/** The run's PostgreSQL, or with `own` one that a test may crash, unless the run is on a given one. Where there is none, its tests are skipped. */
export async function startPostgres({ own = false } = {}): Promise<Postgres> {
  const { url } = inject("postgres");
  if (own && url !== null && !process.env.CALLJOIN_TEST_DATABASE_URL) {
    const server = await startServer();
    return { ...server, database: () => createDatabase(server.url) };
  }
  return {
    database: () => (url === null ? Promise.reject(new Error(String(noPostgres))) : createDatabase(url)),
    power: null,
    stop: () => Promise.resolve(),
  };
}
