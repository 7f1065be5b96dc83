import { beforeAll, describe, expect, test } from "vitest";
import { callOf, DOCUMENT, inSession, later } from "./joined";
import { sharedCollector } from "./shared";
import { HOUR, MINUTE, newContext, openShop, SECOND, type Shop, THEN, view } from "./shop";

const collector = sharedCollector();
let site: Shop;
beforeAll(async () => {
  site = await openShop(collector.request, collector.adminToken, DOCUMENT);
});

describe("the view", () => {
  test("given in seconds, the cut is the end of that second; given in milliseconds, it is that millisecond", async () => {
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN - SECOND), view("v2", THEN + 999, { view: { number: 2 } })]);
    expect((await callOf(site, "infinity", { id: contextId, ts: THEN / SECOND })).join).toMatchObject({
      view_id: "v2",
      gap_ms: -999,
    });
    expect((await callOf(site, "infinity", { id: contextId, ts: THEN })).join).toMatchObject({
      view_id: "v1",
      gap_ms: SECOND,
    });
    expect((await callOf(site, "infinity", { id: contextId, ts: THEN + 998 })).join.view_id).toBe("v1");
    expect((await callOf(site, "infinity", { id: contextId, ts: THEN + 999 })).join.view_id).toBe("v2");
  });

  test("none before the call, but some within 60 s after it: the earliest of those", async () => {
    const contextId = newContext();
    await site.post(contextId, [
      view("second", THEN + 30 * SECOND, { view: { number: 2 } }),
      view("first", THEN + 20 * SECOND, { entities: { basket: "at the start" } }),
      later("first", 1, THEN + 25 * SECOND, { entities: { basket: "later" } }),
    ]);
    const call = await callOf(site, "infinity", { id: contextId });
    expect(call).toMatchObject({
      join: { status: "matched", rule: "context_id", view_id: "first", gap_ms: -20 * SECOND },
      entities: { basket: "at the start" },
    });
  });

  test.each([
    ["60 s after a time in milliseconds", THEN, THEN + MINUTE],
    ["60 s after the second's end", THEN / SECOND, THEN + 999 + MINUTE],
  ])("the 60 s end %s", async (_name, ts, last) => {
    const [inside, outside] = [newContext(), newContext()];
    await site.post(inside, [view("v1", last)]);
    await site.post(outside, [view("v1", last + 1)]);
    expect((await callOf(site, "infinity", { id: inside, ts })).join.status).toBe("matched");
    expect((await callOf(site, "infinity", { id: outside, ts })).join.reason).toBe("no_view_before_call");
  });

  test("the newest, by start, then by number, then by view_id", async () => {
    const contextId = newContext();
    const at = THEN - MINUTE;
    await site.post(contextId, [
      view("z-older", at - 1, { view: { number: 9 } }),
      view("a", at, { view: { number: 3 } }),
      view("c", at, { view: { number: 2 } }),
    ]);
    expect((await callOf(site, "infinity", { id: contextId })).join.view_id).toBe("a");
    await site.post(contextId, [view("b", at, { view: { number: 3 } })]);
    expect((await callOf(site, "infinity", { id: contextId })).join.view_id).toBe("b");
  });

  test("a view whose facts never came counts as number 0, and is shown without them", async () => {
    const contextId = newContext();
    const at = THEN - MINUTE;
    await site.post(contextId, [later("z", 1, at), view("a", at, { view: { number: 1 } })]);
    expect((await callOf(site, "infinity", { id: contextId })).join.view_id).toBe("a");
    const other = newContext();
    await site.post(other, [later("z", 1, at, { entities: { product: "shoe" } })]);
    expect(await callOf(site, "infinity", { id: other })).toMatchObject({
      join: { status: "matched", view_id: "z" },
      context: { url: null, view_ts: at },
      entities: { product: "shoe" },
    });
  });

  test("a view starts at its earliest snapshot, whichever number it has", async () => {
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN - MINUTE), view("v2", THEN + HOUR), later("v2", 1, THEN - SECOND)]);
    const { join, context } = await callOf(site, "infinity", { id: contextId });
    expect([join.view_id, context?.view_ts]).toEqual(["v2", THEN - SECOND]);
  });

  test("of two tabs, the one whose URL the call carries", async () => {
    const contextId = newContext();
    await site.post(contextId, [
      view("tab-1", THEN - HOUR),
      view("tab-2", THEN - MINUTE),
      later("tab-1", 1, THEN - 30 * SECOND),
    ]);
    const joined = async (url: string) => (await callOf(site, "infinity", { id: contextId, url })).join.view_id;
    expect(await joined("https://shop.example/tab-1")).toBe("tab-1");
    expect(await joined("https://shop.example/tab-2")).toBe("tab-2");
    expect(await joined("https://shop.example/tab-3")).toBe("tab-2");
    expect(await joined("")).toBe("tab-2");
  });

  test.each([
    ["the same with a fragment", "https://shop.example/p?a=1#top", "other"],
    ["the host in capitals and the scheme's own port", "HTTPS://SHOP.EXAMPLE:443/p?a=1", "other"],
    ["dots in the path", "https://shop.example/x/../p?a=1", "other"],
    ["another scheme", "http://shop.example/p?a=1", "newest"],
    ["another host", "https://www.shop.example/p?a=1", "newest"],
    ["another port", "https://shop.example:8443/p?a=1", "newest"],
    ["another path", "https://shop.example/P?a=1", "newest"],
    ["a slash more", "https://shop.example/p/?a=1", "newest"],
    ["another query", "https://shop.example/p?a=2", "newest"],
    ["no query", "https://shop.example/p", "newest"],
    ["no URL", "shop.example/p?a=1", "newest"],
    ["a URL that does not parse", "https://:not a url", "newest"],
  ])("URLs are compared as WHATWG URLs: %s", async (_name, url, expected) => {
    const contextId = newContext();
    await site.post(contextId, [
      view("other", THEN - HOUR, { view: { url: "https://shop.example/p?a=1#reviews" } }),
      view("newest", THEN - MINUTE, { view: { number: 2, url: "https://shop.example/elsewhere" } }),
    ]);
    expect((await callOf(site, "infinity", { id: contextId, url })).join.view_id).toBe(expected);
  });

  test("a view's URL that does not parse equals none, not even its like", async () => {
    const contextId = newContext();
    await site.post(contextId, [
      view("odd", THEN - HOUR, { view: { url: "not a url" } }),
      view("newest", THEN - MINUTE),
    ]);
    expect((await callOf(site, "infinity", { id: contextId, url: "not a url" })).join.view_id).toBe("newest");
  });

  test("of several views of the call's URL, the newest", async () => {
    const contextId = newContext();
    const url = "https://shop.example/p";
    await site.post(contextId, [
      view("first", THEN - HOUR, { view: { url } }),
      view("again", THEN - MINUTE, { view: { url } }),
      view("else", THEN - SECOND),
      view("future", THEN + SECOND, { view: { url } }),
    ]);
    expect((await callOf(site, "infinity", { id: contextId, url })).join.view_id).toBe("again");
  });

  test("the newest view fixes the session: the URL is not looked for in an older one", async () => {
    const contextId = newContext();
    await site.post(contextId, [
      view("old", THEN - HOUR, inSession("s-old")),
      view("new", THEN - MINUTE, inSession("s-new")),
    ]);
    expect((await callOf(site, "infinity", { id: contextId, url: "https://shop.example/old" })).join).toMatchObject({
      session_id: "s-new",
      view_id: "new",
    });
  });

  test("where a view's snapshots disagree on its session or carry `view` twice, its lowest by (at, seq) decides", async () => {
    const contextId = newContext();
    await site.post(contextId, [
      later("v1", 2, THEN - SECOND, { session_id: "s-late", view: { url: "https://shop.example/late" } }),
      view("v1", THEN - MINUTE, {
        seq: 1,
        session_id: "s-first",
        view: { number: 4, url: "https://shop.example/first" },
      }),
    ]);
    expect(await callOf(site, "infinity", { id: contextId })).toMatchObject({
      join: { session_id: "s-first" },
      context: { url: "https://shop.example/first", view_number: 4 },
    });
  });
});
