import { beforeAll, describe, expect, test } from "vitest";
import type { Json } from "../../oracle";
import type { Asked, Receipt } from "./http";
import { sharedCollector } from "./shared";
import { BASE, type EventParts, event, openShop, SECOND, type Shop, THEN } from "./shop";

const collector = sharedCollector();
let site: Shop;
beforeAll(async () => {
  site = await openShop(collector.request, collector.adminToken);
});

const ROUTES = ["/v1/calls/", "/events/", "/events/raw/"];
const post = async (asked: Asked, route = "/v1/calls/") => collector.request("POST", `${route}${site.id}`, asked);
let orders = 0;
const newOrder = () => `order-${++orders}`;
const good = (parts: EventParts = {}) => event({ ts: THEN, transaction: newOrder(), ...parts });

describe("the routes for call events", () => {
  test.each(ROUTES)("%s takes QProtocol in {events} and as a bare list, and answers what it counted", async (route) => {
    const token = await site.token("infinity");
    for (const json of [{ events: [good(), good()] }, [good(), good()]]) {
      const answer = await post({ token, json }, route);
      expect([answer.status, answer.json()]).toEqual([202, { accepted: 2, duplicate: 0, rejected: [] }]);
    }
  });

  test.each(ROUTES)("%s takes the token in the address, too", async (route) => {
    const answer = await collector.request("POST", `${route}${site.id}?token=${await site.token("infinity")}`, {
      json: [good()],
    });
    expect([answer.status, answer.json<Receipt>().accepted]).toEqual([202, 1]);
  });

  test.each(ROUTES)(
    "%s without a token, with a wrong one, or with another site's is 401 and names no vendor",
    async (route) => {
      const other = await openShop(collector.request, collector.adminToken);
      for (const token of [undefined, "wrong", await other.token("infinity"), collector.adminToken]) {
        const json = [good({ transaction: "never-stored" })];
        const answer = await post(token === undefined ? { json } : { token, json }, route);
        expect(answer.status).toBe(401);
        expect(answer.headers.get("content-type")).toContain("application/problem+json");
        expect(answer.text).not.toMatch(/infinity|responsetap/);
      }
      expect(await site.calls("transaction_id=never-stored")).toEqual([]);
    },
  );

  test("a site that does not exist is refused", async () => {
    const answer = await collector.request("POST", "/v1/calls/nobodys-shop", { token: "wrong", json: [good()] });
    expect([401, 404]).toContain(answer.status);
  });

  test("the token says which vendor speaks", async () => {
    const transaction = newOrder();
    await site.report("infinity", good({ transaction }));
    await site.report("responsetap", good({ transaction }));
    const calls = await site.calls(`transaction_id=${transaction}`);
    expect(calls.map((call) => call.vendor).toSorted()).toEqual(["infinity", "responsetap"]);
  });

  test("a new token works at once, and the one before it goes on", async () => {
    const before = await site.token("infinity");
    const { token: after } = (await site.admin("POST", "/vendors/infinity/token")).json<{ token: string }>();
    expect(after).not.toBe(before);
    for (const token of [before, after]) expect((await post({ token, json: [good()] })).status).toBe(202);
  });

  test("the token of a vendor that has left the site document opens nothing", async () => {
    const other = await openShop(collector.request, collector.adminToken);
    const token = await other.token("infinity");
    await other.save({ ...BASE, vendors: [] });
    expect((await collector.request("POST", `/v1/calls/${other.id}`, { token, json: [good()] })).status).toBe(401);
  });

  test("400: neither {events} nor a list", async () => {
    const token = await site.token("infinity");
    for (const body of [
      "",
      "{",
      "null",
      "7",
      '"x"',
      "{}",
      '{"events": {}}',
      '{"events": null}',
      `{"__proto__": {"events": []}}`,
    ]) {
      const answer = await post({ token, headers: { "content-type": "application/json" }, body });
      expect([answer.status, body]).toEqual([400, body]);
      expect(answer.headers.get("content-type")).toContain("application/problem+json");
    }
  });

  test("413: at most 1 MiB", async () => {
    const token = await site.token("infinity");
    const sized = (bytes: number) => {
      const body = JSON.stringify([{ ...good(), padding: "" }]);
      return body.replace('"padding":""', `"padding":"${"x".repeat(bytes - body.length)}"`);
    };
    const headers = { "content-type": "application/json" };
    expect((await post({ token, headers, body: sized(1_048_576) })).json()).toMatchObject({ accepted: 1 });
    expect((await post({ token, headers, body: sized(1_048_577) })).status).toBe(413);
  });
});

describe("an event's parts", () => {
  const shown = async (parts: EventParts) => {
    const transaction = newOrder();
    const receipt = await site.report("infinity", good({ transaction, ...parts }));
    expect(receipt).toEqual({ accepted: 1, duplicate: 0, rejected: [] });
    return site.call(transaction);
  };
  const seconds = THEN / SECOND;

  test.each<[string, Json, number, string]>([
    ["seconds", seconds, THEN, "s"],
    ["seconds in a string", `${seconds}`, THEN, "s"],
    ["milliseconds", THEN + 7, THEN + 7, "ms"],
    ["milliseconds in a string", `${THEN + 7}`, THEN + 7, "ms"],
    ["milliseconds that are a whole second", THEN, THEN, "ms"],
  ])("ts in %s", async (_name, ts, expected, unit) => {
    expect(await shown({ ts })).toMatchObject({ ts: expected, ts_unit: unit });
  });

  test.each([
    ["ecBasketTransactionSummary", "ecBasketTransactionSummary"],
    ["trPackageTransactionSummary", "trPackageTransactionSummary"],
    ["fiBasketTransactionSummary", "fiBasketTransactionSummary"],
    ["someco.trPackageTransactionSummary", "trPackageTransactionSummary"],
    ["some.co.ecBasketTransactionSummary", "ecBasketTransactionSummary"],
  ])("type %s is %s", async (type, expected) => {
    expect((await shown({ type })).type).toBe(expected);
  });

  test("total, url and source are shown as they came", async () => {
    const parts = {
      total: { value: 9.99, currency: "GBP" },
      url: "https://shop.example/p/9",
      source: "Response@1.0.0",
    };
    expect(await shown(parts)).toMatchObject(parts);
  });

  test("a total may be absent, and be nothing", async () => {
    expect((await shown({})).total).toBeNull();
    expect((await shown({ total: { value: 0, currency: "EUR" } })).total).toEqual({ value: 0, currency: "EUR" });
  });

  test.each<[string, Json, Json]>([
    ["of null", null, null],
    ["without a value", { value: null, currency: "GBP" }, null],
    ["that is blank", { value: "", currency: "" }, null],
    ["in digits in a string", { value: "9.99", currency: "GBP" }, { value: 9.99, currency: "GBP" }],
  ])("a total %s", async (_name, total, expected) => {
    expect((await shown({ total })).total).toEqual(expected);
  });

  test("an empty url is an empty url", async () => {
    expect((await shown({ url: "" })).url).toBe("");
  });

  test.each([
    ["trPackageTransactionSummary", { value: 700, currency: "GBP" }],
    ["ecBasketTransactionSummary", null],
  ])("package.total in %s", async (type, expected) => {
    const transaction = newOrder();
    await site.report("infinity", {
      ...good({ transaction, type }),
      package: { total: { value: 700, currency: "GBP" } },
    });
    expect((await site.call(transaction)).total).toEqual(expected);
  });

  test("a transaction id that is a number is read as its string", async () => {
    const number = 900_000_000 + ++orders;
    await site.report("infinity", good({ transaction: number }));
    expect((await site.call(String(number))).transaction.id).toBe(String(number));
    expect(await site.report("infinity", good({ transaction: String(number), ts: THEN + 1 }))).toMatchObject({
      accepted: 1,
    });
    expect(await site.calls(`transaction_id=${number}`)).toHaveLength(1);
  });

  test("members that nobody asked for are no fault", async () => {
    const transaction = newOrder();
    expect(await site.report("infinity", { ...good({ transaction }), agent: { name: "Sam Sample" } })).toMatchObject({
      accepted: 1,
    });
  });
});

describe("an event that cannot be read is rejected with its reason, kept whole, and costs no other", () => {
  test.each<[string, Json]>([
    ["null", null],
    ["a number", 7],
    ["a list", []],
    ["an empty object", {}],
    ["no meta", { transaction: { id: "x" } }],
    ["an unknown type", good({ type: "ecProduct" })],
    ["a type that only ends like one", good({ type: "notecBasketTransactionSummary" })],
    ["no type", { meta: { ts: THEN }, transaction: { id: "x" } }],
    ["no ts", good({ ts: undefined as unknown as Json })],
    ["ts null", good({ ts: null })],
    ["ts in words", good({ ts: "yesterday" })],
    ["ts of 9 digits", good({ ts: 151_681_059 })],
    ["ts of 11 digits", good({ ts: 15_168_105_980 })],
    ["ts of 16 digits", good({ ts: 1_516_810_598_000_000 })],
    ["ts with a fraction", good({ ts: 1_516_810_598.5 })],
    ["a negative ts", good({ ts: -1_516_810_598 })],
    ["ts as a list", good({ ts: [THEN] })],
    ["ts in hexadecimal", good({ ts: "0x5a68b0d6a1" })],
    ["no transaction", good({ transaction: undefined as unknown as Json })],
    ["an empty transaction id", good({ transaction: "" })],
    ["a transaction id of null", good({ transaction: null })],
    ["a transaction id that is an object", good({ transaction: {} })],
    ["a currency in words", good({ total: { value: 1, currency: "pounds" } })],
    ["a total in words", good({ total: { value: "much", currency: "GBP" } })],
  ])("%s", async (_name, bad) => {
    const transaction = newOrder();
    const receipt = await site.report("infinity", bad, good({ transaction }));
    expect(receipt).toMatchObject({ accepted: 1, duplicate: 0, rejected: [{ index: 0 }] });
    expect(receipt.rejected[0]?.reason).toMatch(/./);
    expect(receipt.rejected[0]?.detail).toMatch(/./);
    expect(await site.call(transaction)).toBeDefined();

    const { rejected } = (await site.admin("GET", "/rejected")).json<{ rejected: Record<string, unknown>[] }>();
    const kept = rejected.find((row) => row.reason === receipt.rejected[0]?.reason && holds(row.body, bad));
    expect(kept).toMatchObject({ vendor: "infinity", detail: receipt.rejected[0]?.detail });
    expect(Object.keys(kept ?? {})).toEqual(expect.arrayContaining(["id", "route", "received_at"]));
  });

  /** Whether a kept body, text or JSON, is or contains what was posted. */
  function holds(body: unknown, posted: Json): boolean {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return text.includes(JSON.stringify(posted));
  }
});
