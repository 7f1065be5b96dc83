/** What the console asks about calls, and about the site document before it is saved. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Collector, startCollector } from "./process";
import { BASE, type Call, event, newContext, openShop, SECOND, type Shop, THEN, view } from "./shop";

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.stop());

const ENTITIES = [{ name: "plan", type: "simple", scope: "session", value: "shop_plan" }];
const CALLER = "+14045550123";

interface Page {
  calls: Call[];
  next_cursor: string | null;
  searched_to?: number;
}

describe("calls are found by", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(collector.request, collector.adminToken, { ...BASE, entities: ENTITIES });
    const gold = newContext();
    await shop.post(gold, [view("v1", THEN, { entities: { plan: "gold" } })]);
    await shop.report(
      "infinity",
      event({ id: gold, ts: THEN + SECOND, transaction: "gold", call: { caller: CALLER } }),
      event({ id: gold, ts: THEN + 2 * SECOND, transaction: "travel", type: "trPackageTransactionSummary" }),
      event({ id: newContext(), ts: THEN + 3 * SECOND, transaction: "unknown", call: { caller: CALLER } }),
      event({ ts: THEN + 4 * SECOND, transaction: "none" }),
      event({ id: "null", ts: THEN + 5 * SECOND, transaction: "junk" }),
    );
  });

  const found = async (query: string) => {
    const answer = await shop.admin("GET", `/calls?${query}`);
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.json<Page>().calls.map(({ transaction }) => transaction.id);
  };

  test.each([
    ["their reason", "reason=no_id", ["none"]],
    ["their type", "type=trPackageTransactionSummary", ["travel"]],
    ["several things at once", "type=ecBasketTransactionSummary&status=unusable&vendor=infinity", ["junk", "none"]],
    ["their caller's number", `caller=${encodeURIComponent(CALLER)}`, ["unknown", "gold"]],
    ["that number with its plus not encoded", `caller=${CALLER}`, ["unknown", "gold"]],
    ["that and more", `caller=${CALLER}&status=matched`, ["gold"]],
    ["an entity's value as of the call", "entity=plan&value=gold", ["travel", "gold"]],
    ["a value that no call has", "entity=plan&value=Gold", []],
    ["an entity that no call has", "entity=toString&value=x", []],
    ["a time and a reason", `reason=no_id&to=${THEN + 4 * SECOND}`, []],
  ])("%s", async (_what, query, transactions) => {
    expect(await found(query)).toEqual(transactions);
  });

  test("pages of a search hold each call once", async () => {
    const all: string[] = [];
    let cursor = "";
    for (let pages = 0; pages < 10; pages += 1) {
      const answer = await shop.admin(
        "GET",
        `/calls?type=ecBasketTransactionSummary&vendor=infinity&limit=1&cursor=${cursor}`,
      );
      const { calls, next_cursor } = answer.json<Page>();
      all.push(...calls.map(({ transaction }) => transaction.id));
      if (next_cursor === null) break;
      cursor = next_cursor;
    }
    expect(all).toEqual(["junk", "none", "unknown", "gold"]);
  });

  test.each([
    ["value", "entity=plan"],
    ["value", "value=gold"],
    ["entity", "entity=a-b&value=x"],
    ["caller", "caller=01632"],
    ["reason", "reason=because"],
    ["type", "type=some"],
  ])("%s is named where it makes no sense: %s", async (path, query) => {
    const answer = await shop.admin("GET", `/calls?${query}`);
    expect([answer.status, answer.json<{ errors: { path: string }[] }>().errors[0]?.path]).toEqual([400, path]);
  });

  test("a table's rows by the same filters", async () => {
    const at = "/tables/ecBasketTransactionSummary?format=csv";
    const rows = async (query: string) =>
      (await shop.admin("GET", `${at}&${query}`)).text
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(",")[5]);
    expect(await rows("reason=no_id")).toEqual(["none"]);
    expect(await rows("entity=plan&value=gold")).toEqual(["gold"]);
    expect(await rows(`caller=${CALLER}`)).toEqual(["unknown", "gold"]);
    expect(await rows("status=unusable")).toEqual(["junk", "none"]);
  });

  test("a call shows its events as the vendor sent them, where it is asked to", async () => {
    const { id } = await shop.call("gold");
    expect((await shop.admin("GET", `/calls/${id}`)).text).not.toContain('"events"');
    const answer = await shop.admin("GET", `/calls/${id}?events=1&explain=1`);
    const { events } = answer.json<{ events: { vendor: string; received_at: number; body: object }[] }>();
    expect(events).toMatchObject([{ vendor: "infinity", body: { meta: { ts: THEN + SECOND } } }]);
    expect(answer.text).not.toContain(CALLER);
  });
});

describe("a site document is checked before it is saved:", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(collector.request, collector.adminToken);
  });
  const check = async (document: object, site = shop.id) => {
    const token = collector.adminToken;
    const answer = await collector.request("POST", `/v1/sites/${site}/check`, { token, json: document });
    expect(answer.status).toBe(200);
    return answer.json<{ errors: object[]; warnings: object[] }>();
  };

  test("its errors and its warnings, and nothing is saved", async () => {
    const entity = { name: "plan", type: "simple", scope: "session", value: "a +" };
    const { errors } = await check({ name: "x", entities: [entity, { ...entity, value: "gold" }] });
    expect(errors).toMatchObject([{ path: "entities.1.name" }, { path: "entities.0.value" }]);
    expect((await check({ entities: 1 })).errors).toMatchObject([{ path: "name" }, { path: "entities" }]);
    expect((await shop.admin("GET", "")).json()).toMatchObject({ version: 1, name: "Shoes" });
  });

  test("also of a site that is not there yet", async () => {
    expect(await check({ name: "New", origins: ["https://shop.example"] }, "not-there")).toEqual({
      errors: [],
      warnings: [],
    });
    expect((await collector.request("GET", "/v1/sites/not-there", { token: collector.adminToken })).status).toBe(404);
  });

  test.each([
    ["gold", 1],
    ["Gold", 1],
    ['"gold"', 0],
    ["r7k12_si", 0],
    ["dataLayer[0].plan", 0],
    ["shopPlan", 0],
    ["x1", 0],
  ])("a simple value that is written %s may have lost its quotes: %i warnings", async (value, count) => {
    const entities = [{ name: "plan", type: "simple", scope: "session", value }];
    const { warnings } = await check({ name: "x", origins: ["https://shop.example"], entities });
    expect(warnings).toHaveLength(count);
    if (count > 0)
      expect(warnings).toMatchObject([{ path: "entities.0.value", message: expect.stringContaining('"') }]);
  });
});

describe("refusals are replayed all alike:", () => {
  test("what is taken is gone, what is refused again stays", async () => {
    const vendors = (ts: string) => [
      ...BASE.vendors,
      { name: "own", adapter: "custom", mapping: { id: "id", time: { from: ts }, context_id: "context" } },
    ];
    const shop = await openShop(collector.request, collector.adminToken, { ...BASE, vendors: vendors("when") });
    const token = await shop.token("own");
    for (const id of ["a", "b", "c"]) {
      const json = { id, time: THEN, context: newContext() };
      await collector.request("POST", `/v1/calls/${shop.id}/own`, { token, json });
    }
    await shop.report("infinity", { meta: { type: "nothing" } });
    const list = async () => (await shop.admin("GET", "/rejected")).json<{ rejected: object[] }>().rejected;
    expect(await list()).toHaveLength(4);

    const replay = async (body: object) => shop.admin("POST", "/rejected/replay", body);
    expect((await replay({})).json()).toEqual({ replayed: 0, refused: 4, remaining: 0, next_cursor: null });
    await shop.save({ ...BASE, vendors: vendors("time") });
    const answer = await replay({ vendor: "own" });
    expect(answer.status).toBe(202);
    expect(answer.json()).toEqual({ replayed: 3, refused: 0, remaining: 0, next_cursor: null });
    expect(await list()).toMatchObject([{ vendor: "infinity" }]);
    expect(await shop.calls("vendor=own")).toHaveLength(3);
  });

  test("in steps, of one vendor", async () => {
    const shop = await openShop(collector.request, collector.adminToken);
    for (let n = 0; n < 3; n += 1)
      await shop.report("infinity", ...Array.from({ length: 50 }, (_, i) => ({ meta: { type: `no ${n} ${i}` } })));
    await shop.report("responsetap", { meta: { type: "no" } });
    let refused = 0;
    let steps = 0;
    for (let cursor: string | undefined; ; steps += 1) {
      const body = { vendor: "infinity", ...(cursor && { cursor }) };
      const answer = (await shop.admin("POST", "/rejected/replay", body)).json<{
        refused: number;
        remaining: number;
        next_cursor: string | null;
      }>();
      refused += answer.refused;
      if (answer.next_cursor === null) break;
      expect(answer.remaining).toBeGreaterThan(0);
      cursor = answer.next_cursor;
    }
    expect(refused).toBe(150);
    expect(steps).toBeGreaterThan(0);
    expect((await shop.admin("POST", "/rejected/replay", { vendr: "x" })).status).toBe(400);
  });
});
