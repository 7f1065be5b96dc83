import { beforeAll, describe, expect, test } from "vitest";
import { callOf, DOCUMENT, later } from "./joined";
import { sharedCollector } from "./shared";
import { HOUR, MINUTE, newContext, openShop, SECOND, type Shop, THEN, view } from "./shop";

const collector = sharedCollector();
let site: Shop;
beforeAll(async () => {
  site = await openShop(collector.request, collector.adminToken, DOCUMENT);
});

describe("matched", () => {
  test("by rule context_id: the whole answer", async () => {
    const contextId = newContext();
    await site.post(contextId, [
      view("entrance", THEN - MINUTE, {
        view: {
          number: 6,
          session_number: 2,
          session_view_number: 1,
          session_at: THEN - MINUTE,
          referrer: "https://find.example/",
        },
      }),
      view("v7", THEN - 5 * SECOND, {
        view: {
          number: 7,
          session_number: 2,
          session_view_number: 2,
          session_at: THEN - MINUTE,
          referrer: "https://shop.example/entrance",
        },
        entities: { basket: 49.9, product: "shoe" },
      }),
      later("v7", 1, THEN - SECOND),
    ]);
    const call = await callOf(site, "infinity", { id: contextId, ts: THEN / SECOND, source: "desk", url: "" });
    expect(call).toEqual({
      id: expect.any(String),
      vendor: "infinity",
      type: "ecBasketTransactionSummary",
      version: 1,
      transaction: { id: expect.any(String) },
      total: null,
      ts: THEN,
      ts_unit: "s",
      url: "",
      source: "desk",
      duration_s: null,
      answered: null,
      direction: "inbound",
      caller_sha256: null,
      caller: null,
      dialled: null,
      join: {
        status: "matched",
        rule: "context_id",
        reason: null,
        late: false,
        gap_ms: SECOND,
        context_id: contextId,
        session_id: "session-1",
        view_id: "v7",
      },
      context: {
        view_number: 7,
        session_number: 2,
        session_view_number: 2,
        view_ts: THEN - 5 * SECOND,
        session_ts: THEN - MINUTE,
        url: "https://shop.example/v7",
        referrer: "https://shop.example/entrance",
        entrance_url: "https://shop.example/entrance",
        conversion_number: null,
      },
      entities: { basket: 49.9, product: "shoe" },
      goals: [],
    });
  });

  test.each(["gbr0-77a", "clarity.88b"])(
    "by rule alias: %s, which an entity that identifies the vendor has shown",
    async (id) => {
      const contextId = newContext();
      await site.post(contextId, [view("v1", THEN - HOUR, { entities: { rtap_visitor: id } })]);
      const { join, context } = await callOf(site, "responsetap", { id });
      expect(join).toMatchObject({
        status: "matched",
        rule: "alias",
        reason: null,
        context_id: contextId,
        view_id: "v1",
        gap_ms: HOUR,
      });
      expect(context?.url).toBe("https://shop.example/v1");
    },
  );

  test("a context that is known wins over its own offline prefix", async () => {
    const id = "gbr0-also-a-context";
    await site.post(id, [view("v1", THEN - HOUR)]);
    expect((await callOf(site, "responsetap", { id })).join).toMatchObject({
      status: "matched",
      rule: "context_id",
      context_id: id,
    });
  });

  test("an alias that the visitor has since changed still names them", async () => {
    const contextId = newContext();
    await site.post(contextId, [
      view("v1", THEN - HOUR, { entities: { rtap_visitor: "gbr0-old" } }),
      later("v1", 1, THEN - MINUTE, { entities: { rtap_visitor: "gbr0-new" } }),
    ]);
    for (const id of ["gbr0-old", "gbr0-new"])
      expect((await callOf(site, "responsetap", { id })).join).toMatchObject({ rule: "alias", context_id: contextId });
  });

  test("of two visitors that showed one alias, the one who showed it last before the call", async () => {
    const [before, nearest, after] = [newContext(), newContext(), newContext()];
    const shown = { entities: { rtap_visitor: "gbr0-shared" } };
    await site.post(nearest, [view("v1", THEN - MINUTE, shown)]);
    await site.post(before, [view("v1", THEN - HOUR, shown)]);
    await site.post(after, [view("v1", THEN + MINUTE, shown)]);
    expect((await callOf(site, "responsetap", { id: "gbr0-shared" })).join).toMatchObject({
      rule: "alias",
      context_id: nearest,
    });
  });

  test.each([
    ["a time in milliseconds", THEN, THEN],
    ["a time in seconds, the second's end", THEN / SECOND, THEN + 999],
  ])("an alias that is shown at the cut itself: %s", async (_name, ts, at) => {
    const contextId = newContext();
    const id = `gbr0-at-${at}`;
    await site.post(contextId, [view("v1", at, { entities: { rtap_visitor: id } })]);
    expect((await callOf(site, "responsetap", { id, ts })).join).toMatchObject({
      rule: "alias",
      context_id: contextId,
    });
  });

  test("an alias that ten have shown is still somebody's", async () => {
    const contexts = Array.from({ length: 10 }, newContext);
    for (const [n, contextId] of contexts.entries())
      await site.post(contextId, [view("v1", THEN - HOUR + n, { entities: { rtap_visitor: "gbr0-ten" } })]);
    expect((await callOf(site, "responsetap", { id: "gbr0-ten" })).join).toMatchObject({
      rule: "alias",
      context_id: contexts[9],
    });
  });
});
