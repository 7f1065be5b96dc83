import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import type { Received } from "./receiver";
import { bodies, ENTITIES, receiver, shopWith, startEach, world } from "./webhook-shop";

startEach();

describe("formats", () => {
  const parameters = [
    { name: "visit", value: "entities.visit" },
    { name: "order id", value: "transaction.id" },
    { name: "flag", value: "true" },
  ];

  test("form: POST, a parameter without a value is empty", async () => {
    const shop = await shopWith({ format: "form", parameters });
    const order = await world.matchedCall(shop);
    await world.send();
    const [got] = receiver.received as [Received];
    expect(got.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(Object.fromEntries(new URLSearchParams(got.body))).toMatchObject({
      event: "call.matched",
      version: "1",
      visit: "",
      "order id": order,
      flag: "true",
    });
  });

  test("query: GET, added to the URL's own, signed over an empty body", async () => {
    const shop = await shopWith({ format: "query", parameters, url: `${receiver.url}/hook?key=a%20b` });
    const secret = await world.secret(shop, "crm");
    await world.matchedCall(shop, { entities: { visit: "a&b=c d" } });
    await world.send();
    const [got] = receiver.received as [Received];
    expect([got.method, got.body]).toEqual(["GET", ""]);
    expect(got.url).toMatch(/^\/hook\?key=a%20b&event=call\.matched&/);
    expect(new URLSearchParams(got.url.split("?")[1]).get("visit")).toBe("a&b=c d");
    const at = new Date(Number(got.headers["webhook-timestamp"]) * 1_000);
    expect(got.headers["webhook-signature"]).toContain(new Webhook(secret).sign(got.id, at, ""));
  });

  test("a URL's query can hold values of the call, escaped", async () => {
    const shop = await shopWith({
      url: `${receiver.url}/hook?v={{entities.visit}}&o={{transaction.id}}&n={{join.reason}}`,
    });
    const order = await world.matchedCall(shop, { entities: { visit: "a&b{{id}}/ä" } });
    await world.send();
    expect(receiver.received[0]?.url).toBe(`/hook?v=${encodeURIComponent("a&b{{id}}/ä")}&o=${order}&n=`);
  });

  describe("ga4", () => {
    const ga4 = {
      format: "ga4",
      measurement_id: "G-TEST123",
      api_secret: "secret/of ga4",
      parameters: [
        { name: "client_id", value: "entities.client" },
        { name: "session_id", value: "entities.session" },
        { name: "event_name", value: '"purchase"' },
        { name: "value", value: "total.value" },
      ],
    };
    const entities = ["client", "session"].map((name) => ({ name, type: "simple", scope: "session", value: name }));

    test("becomes one event of the Measurement Protocol, at the call's time; its secret is shown nowhere", async () => {
      const shop = await shopWith({ ...ga4, url: `${receiver.url}/mp/collect` }, { entities });
      await world.matchedCall(shop, {
        entities: { client: "12.34", session: 99 },
        total: { value: 5, currency: "GBP" },
      });
      await world.send();
      const [got] = receiver.received as [Received];
      expect(got.url).toBe("/mp/collect?measurement_id=G-TEST123&api_secret=secret%2Fof+ga4");
      expect(JSON.parse(got.body)).toEqual({
        client_id: "12.34",
        timestamp_micros: (world.now() - 1_000) * 1_000,
        events: [{ name: "purchase", params: { engagement_time_msec: 1, session_id: 99, value: 5 } }],
      });
      const shown = (await shop.admin("GET", "")).text + JSON.stringify(await world.deliveries(shop));
      expect(shown).not.toMatch(/secret.{1,3}of/);
      expect(shown).toContain("api_secret=***");
    });

    test("is not sent what GA4 would count as (not set), and says so", async () => {
      const shop = await shopWith({ ...ga4, url: `${receiver.url}/mp/collect` }, { entities });
      await world.matchedCall(shop, { entities: { client: "12.34" } });
      await world.send();
      expect(receiver.received).toEqual([]);
      const error = "GA4 needs client_id and session_id, and this call does not have both";
      expect(await world.deliveries(shop)).toMatchObject([{ state: "dead", attempts: [{ status: null, error }] }]);
    });

    test("is tried out where GA4 says what it thinks of an event", async () => {
      const shop = await shopWith({ ...ga4, url: `${receiver.url}/mp/collect` }, { entities });
      await shop.admin("POST", "/webhooks/crm/test");
      expect(receiver.received[0]?.url).toMatch(/^\/debug\/mp\/collect\?/);
    });
  });
});

describe("checked when saved", () => {
  test.each([
    ["an entity that is not there", { parameters: [{ name: "a", value: "entities.nobody" }] }, "parameters.0.value"],
    ["a field that is not there", { parameters: [{ name: "a", value: "join.nothing" }] }, "parameters.0.value"],
    ["something of every object's", { parameters: [{ name: "a", value: "total.constructor" }] }, "parameters.0.value"],
    [
      "a name twice",
      {
        parameters: [
          { name: "a", value: "id" },
          { name: "a", value: "ts" },
        ],
      },
      "parameters.1.name",
    ],
    ["a name that the collector sets", { parameters: [{ name: "call_id", value: "id" }] }, "parameters.0.name"],
    ["an unknown event", { on: ["call.ended"] }, "on.0"],
    ["no http", { url: "ftp://crm.example/" }, "url"],
    ["a placeholder that is no value", { url: "https://crm.example/?a={{nothing}}" }, "url"],
    ["a placeholder outside of the query", { url: "https://crm.example/{{id}}?a=1" }, "url"],
    ["a vendor that is not there", { filter: { vendor: ["nobody"] } }, "filter.vendor"],
    ["a goal that is not there", { filter: { goal: ["nothing"] } }, "filter.goal"],
    ["no URL", { url: undefined }, "url"],
    ["a GA4 without measurement id", { format: "ga4" }, "measurement_id"],
  ])("%s is refused, with its place", async (_name, webhook, path) => {
    const shop = await shopWith();
    const answer = await shop.save({
      name: "Shoes",
      vendors: [{ name: "infinity" }],
      entities: ENTITIES,
      webhooks: [{ name: "crm", url: "https://crm.example/", ...webhook }],
    });
    expect(answer.status).toBe(400);
    const { errors } = answer.json<{ errors: { path: string }[] }>();
    expect(errors.map((error) => error.path)).toContain(`webhooks.0.${path}`);
  });

  test("the catalogue lists every value that can be chosen, and all of it can be saved", async () => {
    const shop = await shopWith();
    const { parameters } = (await shop.admin("GET", "/parameters")).json<{ parameters: { value: string }[] }>();
    const values = parameters.map(({ value }) => value);
    for (const value of ["id", "transaction.id", "total.value", "join.status", "join.late", "context.entrance_url"]) {
      expect(values).toContain(value);
    }
    expect(values).toEqual(expect.arrayContaining(["context.conversion_number", "goals", "version", "entities.visit"]));
    const webhook = {
      name: "crm",
      url: receiver.url,
      parameters: values.map((value) => ({ name: `my ${value}`, value })),
    };
    const document = { name: "Shoes", vendors: [{ name: "infinity" }], entities: ENTITIES, webhooks: [webhook] };
    expect((await shop.save(document)).status).toBe(200);
    await world.matchedCall(shop, { entities: { visit: "v" } });
    await world.send();
    expect(Object.keys(bodies()[0])).toHaveLength(values.length + 3);
  });
});
