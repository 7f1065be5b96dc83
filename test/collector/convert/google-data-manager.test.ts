/** Google Ads by the Data Manager API, against a stand-in (google.ts): Google itself can't be reached from a test. */
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Shop } from "../contract/shop";
import { type Google, startGoogle } from "./google";
import { amended, called, documentOf, shopWith, standing, startEach, world } from "./world";

const CALLER = "+14045550123";
const MIN = 60_000;
const DAY = 86_400_000;

let google: Google;
let shop: Shop;
startEach();
beforeEach(async () => {
  google = await startGoogle(() => world.now());
  shop = await shopWith([destination()]);
});
afterEach(() => google.stop());

const destination = (more: object = {}) => ({
  name: "ads",
  format: "google_data_manager",
  url: google.ingest,
  account_id: "1234567890",
  conversion_action: "987654",
  api_secret: google.key,
  ...more,
});

const events = () => google.ingested.flatMap(({ events }) => events);

describe("a conversion", () => {
  test("is told with its click, its time, its caller's hash, its value and its order, under the account's token", async () => {
    const order = await called(shop, { call: { caller: CALLER, duration_s: 60, answered: true } });
    await world.send();
    const call = await shop.call(order);
    expect(google.ingested).toHaveLength(1);
    expect(google.ingested[0]).toMatchObject({
      destinations: [
        {
          operatingAccount: { accountType: "GOOGLE_ADS", accountId: "1234567890" },
          productDestinationId: "987654",
        },
      ],
      encoding: "HEX",
    });
    expect(events()).toEqual([
      {
        transactionId: order,
        eventTimestamp: new Date(call.ts).toISOString(),
        eventSource: "PHONE",
        adIdentifiers: { gclid: "Cj0-test" },
        userData: { userIdentifiers: [{ phoneNumber: createHash("sha256").update(CALLER).digest("hex") }] },
        conversionValue: 50,
        currency: "GBP",
      },
    ]);
  });

  test("is told with one click id alone: gclid, else gbraid, else wbraid", async () => {
    await called(shop, { entities: { gclid: "g1", gbraid: "b1", wbraid: "w1" } });
    await called(shop, { entities: { gbraid: "b2", wbraid: "w2" } });
    await called(shop, { entities: { wbraid: "w3" } });
    await world.send();
    const ids = events().map(({ adIdentifiers }) => adIdentifiers);
    expect(ids).toEqual(expect.arrayContaining([{ gclid: "g1" }, { gbraid: "b2" }, { wbraid: "w3" }]));
  });

  test("carries the consent that the page has told, and none that it has not", async () => {
    await called(shop, { entities: { gclid: "g1", ad_user_data: "granted", ad_personalization: "denied" } });
    await called(shop, { entities: { gclid: "g2" } });
    await world.send();
    const consents = events().map(({ consent }) => consent);
    expect(consents).toContainEqual({ adUserData: "CONSENT_GRANTED", adPersonalization: "CONSENT_DENIED" });
    expect(consents).toContainEqual(undefined);
  });

  test("has the goal's value where the call has no total, and none where the currency is not known", async () => {
    await shop.save({
      ...(await documentOf(shop)),
      goals: [{ name: "call", value: 25, currency: "EUR" }],
    });
    await called(shop, { total: null, transaction: "no-total" });
    await called(shop, { total: { value: 9 }, transaction: "no-currency" });
    await world.send();
    const byOrder = Object.fromEntries(events().map((event) => [event.transactionId, event]));
    expect(byOrder["no-total"]).toMatchObject({ conversionValue: 25, currency: "EUR" });
    expect(byOrder["no-currency"]).not.toHaveProperty("conversionValue");
  });

  test("is told once; a correction adjusts it under the same order, and one that changes nothing for Google is not told", async () => {
    const order = await called(shop);
    await world.send();
    await amended(shop, order, { total: { value: 80, currency: "GBP" } });
    await world.send();
    await amended(shop, order, { source: "another" });
    await world.send();
    expect(events().map(({ transactionId, conversionValue }) => [transactionId, conversionValue])).toEqual([
      [order, 50],
      [order, 80],
    ]);
  });

  test("that does not count any more is worth nothing from then on", async () => {
    const order = await called(shop);
    await world.send();
    await amended(shop, order, { total: { value: 0.5, currency: "GBP" } });
    await world.send();
    expect(events().at(-1)).toMatchObject({ transactionId: order, conversionValue: 0, currency: "GBP" });
  });

  test.each([
    ["was refused", 400, "INVALID_ARGUMENT", "dead"],
    ["could not be sent yet", 503, "UNAVAILABLE", "pending"],
  ])("that does not count any more is none for Google where it %s before", async (_what, code, status, state) => {
    google.fail(code, { error: { code, status, message: "no" } });
    const order = await called(shop);
    await world.send();
    expect(await world.deliveries(shop)).toMatchObject([{ state }]);
    await amended(shop, order, { total: { value: 0.5, currency: "GBP" } });
    await world.pass(10 * MIN);
    expect(events()).toEqual([]);
    expect((await standing(shop, order)).state).toBe("not_sent");
    expect((await standing(shop, order)).reason).toBe("not_a_goal");
    // It counts again, and is one.
    await amended(shop, order, { total: { value: 70, currency: "GBP" } });
    await world.pass(10 * MIN);
    expect(events()).toMatchObject([{ transactionId: order, conversionValue: 70 }]);
  });

  test("that does not count any more is worth nothing where nobody knows whether Google has it, as no answer came", async () => {
    google.fail(0, {});
    const order = await called(shop);
    await world.send();
    expect(await world.deliveries(shop)).toMatchObject([{ state: "pending", attempts: [{ status: null }] }]);
    await amended(shop, order, { total: { value: 0.5, currency: "GBP" } });
    await world.pass(10 * MIN);
    expect(events()).toMatchObject([{ transactionId: order, conversionValue: 0 }]);
  });

  test("that waits while a later version is made is sent as that version alone", async () => {
    google.fail(503, { error: { code: 503, status: "UNAVAILABLE", message: "try later" } });
    const order = await called(shop);
    await world.send();
    await amended(shop, order, { total: { value: 80, currency: "GBP" } });
    await world.pass(10 * MIN);
    expect(events()).toMatchObject([{ conversionValue: 80 }]);
    const [first] = (await world.deliveries(shop)).filter(({ version }) => version === 1);
    expect(first).toMatchObject({ state: "dead" });
    expect(first?.attempts.at(-1)?.error).toBe("version 2 of the call is sent in its place");
  });

  test("of an erased visitor is sent to nobody, however often it is replayed", async () => {
    google.fail(503, { error: { code: 503 } });
    const order = await called(shop);
    await world.send();
    const { join } = await shop.call(order);
    expect((await shop.admin("DELETE", `/contexts/${join.context_id}`)).status).toBe(204);
    await shop.admin("POST", "/deliveries/replay", { since: 0 });
    await world.pass(DAY);
    expect(google.ingested).toEqual([]);
    expect(await standing(shop, order)).toMatchObject({ state: "not_sent", reason: "no_click_id" });
    expect(await world.everything()).not.toContain("Cj0-test");
  });
});

describe("what Google makes of it", () => {
  test("is asked for after half an hour, and shown on the delivery", async () => {
    const order = await called(shop);
    await world.send();
    const detail = "Google has taken it, and is not done with it";
    expect(await standing(shop, order)).toMatchObject({ state: "waiting", reason: null, detail });
    await world.pass(30 * MIN);
    expect(await world.deliveries(shop)).toMatchObject([
      { state: "pending", attempts: [{ status: 200 }, { status: 200 }] },
    ]);
    google.processed("SUCCESS");
    await world.pass(60 * MIN);
    const [delivery] = await world.deliveries(shop);
    expect(delivery).toMatchObject({ state: "delivered", next_attempt_at: null });
    expect(delivery?.attempts.at(-1)?.response).toContain("SUCCESS");
    expect(delivery?.attempts.at(-1)?.request).toMatchObject({ method: "GET" });
    expect(await standing(shop, order)).toMatchObject({ state: "sent", reason: null });
    expect(google.ingested).toHaveLength(1);
  });

  test("is refused with its reason where processing failed", async () => {
    const order = await called(shop);
    google.processed("FAILED", "PROCESSING_ERROR_REASON_INVALID_GCLID");
    await world.send();
    await world.pass(30 * MIN);
    expect(await standing(shop, order)).toMatchObject({ state: "not_sent", reason: "refused" });
    expect((await standing(shop, order)).detail).toContain("INVALID_GCLID");
  });

  test("counts where it only says that it is there already", async () => {
    const order = await called(shop);
    google.processed("FAILED", "PROCESSING_ERROR_REASON_DUPLICATE_TRANSACTION_ID");
    await world.send();
    await world.pass(30 * MIN);
    expect((await standing(shop, order)).state).toBe("sent");
  });

  test("is refused at once, and not tried again, where it is not valid", async () => {
    const message = "The gclid is malformed.";
    const details = [{ fieldViolations: [{ field: "events[0].ad_identifiers.gclid", description: message }] }];
    google.fail(400, {
      error: { code: 400, status: "INVALID_ARGUMENT", message: "There was a problem with the request.", details },
    });
    const order = await called(shop);
    await world.send();
    await world.pass(DAY);
    expect(google.ingested).toEqual([]);
    const { reason, detail } = await standing(shop, order);
    expect(reason).toBe("refused");
    expect(detail).toBe(
      `INVALID_ARGUMENT: There was a problem with the request.: events[0].ad_identifiers.gclid: ${message}`,
    );
  });

  test("is tried again when Google says so, where there was too much", async () => {
    google.fail(
      429,
      { error: { code: 429, status: "RESOURCE_EXHAUSTED", message: "quota" } },
      { "Retry-After": "600" },
    );
    await called(shop);
    await world.send();
    await world.pass(9 * MIN);
    expect(google.ingested).toHaveLength(0);
    await world.pass(2 * MIN);
    expect(google.ingested).toHaveLength(1);
  });
});

describe("the service account", () => {
  test("is asked for a token once an hour, and anew where that was revoked", async () => {
    await called(shop);
    await world.send();
    await called(shop);
    await world.send();
    expect(google.tokens).toBe(1);
    google.revoke();
    await called(shop);
    await world.send();
    await world.pass(MIN);
    expect(google.tokens).toBe(2);
    expect(google.ingested).toHaveLength(3);
    await world.pass(2 * 60 * MIN);
    await called(shop);
    await world.send();
    expect(google.tokens).toBeGreaterThan(2);
  });

  test("whose key is refused is told in Google's words, and the conversion waits", async () => {
    const key = JSON.parse(google.key);
    const other = await startGoogle(() => world.now() + 10 * DAY);
    await shop.save({
      ...(await documentOf(shop)),
      webhooks: [
        destination({
          api_secret: JSON.stringify({ ...key, token_uri: `${other.receiver.url}/token`, client_email: "other" }),
        }),
      ],
    });
    const order = await called(shop);
    await world.send();
    expect(await standing(shop, order)).toMatchObject({ state: "waiting", detail: "invalid_grant: claims" });
    await other.stop();
  });

  test.each(["not json", "{}", '{"client_email":"a","private_key":"b"}'])(
    "whose key is %j is told of it, and of nothing that is in it",
    async (api_secret) => {
      await shop.save({ ...(await documentOf(shop)), webhooks: [destination({ api_secret })] });
      await called(shop);
      await world.send();
      const [delivery] = await world.deliveries(shop);
      expect(delivery?.attempts[0]?.error).toMatch(/^api_secret/);
    },
  );

  test("stands in no answer and no log: neither its key nor its tokens nor what it has signed", async () => {
    await called(shop);
    await world.send();
    const shown = (await shop.admin("GET", "")).text + JSON.stringify(await world.deliveries(shop));
    expect(shown).not.toMatch(/PRIVATE KEY|ya29|ey[\w-]+\.ey/);
    expect(await world.everything()).not.toMatch(/ya29|ey[\w-]+\.ey/);
    expect(shown).toContain("Bearer ***");
  });

  test("is tried out by a request that Google only checks", async () => {
    const answer = await shop.admin("POST", "/webhooks/ads/test");
    expect(answer.json()).toMatchObject({ status: 200 });
    expect(google.ingested).toEqual([]);
    expect(JSON.parse(google.receiver.received.at(-1)?.body ?? "{}")).toMatchObject({ validateOnly: true });
  });
});
