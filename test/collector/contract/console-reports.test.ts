/** What the console shows beside calls: progress, what needs attention, conversions, the system, and what happens as it happens. */
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Collector, startCollector } from "./process";
import { BASE, DAY, event, newContext, openShop, SECOND, type Shop, THEN, view } from "./shop";

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.stop());

const ENTITIES = [{ name: "plan", type: "simple", scope: "session", value: "shop_plan" }];
const open = (document = {}) =>
  openShop(collector.request, collector.adminToken, { ...BASE, entities: ENTITIES, ...document });
const read = async <T>(shop: Shop, path: string) => {
  const answer = await shop.admin("GET", path);
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json<T>();
};

test("progress says when each step of setting up was done first, and nothing before it is", async () => {
  const shop = await open();
  const progress = () => read<Record<string, number | null>>(shop, "/progress");
  const none = {
    page_seen_at: null,
    context_seen_at: null,
    entity_seen_at: null,
    first_event_at: null,
    first_match_at: null,
  };
  expect(await progress()).toEqual(none);
  await collector.request("GET", `/t/${shop.id}.js`);
  expect(await progress()).toEqual(none);
  await collector.request("GET", `/t/${shop.id}.js`, { headers: { referer: "https://shop.example/" } });
  expect(await progress()).toEqual({ ...none, page_seen_at: expect.any(Number) });
  const context = newContext();
  await shop.post(context, [view("v1", THEN)]);
  expect(await progress()).toMatchObject({ context_seen_at: expect.any(Number), entity_seen_at: null });
  await shop.post(context, [{ ...view("v1", THEN + 1), seq: 1, entities: { plan: "gold" } }]);
  await shop.report("infinity", event({ ts: THEN, transaction: "none" }));
  expect(await progress()).toMatchObject({
    entity_seen_at: expect.any(Number),
    first_event_at: expect.any(Number),
    first_match_at: null,
  });
  await shop.report("infinity", event({ id: context, ts: THEN + SECOND, transaction: "match" }));
  const done = await progress();
  expect(Object.values(done).every((at) => typeof at === "number")).toBe(true);
  await shop.report("infinity", event({ id: context, ts: THEN + SECOND, transaction: "next" }));
  expect(await progress()).toEqual(done);
});

test("conversions are counted and summed by day, source and goal, each currency for itself", async () => {
  const shop = await open({ timezone: "Asia/Tokyo", goals: [{ name: "order", min_total: 1 }, { name: "any" }] });
  const noon = Math.floor(THEN / DAY) * DAY - 3 * DAY + DAY / 2;
  const sell = async (ts: number, transaction: string, total: object | null, source: string) => {
    const id = newContext();
    await shop.post(id, [view("v1", ts - SECOND)]);
    await shop.report("infinity", event({ id, ts, transaction, total: total as never, source }));
  };
  await sell(noon, "a", { value: 0.1, currency: "GBP" }, "x");
  await sell(noon, "b", { value: 10.2, currency: "GBP" }, "y");
  // 15:00 UTC is the next day in Tokyo.
  await sell(noon + 3 * 3_600_000, "c", { value: 20, currency: "EUR" }, "y");
  await sell(noon, "d", null, "y");
  await shop.report("infinity", event({ ts: noon, transaction: "unmatched", total: { value: 9, currency: "GBP" } }));
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  const rows = async (query: string) => (await read<{ rows: object[] }>(shop, `/conversions?${query}`)).rows;
  expect(await rows("by=day")).toEqual([
    { key: day(noon), conversions: 3, value: { GBP: 10.3 } },
    { key: day(noon + DAY), conversions: 1, value: { EUR: 20 } },
  ]);
  expect(await rows("by=source")).toEqual([
    { key: "x", conversions: 1, value: { GBP: 0.1 } },
    { key: "y", conversions: 3, value: { GBP: 10.2, EUR: 20 } },
  ]);
  expect(await rows("by=goal")).toEqual([
    { key: "any", conversions: 4, value: { GBP: 10.3, EUR: 20 } },
    { key: "order", conversions: 2, value: { GBP: 10.2, EUR: 20 } },
  ]);
  expect(await rows(`by=day&from=${noon + 1}`)).toHaveLength(1);
  expect((await shop.admin("GET", "/conversions?by=mood")).status).toBe(400);
  const { rows: reasons } = await read<{ rows: { key: string; total: number }[] }>(shop, "/match-rate?by=reason");
  expect(reasons.map(({ key, total }) => [key, total])).toEqual([
    ["matched", 4],
    ["no_id", 1],
  ]);
});

test("what needs attention: a webhook that is off, a vendor never heard of, an entity that is empty, refusals", async () => {
  const webhooks = [{ name: "crm", url: "https://crm.example/", off: "answered 410" }];
  const shop = await open({ webhooks });
  const items = async () =>
    (await read<{ items: { kind: string; text: string; link: string }[] }>(shop, "/attention")).items;
  expect((await items()).map(({ kind, link }) => [kind, link])).toEqual([
    ["webhook_off", "webhooks/crm"],
    ["vendor_silent", "vendors/infinity"],
    ["vendor_silent", "vendors/responsetap"],
  ]);
  await shop.report("infinity", { meta: { type: "nothing" } }, event({ ts: THEN, transaction: "t" }));
  for (let n = 0; n < 20; n += 1) await shop.post(newContext(), [view("v1", THEN)]);
  const after = await items();
  expect(after.map(({ kind }) => kind)).toEqual(["webhook_off", "vendor_silent", "entity_empty", "rejected"]);
  expect(after[2]?.text).toContain("plan had no value on the last 20 views");
  expect(after[3]?.text).toBe("1 event was refused in the last 24 hours");
  await shop.post(newContext(), [view("v1", THEN, { entities: { plan: "x" } })]);
  expect((await items()).map(({ kind }) => kind)).not.toContain("entity_empty");
});

test("an entity's coverage says when its last value came, and on which view it threw", async () => {
  const shop = await open();
  const id = newContext();
  await shop.post(id, [{ ...view("v1", THEN, { entities: { plan: "gold" } }) }]);
  await shop.post(id, [{ ...view("v2", THEN + 1), errors: { plan: "ReferenceError: shop_plan" } }]);
  const { entities } = await read<{ entities: object[] }>(shop, "/entities?days=7");
  expect(entities).toMatchObject([
    {
      name: "plan",
      views: 2,
      with_value: 1,
      last_value: "gold",
      last_seen_at: expect.any(Number),
      last_error_view: { context_id: id, view_id: "v2" },
    },
  ]);
});

test("the system says what it runs on, how much it holds, and which collectors are there", async () => {
  const answer = await collector.request("GET", "/v1/system", { token: collector.adminToken });
  expect(answer.status).toBe(200);
  expect(answer.json()).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    node: process.versions.node,
    store: { rows: { sites: expect.any(Number), snapshots: expect.any(Number), calls: expect.any(Number) } },
    backlog: { due: expect.any(Number), deliveries: expect.any(Number) },
    collectors: [{ id: expect.any(String), version: expect.any(String), last_seen_at: expect.any(Number) }],
    metrics_url: "/metrics",
  });
  expect(answer.json<{ store: { bytes: number } }>().store.bytes).toBeGreaterThan(0);
});

describe("live", () => {
  /** Reads a stream's events until it is left. */
  async function look(shop: Shop, headers: Record<string, string> = {}) {
    const leave = new AbortController();
    const response = await fetch(`${collector.origin}/v1/sites/${shop.id}/live`, {
      headers: { authorization: `Bearer ${collector.adminToken}`, ...headers },
      signal: leave.signal,
    });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const seen: { id: string | undefined; event: string | undefined; data: Record<string, unknown> }[] = [];
    const reading = (async () => {
      let text = "";
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        text += Buffer.from(chunk).toString();
        const blocks = text.split("\n\n");
        text = blocks.pop() ?? "";
        for (const block of blocks) {
          const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
          const data = field("data");
          if (data) seen.push({ id: field("id"), event: field("event"), data: JSON.parse(data) });
        }
      }
    })().catch(() => undefined);
    return { seen, leave: () => leave.abort(), reading };
  }
  const until = async (is: () => boolean) => {
    for (let n = 0; n < 100 && !is(); n += 1) await wait(100);
    expect(is()).toBe(true);
  };

  test("tells of a call as it comes, of each version once, and of the first things; of no other site's", async () => {
    const [shop, other] = [await open(), await open()];
    const id = newContext();
    await shop.report("infinity", event({ id: newContext(), ts: THEN, transaction: "before" }));
    const watching = await look(shop);
    await other.report("infinity", event({ id: newContext(), ts: THEN, transaction: "other" }));
    await shop.report("infinity", event({ id, ts: THEN + SECOND, transaction: "t" }));
    const calls = () => watching.seen.filter((one) => one.event === "call");
    await until(() => calls().length === 1);
    const call = await shop.call("t");
    expect(calls()[0]?.data).toEqual({ id: call.id, ts: call.ts, status: "unmatched", version: 1 });
    await shop.post(id, [view("v1", THEN)]);
    await until(() => calls().length === 2);
    expect(calls()[1]?.data).toMatchObject({ id: call.id, status: "matched", version: 2 });
    await until(() => watching.seen.some((one) => one.event === "progress" && one.data.first_match_at !== null));
    await wait(1_500);
    expect(calls()).toHaveLength(2);
    watching.leave();
    await watching.reading;
  });

  test("who comes back is told of what happened meanwhile", async () => {
    const shop = await open();
    await shop.report("infinity", event({ id: newContext(), ts: THEN, transaction: "a" }));
    const first = await shop.call("a");
    const last = `${Date.now()}-${first.id}`;
    await shop.report("infinity", event({ id: newContext(), ts: THEN, transaction: "b" }));
    const { id } = await shop.call("b");
    const watching = await look(shop, { "last-event-id": last });
    await until(() => watching.seen.some((one) => one.data.id === id));
    watching.leave();
    await watching.reading;
  });

  test("asks for who it is, and nothing of it holds up the collector's end", async () => {
    const shop = await open();
    expect((await collector.request("GET", `/v1/sites/${shop.id}/live`)).status).toBe(401);
    const own = await startCollector();
    const site = await openShop(own.request, own.adminToken);
    const response = await fetch(`${own.origin}/v1/sites/${site.id}/live`, {
      headers: { authorization: `Bearer ${own.adminToken}` },
    });
    const begun = Date.now();
    await own.stop();
    // A stream that is not ended is cut off after 2.5 s.
    expect(Date.now() - begun).toBeLessThan(2_000);
    await response.text().catch(() => undefined);
  });
});
