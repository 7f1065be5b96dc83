/** What several collectors on one database must agree on, on each engine. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, test as anyTest, beforeAll, beforeEach, describe, expect } from "vitest";
import { createForwarder, type Forwarder } from "../../../collector/forward/forwarder";
import { createSites, type SiteRegistry } from "../../../collector/site/registry";
import { postgres } from "../../../collector/store/postgres";
import { sqlite } from "../../../collector/store/sqlite";
import { openStore, type Store } from "../../../collector/store/store";
import type { DeliveryRow } from "../../../collector/store/tables";
import { siteSchema } from "../../../collector/wire/site";
import { dropDatabase, noPostgres, type Postgres, startPostgres } from "../store/database";

const NOW = 1_800_000_000_000;
const LEASE = 20_000;

interface Place {
  open(): Promise<Store>;
  remove(): Promise<void>;
}

let server: Postgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const ENGINES: Record<string, () => Promise<Place>> = {
  SQLite: async () => {
    const folder = await mkdtemp(join(tmpdir(), "calljoin-several-"));
    return { open: () => openStore(sqlite(folder)), remove: () => rm(folder, { recursive: true, force: true }) };
  },
  PostgreSQL: async () => {
    const url = await server.database();
    return { open: () => openStore(postgres(url)), remove: () => dropDatabase(url) };
  },
};

interface Collector {
  store: Store;
  sites: SiteRegistry;
  forwarder: Forwarder;
}

describe.each(Object.entries(ENGINES))("three collectors on %s", (engine, makePlace) => {
  const test = anyTest.skipIf(engine === "PostgreSQL" && noPostgres);
  let place: Place;
  let collectors: Collector[];
  let first: Collector;
  let now: number;
  let sent: string[];
  /** How many deliveries each transaction has claimed or settled. */
  let written: number[];
  let answer: (id: string) => number;
  let gate: () => Promise<void>;
  let isFull: boolean;

  const everybody = () => Promise.all(collectors.map(({ forwarder }) => send(forwarder)));

  async function open(): Promise<Collector> {
    const opened = await place.open();
    const store: Store = {
      ...opened,
      async claimDeliveries(...asked) {
        const claimed = await opened.claimDeliveries(...asked);
        written.push(claimed.length);
        return claimed;
      },
      settleDeliveries(settlements) {
        if (isFull) return Promise.reject(new Error("the disk is full"));
        written.push(settlements.length);
        return opened.settleDeliveries(settlements);
      },
    };
    const sites = createSites(store, () => now);
    const forwarder = createForwarder({
      store,
      sites,
      clock: () => now,
      random: () => 0.5,
      log: pino({ level: "silent" }),
      send: async ({ headers }) => {
        const id = headers["webhook-id"] ?? "";
        sent.push(id);
        await gate();
        return { status: answer(id), retryAfter: null, response: "said", error: null, ms: 1 };
      },
    });
    return { store, sites, forwarder };
  }

  beforeEach(async () => {
    now = NOW;
    sent = [];
    written = [];
    isFull = false;
    answer = () => 204;
    gate = () => new Promise((resolve) => setImmediate(resolve));
    place = await makePlace();
    first = await open();
    collectors = [first, await open(), await open()];
    const webhooks = ["a", "b"].map((name) => ({ name, url: "https://crm.example/" }));
    const put = { hash: "h", secret: `whsec_${Buffer.alloc(32).toString("base64")}` };
    const secrets = webhooks.map(({ name }) => ({ kind: "webhook_secret" as const, name, put }));
    await first.sites.save("shop", siteSchema.parse({ name: "Shop", webhooks }), secrets, "somebody");
  });
  afterEach(async () => {
    for (const { store } of collectors) await store.close();
    await place.remove();
  });

  const add = (rows: DeliveryRow[]) => first.store.joining((tx) => tx.addDeliveries(rows));

  test("send each delivery once, and take over what one that is gone has claimed", async () => {
    const rows = Array.from({ length: 200 }, (_, n) => delivery(n));
    await add(rows);
    const [lost] = await first.store.claimDeliveries("shop", "a", NOW, NOW + LEASE, 1);
    await everybody();
    expect(sent).toHaveLength(199);
    now += LEASE;
    await everybody();
    expect(sent.at(-1)).toBe(lost?.id);
    expect([...sent].sort()).toEqual(rows.map(({ id }) => id).sort());
  });

  test("claim and log together what is due and ends together, some at a time", async () => {
    const atOnce = 5;
    const waiting: (() => void)[] = [];
    gate = () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        if (waiting.length === atOnce) for (const go of waiting.splice(0)) go();
      });
    answer = () => 500;
    await add(Array.from({ length: 200 }, (_, n) => delivery(n)));
    await send(first.forwarder);
    expect(sent).toHaveLength(200);
    expect(written.reduce((sum, one) => sum + one)).toBe(400);
    const transactions = written.filter((one) => one > 0);
    expect(transactions.length).toBeLessThanOrEqual(200);
    expect(Math.max(...transactions)).toBeLessThanOrEqual(20);
  });

  test("send no more than a webhook may have under way while attempts cannot be logged, and all of it later", async () => {
    isFull = true;
    const rows = Array.from({ length: 40 }, (_, n) => delivery(n));
    await add(rows);
    await send(first.forwarder);
    // Five for each of the two webhooks.
    expect(sent).toHaveLength(10);
    isFull = false;
    now += LEASE;
    await send(first.forwarder);
    expect(new Set(sent).size).toBe(40);
    expect(sent).toHaveLength(50);
  });

  test("log every attempt, and agree on when the next one is due", async () => {
    await add([delivery(0)]);
    answer = () => 500;
    await everybody();
    now += 5_000;
    answer = () => 200;
    await everybody();
    const [row] = await first.store.deliveries("shop", {}, null, 10);
    expect(row).toMatchObject({ state: "delivered", failures: 1, next_attempt_at: null, ended_at: now });
    const attempts = await first.store.attempts("shop", delivery(0).call_id, delivery(0).id);
    expect(attempts.map(({ number, at, status, response }) => [number, at, status, response])).toEqual([
      [0, NOW, 500, "said"],
      [1, now, 200, "said"],
    ]);
  });

  test("whose lease has run out has no say any more", async () => {
    await add([delivery(0)]);
    const [claimed] = await first.store.claimDeliveries("shop", "a", NOW, NOW + LEASE, 1);
    now += LEASE;
    await everybody();
    const attempt = { at: now, ms: 1, status: 500, error: null, request: null, response: "late" };
    const late = { claimed: claimed as DeliveryRow, failures: 1, attempt, webhookOff: null };
    await first.store.settleDeliveries([{ ...late, state: "pending", next_attempt_at: now }]);
    expect(await first.store.deliveries("shop", {}, null, 10)).toMatchObject([{ state: "delivered", failures: 0 }]);
    expect(await first.store.attempts("shop", delivery(0).call_id, delivery(0).id)).toHaveLength(2);
  });

  test("switch a webhook off once, and give up what waits for it and for no other", async () => {
    answer = (id) => (Number(id.slice(-3)) % 2 === 0 ? 410 : 503);
    await add(Array.from({ length: 20 }, (_, n) => delivery(n)));
    await everybody();
    expect((await first.store.site("shop"))?.version).toBe(2);
    const { webhooks } = JSON.parse((await first.store.site("shop"))?.document ?? "");
    expect(webhooks).toMatchObject([{ name: "a", off: expect.stringContaining("410") }, { name: "b" }]);
    expect(webhooks[1].off).toBeUndefined();
    expect(await first.store.deliveries("shop", { state: "dead" }, null, 50)).toHaveLength(10);
    expect(await first.store.deliveries("shop", { state: "pending", webhook: "b" }, null, 50)).toHaveLength(10);
  });

  test("page, filter, replay and forget deliveries", async () => {
    await add([delivery(0), delivery(1), { ...delivery(2), state: "dead", next_attempt_at: null, ended_at: NOW - 5 }]);
    const [newest] = await first.store.deliveries("shop", {}, null, 1);
    const rest = await first.store.deliveries("shop", {}, newest ?? null, 10);
    expect([newest, ...rest].map((row) => row?.id)).toEqual(["delivery-002", "delivery-001", "delivery-000"]);
    expect(await first.store.dueWebhooks(NOW)).toHaveLength(2);
    expect(await first.store.replayDeliveries("shop", { since: NOW }, NOW)).toBe(0);
    expect(await first.store.replayDeliveries("shop", { since: NOW - 5, webhook: "b" }, NOW)).toBe(0);
    expect(await first.store.replayDeliveries("shop", { since: NOW - 5, webhook: "a" }, NOW)).toBe(1);
    expect(await first.store.replayDeliveries("shop", { id: "nobody" }, NOW)).toBe(0);
    await everybody();
    expect(sent).toHaveLength(3);
    await add([delivery(0)]);
    await everybody();
    expect(sent).toHaveLength(3);
  });
});

async function send(forwarder: Forwarder): Promise<void> {
  await forwarder.poll();
  await forwarder.idle();
}

function delivery(n: number): DeliveryRow {
  return {
    site: "shop",
    call_id: `call-${n}`,
    id: `delivery-${String(n).padStart(3, "0")}`,
    webhook: n % 2 === 0 ? "a" : "b",
    event: "call.matched",
    version: 1,
    state: "pending",
    request: JSON.stringify({ format: "json", body: "{}", fill: {} }),
    made_at: NOW,
    failures: 0,
    next_attempt_at: NOW,
    ended_at: null,
  };
}
