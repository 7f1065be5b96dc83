import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { event, HOUR, MINUTE, newContext, SECOND, view } from "../contract/shop";
import { ok, type Received, status } from "./receiver";
import { bodies, receiver, shopWith, startEach, world } from "./webhook-shop";

startEach();

const ALL = ["call.matched", "call.updated", "call.unmatched"];
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
