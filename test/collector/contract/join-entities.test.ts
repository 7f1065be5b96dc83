import { beforeAll, describe, expect, test } from "vitest";
import { callOf, DOCUMENT, inSession, later } from "./joined";
import { sharedCollector } from "./shared";
import { type EventParts, HOUR, MINUTE, newContext, openShop, SECOND, type Shop, THEN, view } from "./shop";

const collector = sharedCollector();
let site: Shop;
beforeAll(async () => {
  site = await openShop(collector.request, collector.adminToken, DOCUMENT);
});

describe("the entities", () => {
  test("session scope: the session's last value before the call; page-view scope: the view's own", async () => {
    const contextId = newContext();
    await site.post(contextId, [
      view("v1", THEN - HOUR, { entities: { basket: 1, product: "on v1" } }),
      view("v2", THEN - MINUTE, { entities: { product: "on v2" } }),
      later("v1", 1, THEN - SECOND, { entities: { basket: 2, product: "v1 again" } }),
      later("v2", 1, THEN + 1, { entities: { basket: 3, product: "after the call" } }),
    ]);
    expect((await callOf(site, "infinity", { id: contextId })).entities).toEqual({ basket: 2, product: "on v2" });
  });

  test("a value that was said once is found behind thousands of snapshots that say others", async () => {
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN - HOUR, { entities: { product: "said once" } })]);
    for (let part = 0; part < 10; part += 1) {
      const many = Array.from({ length: 300 }, (_, n) => part * 300 + n + 1);
      await site.post(
        contextId,
        many.map((seq) => later("v1", seq, THEN - MINUTE + seq, { entities: { basket: seq } })),
      );
    }
    expect((await callOf(site, "infinity", { id: contextId })).entities).toEqual({
      basket: 3_000,
      product: "said once",
    });
  });

  test("values of another session or another visitor are no part of it", async () => {
    const contextId = newContext();
    await site.post(newContext(), [view("v1", THEN - SECOND, { entities: { basket: "a stranger's" } })]);
    await site.post(contextId, [
      view("v1", THEN - HOUR, { ...inSession("s1"), entities: { basket: "last week's" } }),
      view("v2", THEN - MINUTE, inSession("s2")),
    ]);
    expect((await callOf(site, "infinity", { id: contextId })).entities).toEqual({});
  });

  test.each([null, ""])("%j is empty and overwrites nothing", async (empty) => {
    const contextId = newContext();
    await site.post(contextId, [
      view("v1", THEN - HOUR, { entities: { basket: 1, product: "shoe" } }),
      later("v1", 1, THEN - MINUTE, { entities: { basket: empty, product: empty } }),
    ]);
    expect((await callOf(site, "infinity", { id: contextId })).entities).toEqual({ basket: 1, product: "shoe" });
  });

  test.each([0, false, "0", " ", 49.9])("%j is a value", async (value) => {
    const contextId = newContext();
    await site.post(contextId, [
      view("v1", THEN - HOUR, { entities: { basket: 1 } }),
      later("v1", 1, THEN - 1, { entities: { basket: value } }),
    ]);
    expect((await callOf(site, "infinity", { id: contextId })).entities).toEqual({ basket: value });
  });

  test("last is by time, then number, then view_id", async () => {
    const contextId = newContext();
    const at = THEN - MINUTE;
    await site.post(contextId, [
      view("b", at, { seq: 3, entities: { basket: "b3" } }),
      view("a", at, { seq: 3, entities: { basket: "a3" } }),
      view("c", at, { seq: 1, entities: { basket: "c1" } }),
    ]);
    expect((await callOf(site, "infinity", { id: contextId })).entities).toEqual({ basket: "b3" });
  });

  test("names that the site document does not list are left out", async () => {
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN - HOUR, { entities: { basket: 1, surprise: 2 } })]);
    expect((await callOf(site, "infinity", { id: contextId })).entities).toEqual({ basket: 1 });
  });
});

describe("goals and conversions", () => {
  let goals: Shop;
  beforeAll(async () => {
    goals = await openShop(collector.request, collector.adminToken, {
      ...DOCUMENT,
      goals: [
        { name: "phone_order", types: ["ecBasketTransactionSummary"], min_total: 10 },
        { name: "any_call", types: ["ecBasketTransactionSummary", "fiBasketTransactionSummary"] },
      ],
    });
  });
  const gbp = (value: number) => ({ value, currency: "GBP" });

  test.each<[string, EventParts, string[]]>([
    ["enough", { total: gbp(10) }, ["phone_order", "any_call"]],
    ["too little", { total: gbp(9.99) }, ["any_call"]],
    ["no total", {}, ["any_call"]],
    ["another type", { type: "fiBasketTransactionSummary", total: gbp(99) }, ["any_call"]],
    ["a type of no goal", { type: "trPackageTransactionSummary", total: gbp(99) }, []],
  ])("a matched call meets the goals of its type and total: %s", async (_name, parts, expected) => {
    const contextId = newContext();
    await goals.post(contextId, [view("v1", THEN - HOUR)]);
    const call = await callOf(goals, "infinity", { ...parts, id: contextId });
    expect(call.goals).toEqual(expected);
    expect(call.context?.conversion_number).toBe(expected.length > 0 ? 1 : null);
  });

  test("conversion_number counts the visitor's converting calls by T, and moves when an earlier one comes", async () => {
    const contextId = newContext();
    await goals.post(contextId, [view("v1", THEN - HOUR)]);
    const third = await callOf(goals, "infinity", { id: contextId, ts: THEN + 3 });
    const second = await callOf(goals, "infinity", { id: contextId, ts: THEN + 2 });
    const none = await callOf(goals, "infinity", { id: contextId, ts: THEN + 1, type: "trPackageTransactionSummary" });
    const first = await callOf(goals, "infinity", { id: contextId, ts: THEN });
    const numbers = async () =>
      Promise.all(
        [first, second, third, none].map(
          async (call) => (await goals.call(call.transaction.id)).context?.conversion_number,
        ),
      );
    expect(await numbers()).toEqual([1, 2, 3, null]);
    expect((await goals.call(third.transaction.id)).version).toBe(third.version);
  });

  test("at one T the call id decides the conversion's number", async () => {
    const contextId = newContext();
    await goals.post(contextId, [view("v1", THEN - HOUR)]);
    const made = [];
    for (let n = 0; n < 4; n += 1) made.push(await callOf(goals, "infinity", { id: contextId }));
    const byId = made.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const numbers = await Promise.all(
      byId.map(async (call) => (await goals.call(call.transaction.id)).context?.conversion_number),
    );
    expect(numbers).toEqual([1, 2, 3, 4]);
  });
});
