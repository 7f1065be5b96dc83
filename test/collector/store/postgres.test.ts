import { afterAll, beforeAll, vi } from "vitest";
import { postgres } from "../../../collector/store/postgres";
import { openStore } from "../../../collector/store/store";
import { describeStore } from "./contract";
import { dropDatabase, type Postgres, startPostgres } from "./database";

// Each test makes a database of its own, and every commit waits for the disk.
vi.setConfig({ testTimeout: 30_000 });

let server: Postgres;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.stop());

describeStore("PostgreSQL", async () => {
  const url = await server.database();
  const store = await openStore(postgres(url));
  return {
    store,
    remove: async () => {
      await store.close();
      await dropDatabase(url);
    },
  };
});
