import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Collector, startCollector } from "../contract/process";
import { event, newContext, openShop, type Shop, view } from "../contract/shop";
import { type Receiver, startReceiver } from "./receiver";
import type { Delivery } from "./world";

const CALLS = 40;
/** A collector that was killed leaves its claims for 20 s, and its joins for 5. */
const PATIENCE_MS = 90_000;

let collector: Collector;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  collector = await startCollector({ CALLJOIN_ALLOW_PRIVATE: "127.0.0.1" });
});
afterAll(async () => {
  await collector.stop();
  await receiver.stop();
});

test("however often the collector is killed, every version of every call arrives, each under one id of its own", {
  tags: ["long"],
  timeout: PATIENCE_MS + 240_000,
}, async () => {
  const shop = await openShop(collector.request, collector.adminToken, {
    webhooks: [{ name: "crm", url: receiver.url, on: ["call.matched", "call.updated"] }],
  });
  await shop.token("infinity");
  // Slow enough that a kill finds some under way.
  receiver.behave((_request, response) => void setTimeout(() => response.writeHead(204).end(), 30));
  const kills = [3, 8, 9, 17, 26, 33];
  for (let n = 0; n < CALLS; n++) {
    const told = tell(shop, n).then(
      () => true,
      () => false,
    );
    if (kills.includes(n)) {
      await wait(n % 7);
      await collector.crash();
    }
    // Who is cut off says it again, as a vendor does.
    if (!(await told)) await tell(shop, n);
  }
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await allDelivered(shop)) && Date.now() < deadline) await wait(250);

  const calls = await shop.calls("limit=500");
  expect(calls).toHaveLength(CALLS);
  const arrived = new Map<string, Set<string>>();
  for (const { id, body } of receiver.received) {
    const { call_id, version } = JSON.parse(body);
    const key = `${call_id} ${version}`;
    arrived.set(key, new Set([...(arrived.get(key) ?? []), id]));
  }
  const matched = calls.map(({ id, version }) => `${id} ${version}`);
  expect(matched.filter((key) => !arrived.has(key))).toEqual([]);
  expect([...arrived.values()].map((ids) => ids.size)).toEqual(Array(arrived.size).fill(1));
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(arrived.size);
});

/** One visitor's page and call; twice the same makes one call. */
async function tell(shop: Shop, n: number): Promise<void> {
  const id = contexts[n] ?? newContext();
  contexts[n] = id;
  await shop.post(id, [view(`view-${n}`, STARTED - 10_000)], STARTED - 10_000);
  await shop.report("infinity", event({ id, ts: STARTED, transaction: `order-${n}` }));
}

const STARTED = Date.now();
const contexts: string[] = [];

async function allDelivered(shop: Shop): Promise<boolean> {
  const calls = await shop.calls("limit=500&status=matched");
  const { deliveries } = (await shop.admin("GET", "/deliveries?limit=500")).json<{ deliveries: Delivery[] }>();
  return calls.length === CALLS && deliveries.length >= CALLS && deliveries.every(({ state }) => state === "delivered");
}
