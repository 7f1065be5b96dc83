import { beforeAll, describe, expect, test } from "vitest";
import { callOf, DOCUMENT, later, notMatched } from "./joined";
import { sharedCollector } from "./shared";
import { DAY, type EventParts, HOUR, MINUTE, newContext, openShop, type Shop, THEN, view } from "./shop";

const collector = sharedCollector();
let site: Shop;
beforeAll(async () => {
  site = await openShop(collector.request, collector.adminToken, DOCUMENT);
});

describe("offline", () => {
  test("offline_vendor_id: nobody has shown it", async () => {
    expect(await callOf(site, "responsetap", { id: "gbr0-nobody" })).toMatchObject(
      notMatched("offline", "offline_vendor_id", "gbr0-nobody"),
    );
  });

  test("offline_vendor_id: it was shown after the call only", async () => {
    await site.post(newContext(), [view("v1", THEN + 1, { entities: { rtap_visitor: "gbr0-after" } })]);
    expect((await callOf(site, "responsetap", { id: "gbr0-after" })).join).toMatchObject({
      status: "offline",
      reason: "offline_vendor_id",
    });
  });

  test("offline_vendor_id: an entity that identifies nobody has shown it", async () => {
    await site.post(newContext(), [view("v1", THEN - HOUR, { entities: { basket: "gbr0-basket" } })]);
    expect((await callOf(site, "responsetap", { id: "gbr0-basket" })).join.reason).toBe("offline_vendor_id");
  });

  test("an id with the prefix of another vendor is no offline id", async () => {
    expect((await callOf(site, "infinity", { id: "gbr0-long-enough" })).join).toMatchObject({
      status: "unmatched",
      reason: "unknown_context",
    });
  });

  test("ambiguous_alias: more than ten contexts have shown it", async () => {
    for (let n = 0; n < 11; n += 1)
      await site.post(newContext(), [view("v1", THEN - HOUR + n, { entities: { rtap_visitor: "gbr0-eleven" } })]);
    expect(await callOf(site, "responsetap", { id: "gbr0-eleven" })).toMatchObject(
      notMatched("offline", "ambiguous_alias", "gbr0-eleven"),
    );
  });

  test("ambiguous_alias takes a match back when the eleventh comes after the call was joined", async () => {
    const id = "gbr0-becomes-ambiguous";
    for (let n = 0; n < 10; n += 1)
      await site.post(newContext(), [view("v1", THEN - HOUR, { entities: { rtap_visitor: id } })]);
    const call = await callOf(site, "responsetap", { id });
    expect(call.join.rule).toBe("alias");
    await site.post(newContext(), [view("v1", THEN - HOUR, { entities: { rtap_visitor: id } })]);
    expect((await site.call(call.transaction.id)).join).toMatchObject({ status: "offline", reason: "ambiguous_alias" });
  });
});

describe("unmatched", () => {
  test("unknown_context: nothing was ever heard of the id, which the join still shows", async () => {
    const contextId = newContext();
    expect(await callOf(site, "infinity", { id: contextId })).toMatchObject(
      notMatched("unmatched", "unknown_context", contextId),
    );
  });

  test("no_view_before_call: the first view starts more than 60 s after the call", async () => {
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN + MINUTE + 1)]);
    expect(await callOf(site, "infinity", { id: contextId })).toMatchObject(
      notMatched("unmatched", "no_view_before_call", contextId),
    );
  });

  test("outside_window: nothing was heard of the visitor for more than 30 days", async () => {
    const [outside, inside] = [newContext(), newContext()];
    await site.post(outside, [view("v1", THEN - 30 * DAY - 1)]);
    await site.post(inside, [view("v1", THEN - 30 * DAY)]);
    expect(await callOf(site, "infinity", { id: outside })).toMatchObject(
      notMatched("unmatched", "outside_window", outside),
    );
    expect((await callOf(site, "infinity", { id: inside })).join).toMatchObject({
      status: "matched",
      gap_ms: 30 * DAY,
    });
  });

  test("outside_window is as wide as the site says, and counts from the last activity before the call, on any view", async () => {
    const narrow = await openShop(collector.request, collector.adminToken, { ...DOCUMENT, window_days: 1 });
    const [lapsed, active, returned] = [newContext(), newContext(), newContext()];
    await narrow.post(lapsed, [view("v1", THEN - DAY - 1)]);
    await narrow.post(active, [view("v1", THEN - 3 * DAY), later("v1", 1, THEN - HOUR)]);
    await narrow.post(returned, [view("v1", THEN - 3 * DAY), later("v1", 1, THEN + HOUR)]);
    expect((await callOf(narrow, "infinity", { id: lapsed })).join.reason).toBe("outside_window");
    expect((await callOf(narrow, "infinity", { id: active })).join.status).toBe("matched");
    expect((await callOf(narrow, "infinity", { id: returned })).join.reason).toBe("outside_window");
  });
});

describe("unusable", () => {
  test.each<[string, EventParts]>([
    ["no id", {}],
    ["an empty id", { id: "" }],
    ["an id of null", { id: null }],
  ])("no_id: %s", async (_name, parts) => {
    expect(await callOf(site, "infinity", parts)).toMatchObject(notMatched("unusable", "no_id", null));
  });

  test.each([
    "null",
    "NULL",
    "undefined",
    "Undefined",
    "nan",
    "NaN",
    "none",
    "anonymous",
    "Anonymous",
    "guest",
    "unknown",
    "UNKNOWN",
    "[object Object]",
    "0",
    "00000000",
    "000000000000000",
    "seven77",
    "x".repeat(129),
    "with space in it",
    "semi;colon;id",
    "ünïcödé-id",
  ])("junk_id: %s", async (id) => {
    expect(await callOf(site, "infinity", { id })).toMatchObject(notMatched("unusable", "junk_id", null));
  });

  test.each([0, 7, {}, [], true])("junk_id: %j, which is no string", async (id) => {
    const { join } = await callOf(site, "infinity", { id });
    expect(join).toMatchObject({ status: "unusable", reason: "junk_id" });
  });

  test.each(["gbr0", "gbr0 with a space", "clarity"])("%s has an offline prefix and is never junk", async (id) => {
    expect((await callOf(site, "responsetap", { id })).join).toMatchObject({
      status: "offline",
      reason: "offline_vendor_id",
    });
  });

  test("vendor_rule: an offline call that the vendor's rule matches", async () => {
    expect(await callOf(site, "responsetap", { id: "gbr0-advert", source: "ppc-google" })).toMatchObject(
      notMatched("unusable", "vendor_rule", "gbr0-advert"),
    );
  });

  test.each([
    ["answered", { answered: false }, "vendor_rule"],
    ["duration_s", { answered: true, duration_s: 3 }, "vendor_rule"],
    ["duration_s", { answered: true, duration_s: 30 }, "offline_vendor_id"],
  ])("vendor_rule: a rule may look at %s: %j", async (_field, call, reason) => {
    expect((await callOf(site, "responsetap", { id: "gbr0-short", call })).join.reason).toBe(reason);
  });

  test("vendor_rule is for offline calls alone, and only where it matches", async () => {
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN - HOUR, { entities: { rtap_visitor: "gbr0-ruled" } })]);
    expect((await callOf(site, "responsetap", { id: "gbr0-ruled", source: "ppc-google" })).join.rule).toBe("alias");
    expect((await callOf(site, "responsetap", { id: newContext(), source: "ppc-google" })).join.reason).toBe(
      "unknown_context",
    );
    expect((await callOf(site, "responsetap", { id: "gbr0-other", source: "not-ppc-" })).join.reason).toBe(
      "offline_vendor_id",
    );
  });
});
