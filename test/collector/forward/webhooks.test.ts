import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { event, HOUR, MINUTE, newContext, SECOND, type Shop, view } from "../contract/shop";
import { ok, type Received, type Receiver, startReceiver, status } from "./receiver";
import { startWorld, type World } from "./world";

let world: World;
let receiver: Receiver;
beforeEach(async () => {
  [world, receiver] = await Promise.all([startWorld({ timeoutMs: 1_000 }), startReceiver()]);
});
afterEach(async () => {
  await Promise.all([world.stop(), receiver.stop()]);
});

const ENTITIES = [{ name: "visit", type: "simple", scope: "session", value: "visit" }];
const ALL = ["call.matched", "call.updated", "call.unmatched"];

function shopWith(webhook: object = {}, document: object = {}): Promise<Shop> {
  const webhooks = [{ name: "crm", url: `${receiver.url}/hook`, ...webhook }];
  return world.shop({ entities: ENTITIES, webhooks, ...document });
}

const bodies = () => receiver.received.map(({ body }) => JSON.parse(body));
const events = () => bodies().map(({ event: name, version }) => [name, version]);

describe("what is told", () => {
  test("a match, with the chosen names and nothing else, signed", async () => {
    const parameters = [
      { name: "visit id", value: "entities.visit" },
      { name: "order", value: "transaction.id" },
      { name: "value", value: "total.value" },
      { name: "page", value: "context.view_number" },
      { name: "shop", value: '"uk"' },
      { name: "why", value: "join.reason" },
    ];
    const shop = await shopWith({ parameters });
    const secret = await world.secret(shop, "crm");
    const order = await world.matchedCall(shop, {
      entities: { visit: "v-81" },
      total: { value: 9.99, currency: "GBP" },
    });
    await world.send();

    const call = await shop.call(order);
    const [got] = receiver.received as [Received];
    expect(JSON.parse(got.body)).toEqual({
      event: "call.matched",
      call_id: call.id,
      version: 1,
      "visit id": "v-81",
      order,
      value: 9.99,
      page: 1,
      shop: "uk",
      why: null,
    });
    expect([got.method, got.url, got.headers["content-type"]]).toEqual(["POST", "/hook", "application/json"]);
    const reference = new Webhook(secret);
    // The world's clock stands two hours back, which the reference receiver would refuse.
    const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = got.headers as never;
    expect(String(signature).split(" ")).toContain(reference.sign(id, new Date(Number(at) * 1_000), got.body));
    expect(await world.deliveries(shop)).toMatchObject([{ id, event: "call.matched", state: "delivered", version: 1 }]);
  });

  test("each later version that differs, once, and a repeat not at all", async () => {
    const shop = await shopWith({ on: ALL, parameters: [{ name: "total", value: "total.value" }] });
    const id = newContext();
    await shop.post(id, [view("v", world.now() - 5_000)], world.now());
    const say = (value: number) =>
      shop.report(
        "infinity",
        event({ id, ts: world.now() - 1_000, transaction: "t", total: { value, currency: "GBP" } }),
      );
    await say(1);
    await world.send();
    await say(1);
    await say(2);
    await world.send();
    expect(bodies().map(({ event: name, version, total }) => [name, version, total])).toEqual([
      ["call.matched", 1, 1],
      ["call.updated", 2, 2],
    ]);
    expect(new Set(receiver.received.map(({ id: webhookId }) => webhookId)).size).toBe(2);
  });

  test("a late match as a match, and not as an update of what was never told", async () => {
    const shop = await shopWith({ on: ALL });
    const id = newContext();
    await shop.report("infinity", event({ id, ts: world.now() - 1_000, transaction: "t" }));
    await world.send();
    expect(receiver.received).toEqual([]);
    await shop.post(id, [view("v", world.now() - 5_000)], world.now());
    await world.send();
    expect(events()).toEqual([["call.matched", 2]]);
  });

  test("a call that is still not matched 15 minutes after it came, once, and its match thereafter", async () => {
    const shop = await shopWith({ on: ALL, parameters: [{ name: "why", value: "join.reason" }] });
    const id = newContext();
    await shop.report("infinity", event({ id, ts: world.now() - 1_000, transaction: "t" }));
    await world.pass(14 * MINUTE);
    expect(receiver.received).toEqual([]);
    await world.pass(MINUTE + 5 * SECOND);
    expect(bodies()).toMatchObject([{ event: "call.unmatched", version: 1, why: "unknown_context" }]);
    await world.pass(HOUR);
    expect(receiver.received).toHaveLength(1);
    await shop.post(id, [view("v", world.now() - HOUR - 16 * MINUTE)], world.now());
    await world.send();
    expect(events()).toEqual([
      ["call.unmatched", 1],
      ["call.matched", 2],
    ]);
  });

  test("nothing of a matched call after 15 minutes", async () => {
    const shop = await shopWith({ on: ["call.unmatched"] });
    await world.matchedCall(shop);
    await world.pass(20 * MINUTE);
    expect(receiver.received).toEqual([]);
  });

  test("an erased visitor's call as updated, and nothing of theirs is kept or sent any more", async () => {
    receiver.behave(status(500));
    const shop = await shopWith({ on: ALL, parameters: [{ name: "visit", value: "entities.visit" }] });
    const order = await world.matchedCall(shop, { entities: { visit: "of-nobody-else" } });
    await world.send();
    const { context_id } = (await shop.call(order)).join;
    receiver.behave(ok);
    expect((await shop.admin("DELETE", `/contexts/${context_id}`)).status).toBe(204);
    await world.pass(MINUTE);
    expect(bodies().slice(1)).toMatchObject([{ event: "call.updated", version: 2, visit: null }]);
    expect(JSON.stringify(await world.deliveries(shop))).not.toContain("of-nobody-else");
  });

  test.each([
    [{ status: ["unmatched"] }, 0],
    [{ status: ["matched", "offline"] }, 1],
    [{ vendor: ["responsetap"] }, 0],
    [{ vendor: ["responsetap", "infinity"] }, 1],
    [{ type: ["trPackageTransactionSummary"] }, 0],
    [{ goal: ["phone_order"] }, 1],
    [{ goal: ["big_order"] }, 0],
    [{ goal: ["phone_order"], vendor: ["responsetap"] }, 0],
  ])("with the filter %j: %i", async (filter, sent) => {
    const goals = [
      { name: "phone_order", min_total: 0.01 },
      { name: "big_order", min_total: 1_000 },
    ];
    const vendors = [{ name: "infinity" }, { name: "responsetap" }];
    const shop = await shopWith({ filter }, { goals, vendors });
    await world.matchedCall(shop, { total: { value: 5, currency: "GBP" } });
    await world.send();
    expect(receiver.received).toHaveLength(sent);
  });

  test.each([
    [false, []],
    [true, [["call.updated", 2]]],
  ])("history that is joined again: told if asked for (%s)", async (tell, told) => {
    const shop = await shopWith({ on: ALL });
    await world.matchedCall(shop, { total: { value: 5, currency: "GBP" } });
    await world.send();
    const document = (await shop.admin("GET", "")).json<object>();
    await shop.save({ ...document, goals: [{ name: "phone_order" }] });
    await world.rejoin(shop, tell);
    await world.send();
    expect(events().slice(1)).toEqual(told);
    expect((await world.deliveries(shop)).length).toBe(1 + told.length);
  });

  test("the body stays as it was when its version was made, however late it arrives", async () => {
    receiver.behave(status(503));
    const shop = await shopWith({ parameters: [{ name: "total", value: "total.value" }] });
    const id = newContext();
    await shop.post(id, [view("v", world.now() - 5_000)], world.now());
    const say = (value: number, ts: number) =>
      shop.report("infinity", event({ id, ts, transaction: "t", total: { value, currency: "GBP" } }));
    await say(1, world.now() - 3_000);
    await world.send();
    await say(2, world.now() - 2_000);
    receiver.behave(ok);
    await world.pass(MINUTE);
    expect(bodies().map(({ version, total }) => [version, total])).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });
});

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
      const error = "GA4 needs client_id and session_id, and this call has not both";
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

describe("a receiver that", () => {
  test("fails is tried again, under one id, and the delivery's log says all of it", async () => {
    receiver.behave(status(500));
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    const [waiting] = await world.deliveries(shop, "state=pending");
    expect(waiting).toMatchObject({ attempts: [{ at: world.now(), status: 500, error: null, response: "said 500" }] });
    expect((waiting?.next_attempt_at ?? 0) - world.now()).toBeGreaterThanOrEqual(4_000);
    expect((waiting?.next_attempt_at ?? 0) - world.now()).toBeLessThanOrEqual(6_000);
    await world.pass(3_000);
    expect(receiver.received).toHaveLength(1);
    receiver.behave(ok);
    await world.pass(3_001);
    const [first, second, ...more] = receiver.received as [Received, Received];
    expect([first.id, more]).toEqual([second.id, []]);
    expect(second.headers["webhook-timestamp"]).not.toBe(first.headers["webhook-timestamp"]);
    expect(await world.deliveries(shop)).toMatchObject([
      { state: "delivered", next_attempt_at: null, attempts: [{ status: 500 }, { status: 204 }] },
    ]);
    await world.pass(48 * HOUR);
    expect(receiver.received).toHaveLength(2);
  });

  test("is slow, but answers in time, is asked once", async () => {
    receiver.behave((_request, response) => void setTimeout(() => response.writeHead(200).end(), 150));
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    await world.pass(HOUR);
    expect(receiver.received).toHaveLength(1);
    expect(await world.deliveries(shop)).toMatchObject([{ state: "delivered", attempts: [{ status: 200 }] }]);
  });

  test("is down for an hour gets everything once it is back, each exactly once", async () => {
    const shop = await shopWith();
    const counted = new Map<string, number>();
    receiver.behave((request, _response, raw) => {
      counted.set(request.id, 0);
      raw.socket.destroy();
    });
    for (let minute = 0; minute < 60; minute++) {
      if (minute % 3 === 0) await world.matchedCall(shop);
      await world.pass(MINUTE);
    }
    receiver.behave((request, response, raw) => {
      counted.set(request.id, (counted.get(request.id) ?? 0) + 1);
      ok(request, response, raw);
    });
    for (let step = 0; step < 24; step++) await world.pass(10 * MINUTE);
    expect(counted.size).toBe(20);
    expect([...counted.values()]).toEqual(Array(20).fill(1));
    expect(await world.deliveries(shop, "state=delivered")).toHaveLength(20);
  });

  test("never comes back is given up after ten attempts, and a person can replay it", async () => {
    receiver.behave(status(500));
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    for (let hour = 0; hour < 100; hour++) await world.pass(HOUR);
    const [dead] = await world.deliveries(shop, "state=dead");
    expect(dead).toMatchObject({ next_attempt_at: null, state: "dead" });
    expect(receiver.received).toHaveLength(10);
    receiver.behave(ok);
    expect((await shop.admin("POST", `/deliveries/${dead?.id}/replay`)).status).toBe(202);
    await world.send();
    expect(await world.deliveries(shop)).toMatchObject([{ id: dead?.id, state: "delivered" }]);
    expect(new Set(receiver.received.map(({ id }) => id))).toEqual(new Set([dead?.id]));
  });

  test("has lost some gets all that were given up since a time, and no others", async () => {
    const shop = await shopWith();
    receiver.behave(status(500));
    const early = await world.matchedCall(shop);
    for (let hour = 0; hour < 100; hour++) await world.pass(HOUR);
    const since = world.now();
    await world.matchedCall(shop);
    await world.matchedCall(shop);
    for (let hour = 0; hour < 100; hour++) await world.pass(HOUR);
    receiver.behave(ok);
    const answer = await shop.admin("POST", "/deliveries/replay", { since });
    expect([answer.status, answer.json()]).toEqual([202, { replayed: 2 }]);
    await world.send();
    const [left, ...others] = await world.deliveries(shop, "state=dead");
    expect([left?.call_id, others]).toEqual([(await shop.call(early)).id, []]);
  });

  test("answers 410 is switched off, says so in the site document, and is sent nothing more until it is saved anew", async () => {
    receiver.behave(status(500));
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    receiver.behave(status(410));
    await world.matchedCall(shop);
    await world.send();
    const document = (await shop.admin("GET", "")).json<{ version: number; webhooks: { off?: string }[] }>();
    expect(document.webhooks[0]?.off).toContain("answered 410 Gone");
    expect(document.version).toBe(2);
    expect(await world.deliveries(shop, "state=dead")).toHaveLength(2);
    const before = receiver.received.length;
    await world.matchedCall(shop);
    await world.pass(48 * HOUR);
    expect(receiver.received).toHaveLength(before);

    receiver.behave(ok);
    await shop.save({ ...document, webhooks: document.webhooks.map(({ off: _, ...webhook }) => webhook) });
    await world.pass(2 * SECOND);
    await world.matchedCall(shop);
    await world.send();
    expect(receiver.received).toHaveLength(before + 1);
  });

  test("answers 429 with Retry-After is left alone for as long", async () => {
    receiver.behave(status(429, { "Retry-After": "90" }));
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    receiver.behave(ok);
    await world.pass(89 * SECOND);
    expect(receiver.received).toHaveLength(1);
    await world.pass(1 * SECOND);
    expect(receiver.received).toHaveLength(2);
  });

  test("redirects has failed, and where it points to is not asked", async () => {
    const elsewhere = await startReceiver();
    receiver.behave(status(302, { Location: elsewhere.url }));
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    expect(await world.deliveries(shop)).toMatchObject([{ state: "pending", attempts: [{ status: 302 }] }]);
    expect(elsewhere.connections()).toBe(0);
    await elsewhere.stop();
  });

  test.each<[string, Parameters<Receiver["behave"]>[0]]>([
    ["hangs", () => {}],
    ["resets the connection", (_request, _response, raw) => void raw.socket.resetAndDestroy()],
    ["closes it without a word", (_request, _response, raw) => void raw.socket.destroy()],
    ["speaks no HTTP", (_request, _response, raw) => void raw.socket.end("220 mail ready\r\n")],
    [
      "switches protocols",
      (_request, response) => void response.writeHead(101, { Upgrade: "x", Connection: "upgrade" }).end(),
    ],
  ])("%s has failed, and is tried again", async (_name, behaviour) => {
    receiver.behave(behaviour);
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    const [delivery] = await world.deliveries(shop);
    expect(delivery).toMatchObject({ state: "pending", attempts: [{ response: "" }] });
    receiver.behave(ok);
    await world.pass(MINUTE);
    expect(await world.deliveries(shop)).toMatchObject([{ state: "delivered" }]);
  });

  test("is not there has failed, with the reason in the log", async () => {
    const shop = await shopWith({ url: "http://127.0.0.1:1/" });
    await world.matchedCall(shop);
    await world.send();
    const [delivery] = await world.deliveries(shop);
    expect(delivery?.attempts[0]).toMatchObject({ status: null, error: expect.stringContaining("ECONNREFUSED") });
  });

  test("answers a gigabyte is believed its status, and no more than 20,000 bytes are read", async () => {
    let written = 0;
    receiver.behave((_request, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(64 * 1024, "x");
      const more = () => {
        while (!response.destroyed && written < 1e9) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    });
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    const [delivery] = await world.deliveries(shop);
    expect(delivery?.state).toBe("delivered");
    expect(delivery?.attempts[0]?.response).toBe("x".repeat(20_000));
    expect(written).toBeLessThan(50e6);
  });

  test("drips its answer for ever is cut off, and its status stands", async () => {
    receiver.behave((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("."), 20);
      response.on("close", () => clearInterval(timer));
    });
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    expect(await world.deliveries(shop)).toMatchObject([
      { state: "delivered", attempts: [{ status: 200, response: expect.stringMatching(/^\.+$/) }] },
    ]);
  });

  test("hangs slows nobody else down", async () => {
    const dead = await startReceiver();
    dead.behave(() => {});
    const webhooks = [
      { name: "dead", url: dead.url },
      { name: "crm", url: receiver.url },
    ];
    const shop = await world.shop({ webhooks });
    const arrived = new Promise<void>((resolve) => {
      receiver.behave((request, response, raw) => {
        ok(request, response, raw);
        if (receiver.received.length === 30) resolve();
      });
    });
    for (let n = 0; n < 30; n++) await world.matchedCall(shop);
    await arrived;
    const stillHanging = (await world.deliveries(shop, "webhook=dead&state=pending")).length;
    expect(stillHanging).toBe(30);
    expect(dead.connections()).toBeLessThan(30);
    dead.behave(ok);
    await dead.stop();
    await world.send();
  });
});

describe("trying a webhook out", () => {
  test("sends a marked example, signed, and answers what the receiver said", async () => {
    receiver.behave((_request, response) => void response.writeHead(418).end("short and stout"));
    const shop = await shopWith({ parameters: [{ name: "visit", value: "entities.visit" }] });
    const answer = await shop.admin("POST", "/webhooks/crm/test");
    expect([answer.status, answer.json()]).toMatchObject([
      200,
      { status: 418, response: "short and stout", error: null },
    ]);
    expect(bodies()).toEqual([{ event: "call.test", call_id: "test-call", version: 1, visit: "test visit" }]);
    expect(receiver.received[0]?.id).toMatch(/^test_/);
    expect(receiver.received[0]?.headers["webhook-signature"]).toMatch(/^v1,/);
    expect(await world.deliveries(shop)).toEqual([]);
    expect((await shop.admin("POST", "/webhooks/nobody/test")).status).toBe(404);
  });
});

test("two versions of one webhook's secret both sign for a day", async () => {
  const shop = await shopWith();
  const secrets = [await world.secret(shop, "crm"), await world.secret(shop, "crm")];
  await world.matchedCall(shop);
  await world.send();
  const [got] = receiver.received as [Received];
  const at = new Date(Number(got.headers["webhook-timestamp"]) * 1_000);
  const signatures = got.headers["webhook-signature"]?.split(" ");
  for (const secret of secrets) expect(signatures).toContain(new Webhook(secret).sign(got.id, at, got.body));
});

test("deliveries are paged, the newest first, and filtered by state", async () => {
  const shop = await shopWith();
  for (let n = 0; n < 5; n++) {
    await world.matchedCall(shop);
    await world.pass(SECOND);
  }
  const first = await shop.admin("GET", "/deliveries?limit=3");
  const { deliveries, next_cursor } = first.json<{ deliveries: { id: string }[]; next_cursor: string }>();
  const rest = await world.deliveries(shop, `limit=3&cursor=${next_cursor}`);
  expect(new Set([...deliveries, ...rest].map(({ id }) => id)).size).toBe(5);
  expect(await world.deliveries(shop, "state=dead")).toEqual([]);
  expect((await shop.admin("GET", "/deliveries?state=lost")).status).toBe(400);
});
