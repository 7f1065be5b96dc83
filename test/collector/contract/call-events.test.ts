import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { sharedCollector } from "./shared";
import { BASE, type EventParts, event, newContext, openShop, SECOND, type Shop, THEN, view } from "./shop";

const collector = sharedCollector();
let site: Shop;
beforeAll(async () => {
  site = await openShop(collector.request, collector.adminToken);
});

let orders = 0;
const newOrder = () => `order-${++orders}`;
const good = (parts: EventParts = {}) => event({ ts: THEN, transaction: newOrder(), ...parts });

describe("the events of one call", () => {
  const start = (parts: EventParts) => event({ ts: THEN, id: "", url: "", source: "", ...parts });

  test("one that says the same again is a duplicate, in whatever order its members come", async () => {
    const first = good({ id: newContext(), total: { value: 1, currency: "GBP" } });
    const reordered = Object.fromEntries(Object.entries(first).toReversed());
    expect(await site.report("infinity", first)).toMatchObject({ accepted: 1 });
    for (const again of [first, reordered])
      expect(await site.report("infinity", again)).toEqual({ accepted: 0, duplicate: 1, rejected: [] });
    const doubled = good();
    expect(await site.report("infinity", doubled, doubled)).toEqual({ accepted: 1, duplicate: 1, rejected: [] });
  });

  test("a repeat makes no new version, and a replay the same call", async () => {
    const transaction = newOrder();
    const first = good({ transaction });
    await site.report("infinity", first);
    const call = await site.call(transaction);
    await site.report("infinity", first);
    expect(await site.call(transaction)).toEqual(call);
  });

  test("the same in another namespace, type or vendor: type and vendor make another call, a namespace does not", async () => {
    const transaction = newOrder();
    await site.report("infinity", good({ transaction, type: "ecBasketTransactionSummary" }));
    await site.report("infinity", good({ transaction, type: "someco.ecBasketTransactionSummary" }));
    expect(await site.calls(`transaction_id=${transaction}`)).toHaveLength(1);
    await site.report("infinity", good({ transaction, type: "fiBasketTransactionSummary" }));
    await site.report("responsetap", good({ transaction }));
    expect(await site.calls(`transaction_id=${transaction}`)).toHaveLength(3);
  });

  const context = newContext();
  test.each<[string, EventParts[], object]>([
    ["T is the earliest ts", [{ ts: THEN + 5 }, { ts: THEN + 2 }, { ts: THEN + 9 }], { ts: THEN + 2, ts_unit: "ms" }],
    ["T is in whole seconds if any event at T is", [{ ts: THEN }, { ts: THEN / SECOND }], { ts: THEN, ts_unit: "s" }],
    [
      "an event in seconds after T leaves T in milliseconds",
      [{ ts: THEN }, { ts: THEN / SECOND + 1 }],
      { ts: THEN, ts_unit: "ms" },
    ],
    [
      "other fields are the last's",
      [
        { ts: THEN, source: "start" },
        { ts: THEN + 9, source: "end" },
      ],
      { source: "end" },
    ],
    [
      "empty overwrites nothing",
      [
        { ts: THEN, source: "start", url: "https://a.example/" },
        { ts: THEN + 9, source: "", url: "" },
      ],
      { source: "start", url: "https://a.example/" },
    ],
    [
      "an absent total overwrites nothing",
      [{ ts: THEN, total: { value: 5, currency: "GBP" } }, { ts: THEN + 9 }],
      { total: { value: 5, currency: "GBP" } },
    ],
    [
      "a blank total overwrites nothing",
      [
        { ts: THEN, total: { value: 5, currency: "GBP" } },
        { ts: THEN + 9, total: { value: "", currency: "" } },
      ],
      { total: { value: 5, currency: "GBP" } },
    ],
    [
      "a total of 0 is a total",
      [
        { ts: THEN, total: { value: 5, currency: "GBP" } },
        { ts: THEN + 9, total: { value: 0, currency: "GBP" } },
      ],
      { total: { value: 0, currency: "GBP" } },
    ],
    [
      "seconds and milliseconds are compared as times",
      [
        { ts: THEN / SECOND + 1, source: "later" },
        { ts: THEN + 999, source: "earlier" },
      ],
      { source: "later", ts: THEN + 999 },
    ],
    [
      "a junk id counts only where no event has a better one",
      [
        { ts: THEN, id: context },
        { ts: THEN + 9, id: "undefined" },
      ],
      { join: { context_id: context } },
    ],
    [
      "of two ids the last counts",
      [
        { ts: THEN, id: "an-older-visitor" },
        { ts: THEN + 9, id: context },
      ],
      { join: { context_id: context } },
    ],
  ])("%s, whatever arrives first", async (_name, parts, expected) => {
    for (const order of [parts, parts.toReversed()]) {
      const transaction = newOrder();
      for (const part of order) await site.report("infinity", start({ ...part, transaction }));
      expect(await site.call(transaction)).toMatchObject(expected);
    }
  });

  test("at one ts the last to be received decides, and of one request the canonical JSON", async () => {
    const [a, b] = [{ source: "a" }, { source: "b" }];
    for (const order of [
      [a, b],
      [b, a],
    ]) {
      const [apart, together] = [newOrder(), newOrder()];
      for (const part of order) {
        await site.report("infinity", start({ ...part, transaction: apart }));
        await new Promise((done) => setTimeout(done, 5));
      }
      expect((await site.call(apart)).source).toBe(order[1]?.source);
      await site.report("infinity", ...order.map((part) => start({ ...part, transaction: together })));
      expect((await site.call(together)).source).toBe("b");
    }
  });

  test("a call's duration, outcome and numbers are told, the caller as the site keeps it", async () => {
    const told = {
      duration_s: 95,
      answered: true,
      direction: "inbound",
      caller: "+14045550123",
      dialled: "+14045550199",
    };
    const caller_sha256 = createHash("sha256").update("+14045550123").digest("hex");
    for (const [keep_caller, kept] of [
      [undefined, { caller: null, caller_sha256 }],
      ["full", { caller: "+14045550123", caller_sha256 }],
      ["none", { caller: null, caller_sha256: null }],
    ] as const) {
      const own = await openShop(collector.request, collector.adminToken, {
        ...BASE,
        ...(keep_caller && { keep_caller }),
      });
      const at = event({ ts: THEN, transaction: "t" });
      await own.report("infinity", at, { ...event({ ts: THEN + 1, transaction: "t" }), call: told });
      expect(await own.call("t")).toMatchObject({ ...told, ...kept });
      const row = (await own.admin("GET", "/tables/ecBasketTransactionSummary")).json<{ rows: object[] }>().rows[0];
      expect(row).toMatchObject({
        duration_s: 95,
        answered: true,
        caller_sha256: kept.caller_sha256,
        dialled: told.dialled,
      });
      expect(Object.hasOwn(row ?? {}, "caller")).toBe(keep_caller === "full");
    }
  });

  test.each([{ direction: "outbound" }, { direction: "form" }])(
    "a call event whose call is %j is no call",
    async (call) => {
      const receipt = await site.report("infinity", { ...event({ ts: THEN, transaction: newOrder() }), call });
      expect(receipt.rejected).toMatchObject([
        { reason: "unknown_type", detail: expect.stringContaining(call.direction) },
      ]);
    },
  );

  test("an id of more digits than a number can hold stays itself", async () => {
    const body = JSON.stringify([event({ ts: THEN, transaction: "BIG" })]).replace('"BIG"', "12345678901234567890");
    const token = await site.token("infinity");
    const answer = await collector.request("POST", `/v1/calls/${site.id}`, { token, body });
    expect(answer.json()).toMatchObject({ accepted: 1 });
    expect((await site.call("12345678901234567890")).transaction.id).toBe("12345678901234567890");
  });

  test("an end event days later still amends the call", async () => {
    const transaction = newOrder();
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN - SECOND)]);
    await site.report("infinity", event({ id: contextId, ts: THEN, transaction }));
    const late = event({ ts: THEN + 3 * 86_400_000, transaction, total: { value: 30, currency: "GBP" } });
    await site.report("infinity", late);
    expect(await site.call(transaction)).toMatchObject({
      ts: THEN,
      total: { value: 30, currency: "GBP" },
      join: { status: "matched", view_id: "v1", late: false },
    });
  });
});
