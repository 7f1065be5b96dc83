/** Meta's Conversions API, against a stand-in (meta.ts): Meta itself can't be reached from a test. */
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Shop } from "../contract/shop";
import { META_TOKEN, type Meta, startMeta } from "./meta";
import { amended, called, documentOf, shopWith, standing, startEach, world } from "./world";

const DAY = 86_400_000;
const MIN = 60_000;

let meta: Meta;
let shop: Shop;
startEach();
beforeEach(async () => {
  meta = await startMeta(() => world.now());
  shop = await shopWith([destination()]);
});
afterEach(() => meta.stop());

const destination = (more: object = {}) => ({
  name: "meta",
  format: "meta_capi",
  url: meta.receiver.url,
  pixel_id: "4455",
  api_secret: META_TOKEN,
  ...more,
});

const clicked = { fbclid: "IwAR-test" };

describe("a conversion", () => {
  test("is a phone call with its time in seconds, its own id, its order and its value, named as its goal", async () => {
    const order = await called(shop, { entities: clicked });
    await world.send();
    const { id, ts, context } = await shop.call(order);
    expect(meta.counted).toEqual([
      {
        event_name: "sale",
        event_time: Math.floor(ts / 1_000),
        event_id: id,
        action_source: "phone_call",
        user_data: { fbc: `fb.1.${context?.session_ts}.IwAR-test` },
        custom_data: { value: 50, currency: "GBP", order_id: order },
      },
    ]);
    expect((await standing(shop, order)).state).toBe("sent");
  });

  test("that waited while the call stopped counting is not told, and is once it counts again", async () => {
    meta.fail(500, { code: 2 });
    const order = await called(shop, { entities: clicked });
    await world.send();
    await amended(shop, order, { total: { value: 0.5, currency: "GBP" } });
    await world.pass(10 * MIN);
    expect(meta.counted).toEqual([]);
    expect(await standing(shop, order)).toMatchObject({ state: "not_sent", reason: "not_a_goal" });
    const [waited] = await world.deliveries(shop);
    expect([waited?.state, waited?.attempts.at(-1)?.error]).toEqual(["dead", expect.stringMatching(/^not_a_goal: /)]);
    await amended(shop, order, { total: { value: 70, currency: "GBP" } });
    await world.pass(10 * MIN);
    expect(meta.counted).toMatchObject([{ custom_data: { value: 70 } }]);
  });

  test("has Meta's own cookies where the page has them", async () => {
    const _fbc = "fb.1.1554763741205.AbCdEf";
    const _fbp = "fb.1.1554763741205.1098115397";
    await called(shop, { entities: { ...clicked, _fbc, _fbp } });
    await world.send();
    expect(meta.counted[0]?.user_data).toEqual({ fbc: _fbc, fbp: _fbp });
  });

  test("has the hash of the number's digits where the site keeps numbers, and none where it keeps the hash with the plus", async () => {
    const call = { caller: "+14045550123" };
    await called(shop, { entities: clicked, call });
    await world.send();
    expect(meta.counted[0]?.user_data.ph).toBeUndefined();
    await shop.save({ ...(await documentOf(shop)), keep_caller: "full" });
    await called(shop, { entities: clicked, call });
    await world.send();
    expect(meta.counted[1]?.user_data.ph).toEqual([createHash("sha256").update("14045550123").digest("hex")]);
  });

  test("of somebody who does not want to be advertised to by it counts, and opts out", async () => {
    await called(shop, { entities: { ...clicked, ad_user_data: "granted", ad_personalization: "denied" } });
    await world.send();
    expect(meta.counted[0]?.opt_out).toBe(true);
  });

  test("is told once, whatever is corrected afterwards, and however often it is replayed", async () => {
    const order = await called(shop, { entities: clicked });
    await world.send();
    await amended(shop, order, { total: { value: 80, currency: "GBP" } });
    await world.pass(3 * DAY);
    expect(meta.receiver.received).toHaveLength(1);
  });

  test("that waits while it is corrected is told as it is then", async () => {
    meta.fail(500, { message: "down", code: 2 });
    const order = await called(shop, { entities: clicked });
    await world.send();
    await amended(shop, order, { total: { value: 80, currency: "GBP" } });
    await world.pass(10 * MIN);
    expect(meta.counted.map(({ custom_data }) => custom_data.value)).toEqual([80]);
  });

  test("is named as its owner says", async () => {
    await shop.save({
      ...(await documentOf(shop)),
      webhooks: [destination({ conversion_name: "Purchase" })],
    });
    await called(shop, { entities: clicked });
    await world.send();
    expect(meta.counted[0]?.event_name).toBe("Purchase");
  });
});

describe("what is not sent", () => {
  test.each([
    ["a call without a click", { entities: { gclid: "g" } }, "no_click_id"],
    ["a template that nobody filled", { entities: { fbclid: "{fbclid}" } }, "no_click_id"],
    ["a call below the goal", { entities: clicked, total: { value: 0, currency: "GBP" } }, "not_a_goal"],
    ["a visitor who has denied it", { entities: { ...clicked, ad_user_data: "denied" } }, "no_consent"],
    ["a call that came eight days late", { entities: clicked, ago: 8 * DAY }, "too_old"],
  ])("%s: %s", async (_name, parts, reason) => {
    const order = await called(shop, parts);
    await world.send();
    expect(await standing(shop, order)).toMatchObject({ state: "not_sent", reason, click_session_id: null });
    expect(meta.receiver.received).toEqual([]);
    expect(await world.deliveries(shop)).toEqual([]);
  });

  test("what Meta does not take is refused in its words, at once", async () => {
    const error_user_msg = "The parameter currency is not known.";
    meta.fail(400, { message: "Invalid parameter", code: 100, error_user_title: "Parameter error", error_user_msg });
    const order = await called(shop, { entities: clicked });
    await world.pass(DAY);
    expect(await standing(shop, order)).toMatchObject({
      state: "not_sent",
      reason: "refused",
      detail: `Parameter error: ${error_user_msg}`,
    });
    expect(meta.receiver.received).toHaveLength(1);
  });

  test.each([
    ["a limit", 400, { message: "too many calls", code: 17 }],
    ["an outage", 503, { message: "down", code: 2 }],
    ["a token that has run out", 400, { message: "expired", code: 190 }],
    ["what Meta itself calls transient", 400, { message: "again", code: 100, is_transient: true }],
  ])("%s is tried again, its words beside what waits", async (_name, status, error) => {
    meta.fail(status, error);
    const order = await called(shop, { entities: clicked });
    await world.send();
    expect(await standing(shop, order)).toMatchObject({ state: "waiting", detail: error.message });
    await world.pass(MIN);
    expect(await standing(shop, order)).toMatchObject({ state: "sent", detail: null });
  });

  test("what has waited for more than seven days is too old, and is not sent after all", async () => {
    for (let n = 0; n < 20; n += 1) meta.fail(503, { message: "down", code: 2 });
    const order = await called(shop, { entities: clicked, ago: 6 * DAY });
    await world.send();
    for (let day = 0; day < 5; day += 1) await world.pass(DAY);
    expect(await standing(shop, order)).toMatchObject({ state: "not_sent", reason: "too_old" });
  });
});

test("it is tried out under a test code alone, and the token is shown nowhere", async () => {
  const without = await shop.admin("POST", "/webhooks/meta/test");
  expect(without.json()).toMatchObject({ status: null, error: expect.stringContaining("test_event_code") });
  await shop.save({
    ...(await documentOf(shop)),
    webhooks: [destination({ test_event_code: "TEST123" })],
  });
  const answer = await shop.admin("POST", "/webhooks/meta/test");
  expect(answer.json()).toMatchObject({ status: 200 });
  expect([meta.counted.length, meta.tested.length]).toEqual([0, 1]);
  await called(shop, { entities: clicked });
  await world.send();
  const shown = answer.text + (await shop.admin("GET", "")).text + JSON.stringify(await world.deliveries(shop));
  expect(shown).not.toContain(META_TOKEN);
  expect(shown).toContain("access_token=***");
});
