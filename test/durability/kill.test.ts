import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, test as anyTest, beforeAll, describe, expect } from "vitest";
import type { Shop } from "../collector/contract/shop";
import { noPostgres, startPostgres } from "../collector/store/database";
import { ADMIN, type Instance, newInstance } from "./process";
import { missing, openWatchedShop, type Visitor, visit } from "./visitors";

/** `CALLJOIN_KILLS=300 npx vitest run --project durability` kills more often. */
const KILLS = Number(process.env.CALLJOIN_KILLS ?? 25);
/** A slow machine is content with fewer, unless it was told how many. */
const LIMIT_MS = process.env.CALLJOIN_KILLS === undefined ? 50_000 : 3_600_000;
const LEAST_KILLS = 3;
const CLIENTS = 8;
/** A kill comes after so many answers at most: counted, since a slow machine gives none in the time in which a fast one gives many. */
const MOST_ANSWERS = 30;

let crm: Server;
beforeAll(async () => {
  crm = createServer((_request, response) => response.end()).listen(0, "127.0.0.1");
  await once(crm, "listening");
});
afterAll(() => {
  crm.close();
});

const stores = {
  "the embedded store": async () => ({ env: {} as Record<string, string>, stop: async () => {} }),
  PostgreSQL: async () => {
    const server = await startPostgres();
    return { env: { DATABASE_URL: await server.database() }, stop: server.stop };
  },
};

describe.each(Object.entries(stores))("on %s", (name, open) => {
  const test = anyTest.skipIf(name === "PostgreSQL" && noPostgres);
  let stop = async () => {};
  let instance: Instance;
  let shop: Shop;
  beforeAll(async () => {
    const store = await open();
    stop = store.stop;
    instance = await newInstance({ CALLJOIN_ALLOW_PRIVATE: "127.0.0.1", LOG_LEVEL: "warn", ...store.env });
    await instance.start();
    const { port } = crm.address() as AddressInfo;
    shop = await openWatchedShop(instance.request, ADMIN, `http://127.0.0.1:${port}/`);
  });
  afterAll(async () => {
    await instance?.remove();
    await stop();
  });

  test(
    "killed at random moments under load, it has each snapshot, call, join and delivery that it answered for",
    async () => {
      const all: Visitor[] = [];
      const end = Date.now() + LIMIT_MS;
      let kills = 0;
      while (kills < KILLS && Date.now() < end) {
        const visitors: Visitor[] = [];
        const clients = Array.from({ length: CLIENTS }, () => client(shop, visitors));
        await answered(visitors, Math.random() * MOST_ANSWERS);
        await wait(Math.random() * 20);
        await instance.end("SIGKILL");
        await Promise.all(clients);
        await instance.start();
        kills += 1;
        expect(await missing(shop, visitors), `after kill ${kills}`).toEqual([]);
        all.push(...visitors);
      }
      expect(kills).toBeGreaterThanOrEqual(LEAST_KILLS);
      const calls = all.filter(({ call }) => call !== null).length;
      expect(calls).toBeGreaterThan(kills);
      const snapshots = all.flatMap(({ views }) => views).length;
      console.info(`${kills} kills; ${snapshots} snapshots and ${calls} calls acknowledged, none lost`);
    },
    LIMIT_MS + 60_000,
  );
});

/** Resolves when so many requests have been acknowledged, or when none come any more. */
async function answered(visitors: Visitor[], count: number): Promise<void> {
  const patience = Date.now() + 10_000;
  const answers = () => visitors.reduce((sum, { views, call }) => sum + views.length + (call === null ? 0 : 1), 0);
  while (answers() < count && Date.now() < patience) await wait(5);
}

/** Visits until the collector is gone. */
async function client(shop: Shop, visitors: Visitor[]): Promise<void> {
  for (;;) {
    try {
      await visit(shop, visitors);
    } catch {
      return;
    }
  }
}
