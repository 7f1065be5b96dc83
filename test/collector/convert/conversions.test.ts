/** How calls stand with all of a site's destinations: on a call, counted, and tried before anything is switched on. */
import { describe, expect, test } from "vitest";
import { newContext, type Shop, view } from "../contract/shop";
import { META_TOKEN, startMeta } from "./meta";
import {
  called,
  conversions,
  documentOf,
  ENTITIES,
  GOALS,
  receiver,
  receivers,
  shopWith,
  standing,
  startEach,
  world,
} from "./world";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

startEach();

const FILE = { name: "google", format: "google_ads_csv" };
const OFF = { name: "bing", format: "microsoft_ads_csv", off: "not yet" };

const get = async (shop: Shop, query: string) =>
  (await shop.admin("GET", `/conversions?${query}`)).json<{ rows: Row[] }>().rows;

interface Row {
  key: string;
  conversions: number;
  sent: number;
  waiting: number;
  not_sent: number;
  reasons: Record<string, number>;
}

describe("a call's conversions", () => {
  test("name each destination with its state and reason; a webhook as such is none", async () => {
    const { url } = await receiver();
    const shop = await shopWith([FILE, OFF, { name: "crm", url }]);
    const order = await called(shop);
    expect(await conversions(shop, order)).toEqual([
      {
        destination: "google",
        format: "google_ads_csv",
        state: "waiting",
        reason: null,
        detail: "the platform has not fetched the file yet",
        click_session_id: "session-1",
      },
      {
        destination: "bing",
        format: "microsoft_ads_csv",
        state: "not_sent",
        reason: "no_click_id",
        detail: "the visit has none of msclkid",
        click_session_id: null,
      },
    ]);
    expect((await shop.calls())[0]).not.toHaveProperty("conversions");
  });

  test("of a destination that came after the call say so, and of one that is off, too", async () => {
    const meta = await startMeta(() => world.now());
    receivers.push(meta);
    const shop = await shopWith([]);
    const order = await called(shop, { entities: { fbclid: "f" } });
    const webhook = {
      name: "meta",
      format: "meta_capi",
      url: meta.receiver.url,
      pixel_id: "1",
      api_secret: META_TOKEN,
    };
    const document = await documentOf(shop);
    await shop.save({ ...document, webhooks: [webhook] });
    const late = { state: "not_sent", reason: null, detail: "the destination was not there when the call came" };
    expect(await standing(shop, order)).toMatchObject(late);
    await shop.save({ ...document, webhooks: [{ ...webhook, off: "wait" }] });
    expect(await standing(shop, order)).toMatchObject({ ...late, detail: "it is off: wait" });
  });

  test("of a site whose consent is required: who has not granted it has no visit, and so no click id", async () => {
    const shop = await shopWith([FILE], { consent: "required" });
    await shop.report("infinity", {
      context: { id: newContext() },
      meta: { type: "ecBasketTransactionSummary", ts: world.now() - 1_000 },
      basket: { total: { value: 9, currency: "GBP" } },
      transaction: { id: "unseen" },
    });
    expect(await standing(shop, "unseen")).toMatchObject({
      reason: "no_click_id",
      detail: "the call belongs to no visit",
    });
    const denied = await called(shop, { entities: { gclid: "g", ad_user_data: "denied" } });
    expect(await standing(shop, denied)).toMatchObject({ reason: "no_consent" });
  });

  test("take click ids from where the site says they are", async () => {
    const entities = [...ENTITIES, { name: "click", type: "simple", scope: "session", value: "click" }];
    const parameters = [{ name: "gclid", value: "entities.click" }];
    const shop = await shopWith([{ ...FILE, parameters }], { entities });
    const order = await called(shop, { entities: { click: "mine" } });
    expect(await standing(shop, order)).toMatchObject({ state: "waiting" });
  });

  test("count the goals that the destination's filter names", async () => {
    const goals = [...GOALS, { name: "long", min_duration_s: 60 }];
    const shop = await shopWith([{ ...FILE, filter: { goal: ["long"] } }], { goals });
    const [short, long] = [await called(shop), await called(shop, { call: { duration_s: 90 } })];
    expect(await standing(shop, short)).toMatchObject({ reason: "not_a_goal" });
    expect(await standing(shop, long)).toMatchObject({ state: "waiting" });
  });
});

describe("a click of an earlier visit", () => {
  const WINDOW = { click_window_days: 30 };

  async function visited(shop: Shop, id: string, session: string, ago: number, entities: object): Promise<void> {
    const at = world.now() - ago;
    const one = view(`view-${session}`, at, { session_id: session, entities: entities as never });
    await shop.post(id, [one], world.now());
  }

  test("is taken where the call's visit has none, the newest within the days, and the call says which", async () => {
    const shop = await shopWith([FILE, OFF], WINDOW);
    const id = newContext();
    await visited(shop, id, "oldest", 40 * DAY, { msclkid: "too-old" });
    await visited(shop, id, "older", 20 * DAY, { gclid: "older" });
    await visited(shop, id, "newer", 10 * DAY, { gclid: "newer" });
    await visited(shop, id, "none", 5 * DAY, {});
    const order = await called(shop, { id, entities: {} });
    const { earlier_clicks } = (await shop.call(order)) as never as { earlier_clicks: object };
    expect(earlier_clicks).toEqual({ gclid: { value: "newer", session_id: "newer", at: world.now() - 10 * DAY } });
    expect(await conversions(shop, order)).toMatchObject([
      { state: "waiting", click_session_id: "newer" },
      { reason: "no_click_id" },
    ]);
    const { key } = (await shop.admin("POST", "/webhooks/google/key")).json<{ key: string }>();
    const file = await world.request("GET", `/v1/sites/${shop.id}/conversions/google.csv?key=${key}`);
    expect(file.text).toContain("\nnewer,sale,");
  });

  test("is not taken where the visit has one of that platform", async () => {
    const shop = await shopWith([FILE], WINDOW);
    const id = newContext();
    await visited(shop, id, "newer", DAY, { gclid: "newer", msclkid: "m" });
    const order = await called(shop, { id, entities: { gbraid: "own" } });
    const { earlier_clicks } = (await shop.call(order)) as never as { earlier_clicks: object };
    expect(Object.keys(earlier_clicks)).toEqual(["msclkid"]);
  });

  test("is found in the entity that a destination names, too", async () => {
    const entities = [...ENTITIES, { name: "click", type: "simple", scope: "session", value: "click" }];
    const parameters = [{ name: "gclid", value: "entities.click" }];
    const shop = await shopWith([{ ...FILE, parameters }], { ...WINDOW, entities });
    const id = newContext();
    await visited(shop, id, "newer", DAY, { click: "mine" });
    const order = await called(shop, { id, entities: {} });
    expect(await standing(shop, order)).toMatchObject({ state: "waiting", click_session_id: "newer" });
  });

  test("that arrives after the call makes a version of it", async () => {
    const shop = await shopWith([FILE], WINDOW);
    const id = newContext();
    const order = await called(shop, { id, entities: {} });
    expect(await standing(shop, order)).toMatchObject({ reason: "no_click_id" });
    await visited(shop, id, "before", DAY, { gclid: "late" });
    expect(await standing(shop, order)).toMatchObject({ state: "waiting", click_session_id: "before" });
  });

  test("is none where the site does not ask for it", async () => {
    const shop = await shopWith([FILE]);
    const id = newContext();
    await visited(shop, id, "newer", DAY, { gclid: "newer" });
    const order = await called(shop, { id, entities: {} });
    expect(await shop.call(order)).not.toHaveProperty("earlier_clicks");
    expect(await standing(shop, order)).toMatchObject({ reason: "no_click_id" });
  });
});

describe("the report", () => {
  async function week(): Promise<Shop> {
    const shop = await shopWith([FILE, OFF]);
    await called(shop, { ago: 2 * DAY });
    await called(shop, { ago: 2 * DAY, entities: {} });
    await called(shop, { entities: { gclid: "g", ad_user_data: "denied" } });
    await called(shop, { total: { value: 0, currency: "GBP" } });
    await called(shop, { ago: 40 * DAY });
    return shop;
  }

  test("counts by reason, by day and by destination; one call counts once for each destination", async () => {
    const shop = await week();
    const byReason = await get(shop, "by=reason");
    expect(byReason.map(({ key, conversions: count }) => [key, count])).toEqual([
      ["no_click_id", 4],
      ["no_consent", 1],
      ["not_a_goal", 2],
      ["waiting", 1],
    ]);
    const byDestination = await get(shop, "by=destination");
    expect(byDestination).toEqual([
      { key: "bing", conversions: 4, sent: 0, waiting: 0, not_sent: 4, reasons: { no_click_id: 3, not_a_goal: 1 } },
      {
        key: "google",
        conversions: 4,
        sent: 0,
        waiting: 1,
        not_sent: 3,
        reasons: { no_click_id: 1, no_consent: 1, not_a_goal: 1 },
      },
    ]);
    const day = (ago: number) => new Date(world.now() - 1_000 - ago).toISOString().slice(0, 10);
    expect((await get(shop, "by=day")).map(({ key }) => key)).toEqual([day(2 * DAY), day(0)]);
    const worth = await get(shop, "by=day&standing=0");
    expect(worth.map((row) => Object.keys(row))).toEqual(worth.map(() => ["key", "conversions", "value"]));
    expect(await get(shop, "")).toMatchObject([{ key: "all", conversions: 8 }]);
    expect(await get(shop, `from=${world.now() - 50 * DAY}`)).toMatchObject([{ conversions: 10 }]);
    expect((await shop.admin("GET", "/conversions?by=vendor")).status).toBe(400);
  });

  test("of a site without destinations has nothing to count", async () => {
    const shop = await shopWith([]);
    await called(shop);
    expect(await get(shop, "")).toEqual([
      { key: "all", conversions: 0, sent: 0, waiting: 0, not_sent: 0, reasons: {} },
    ]);
    expect(await get(shop, "by=reason")).toEqual([]);
  });

  test("is the same, page after page, for more calls than a page has", async () => {
    const shop = await shopWith([FILE]);
    const ts = world.now() - HOUR;
    const event = (n: number) => ({
      meta: { type: "ecBasketTransactionSummary", ts: ts + n },
      basket: { total: { value: 9, currency: "GBP" } },
      transaction: { id: `many-${n}` },
    });
    await shop.report("infinity", ...Array.from({ length: 450 }, (_, n) => event(n)));
    expect(await get(shop, "by=reason")).toMatchObject([{ key: "no_click_id", conversions: 450 }]);
  });
});

describe("a dry run", () => {
  test("says of a destination that is off what it would have been sent, and sends nothing", async () => {
    const meta = await startMeta(() => world.now());
    receivers.push(meta);
    const webhook = {
      name: "meta",
      format: "meta_capi",
      url: meta.receiver.url,
      pixel_id: "1",
      api_secret: META_TOKEN,
    };
    const shop = await shopWith([{ ...webhook, off: "trying it out" }]);
    await called(shop, { entities: { fbclid: "f" }, ago: 6 * DAY });
    await called(shop, { entities: { fbclid: "f" }, ago: 3 * DAY });
    await called(shop, { entities: {} });
    await called(shop, { entities: { fbclid: "f" }, ago: 8 * DAY });
    const answer = await shop.admin("POST", "/webhooks/meta/dry-run");
    expect(answer.json()).toEqual({
      from: world.now() - 7 * DAY,
      to: world.now(),
      calls: 3,
      would_send: 2,
      reasons: { no_click_id: 1 },
    });
    const wider = await shop.admin("POST", `/webhooks/meta/dry-run?from=${world.now() - 30 * DAY}`);
    expect(wider.json()).toMatchObject({ calls: 4, would_send: 3 });
    await world.send();
    expect(meta.receiver.received).toEqual([]);
    expect((await shop.admin("POST", "/webhooks/nothing/dry-run")).status).toBe(404);
  });
});

describe("the preview", () => {
  const preview = async (shop: Shop, webhook: object, transaction: string | null) => {
    const call_id = transaction === null ? undefined : (await shop.call(transaction)).id;
    const answer = await shop.admin("POST", "/webhooks/preview", { webhook, call_id });
    return answer.json<{ method: string; body: string }>();
  };

  test("of a call shows what a platform would be told of it, its own click id in it", async () => {
    const shop = await shopWith([]);
    const order = await called(shop, { entities: { gclid: "own", fbclid: "own-too" } });
    const meta = await preview(shop, { name: "meta", format: "meta_capi", pixel_id: "1" }, order);
    expect(JSON.parse(meta.body).data[0].user_data.fbc).toMatch(/\.own-too$/);
    const file = await preview(shop, FILE, order);
    expect(file).toMatchObject({ method: "GET", body: expect.stringMatching(/^Google Click ID,.*\nown,sale,/) });
  });

  test("of no call shows an example", async () => {
    const shop = await shopWith([]);
    expect((await preview(shop, FILE, null)).body).toContain("\ntest-gclid,sale,");
  });
});
