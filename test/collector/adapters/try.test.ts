import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Answer } from "../contract/http";
import { newContext, type Shop, view } from "../contract/shop";
import { startWorld, type World } from "../forward/world";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const token = "admin-token-of-the-webhook-tests";
const ask = (shop: Shop, vendor: string, body: string, headers = {}, query = "", as = token): Promise<Answer> =>
  world.request("POST", `/v1/sites/${shop.id}/vendors/${vendor}/try${query}`, { body, headers, token: as });
const iso = () => new Date(world.now()).toISOString();

/** What a site has: nothing of it may change by trying. */
const state = async (shop: Shop) => [await shop.calls(), (await shop.admin("GET", "/rejected")).text];

test("says what would come of a payload: ids, start in UTC, outcome, join and goals; and stores nothing", async () => {
  const shop = await world.shop({
    vendors: [{ name: "rail", adapter: "callrail" }],
    goals: [{ name: "talk", min_duration_s: 60 }],
  });
  const id = newContext();
  await shop.post(id, [view("v", world.now() - 5_000)], world.now());
  const call = {
    resource_id: "CAL1",
    start_time: iso(),
    direction: "inbound",
    duration: "61",
    answered: "true",
    custom: `${id}.x.1`,
    customer_phone_number: "+14045550123",
    value: "12,50",
  };
  const before = await state(shop);
  const answer = await ask(shop, "rail", JSON.stringify(call));
  expect(answer.status).toBe(200);
  expect(answer.json()).toMatchObject({
    signed: null,
    events: [
      {
        index: 0,
        verdict: "accepted",
        transaction_id: "CAL1",
        ts: world.now(),
        time: iso(),
        context_id: id,
        visitor_id: null,
        duration_s: 61,
        answered: true,
        direction: "inbound",
        caller: null,
        caller_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        total: { value: 12.5, currency: null },
        call: { join: { status: "matched", view_id: "v" }, goals: ["talk"] },
        kept: { customer_phone_number: expect.stringMatching(/^sha256:/) },
      },
    ],
  });
  expect(await state(shop)).toEqual(before);
});

test("says what is known already, and what would be refused", async () => {
  const shop = await world.shop({ vendors: [{ name: "infinity" }, { name: "m", adapter: "ringostat" }] });
  const [a, b] = [
    { uniqueid: "a", calldate: iso() },
    { uniqueid: "b", calldate: "yesterday" },
  ];
  await world.request("POST", `/v1/calls/${shop.id}/m`, { json: a, token: await shop.token("m") });
  const { events } = (await ask(shop, "m", JSON.stringify([a, b, { ...a, total: "5" }]))).json<{ events: object[] }>();
  expect(events).toMatchObject([
    { verdict: "duplicate", call: { total: null } },
    { verdict: "rejected", reason: "invalid", detail: expect.stringContaining("yesterday") },
    { verdict: "accepted", call: { total: { value: 5 } } },
  ]);
  const qprotocol = [
    { meta: { type: "ecBasketTransactionSummary", ts: Math.floor(world.now() / 1_000) }, transaction: { id: "q" } },
    {},
  ];
  expect((await ask(shop, "infinity", JSON.stringify(qprotocol))).json()).toMatchObject({
    events: [
      { verdict: "accepted", transaction_id: "q", call: { join: { status: "unusable", reason: "no_id" } } },
      { verdict: "rejected" },
    ],
  });
});

test("says whether the vendor's signature is right, as of the vendor's own route", async () => {
  const shop = await world.shop({ vendors: [{ name: "twilio", adapter: "twilio", secret: "12345" }] });
  const timestamp = new Date(world.now()).toUTCString();
  const body = new URLSearchParams({ CallSid: "CA1", Timestamp: timestamp }).toString();
  const query = "?context_id=abcdefgh";
  const signed = `https://calls.shop.example/v1/calls/${shop.id}/twilio${query}CallSidCA1Timestamp${timestamp}`;
  const behind = await startWorld({ publicUrl: "https://calls.shop.example" });
  const other = await behind.shop({ vendors: [{ name: "twilio", adapter: "twilio", secret: "12345" }] });
  const headers = (content: string) => ({
    "content-type": "application/x-www-form-urlencoded",
    "x-twilio-signature": createHmac("sha1", "12345").update(content).digest("base64"),
  });
  const path = `/v1/sites/${other.id}/vendors/twilio/try${query}`;
  const right = await behind.request("POST", path, {
    body,
    token,
    headers: headers(signed.replace(shop.id, other.id)),
  });
  expect(right.json()).toMatchObject({ signed: true, events: [{ context_id: "abcdefgh" }] });
  const wrong = await behind.request("POST", path, { body, token, headers: headers("another") });
  expect(wrong.json()).toMatchObject({ signed: false });
  await behind.stop();
});

test("says what the vendor's own route would: what was signed too long ago is refused, a secret in the body is no part of an event", async () => {
  const AIRCALL = { name: "air", adapter: "aircall", secret: "key-1" };
  const shop = await world.shop({
    vendors: [AIRCALL, { name: "ctm", adapter: "calltrackingmetrics", secret: "made-up" }],
  });
  const call = { id: "1", unix_time: Math.floor(world.now() / 1_000), direction: "inbound" };
  const [body, time] = [JSON.stringify(call), String(Math.floor(world.now() / 1_000) - 2 * 86_400)];
  const signature = createHmac("sha1", "made-up").update(time + body);
  const headers = { "x-ctm-time": time, "x-ctm-signature": signature.digest("base64") };
  const taken = await world.request("POST", `/v1/calls/${shop.id}/ctm`, { body, headers });
  const [refused] = taken.json<{ rejected: object[] }>().rejected;
  expect((await ask(shop, "ctm", body, headers)).json()).toMatchObject({
    events: [{ verdict: "rejected", ...refused }],
  });

  const air = { resource: "call", token: "key-1", timestamp: call.unix_time, data: { id: 1, direction: "inbound" } };
  await world.request("POST", `/v1/calls/${shop.id}/air`, { json: air });
  const { token: _secret, ...kept } = air;
  expect((await ask(shop, "air", JSON.stringify(air))).json()).toEqual({
    signed: true,
    events: [expect.objectContaining({ verdict: "duplicate", kept })],
  });
});

test("is the operator's alone, of vendors that there are, with a body that can be read", async () => {
  const shop = await world.shop({ vendors: [{ name: "m", adapter: "ringostat" }] });
  expect((await ask(shop, "m", "{}", {}, "", "wrong")).status).toBe(401);
  expect((await ask(shop, "nobody", "{}")).status).toBe(404);
  const unread = await ask(shop, "m", "no JSON");
  expect([unread.status, unread.json<{ errors: object[] }>().errors]).toMatchObject([
    400,
    [{ message: expect.any(String) }],
  ]);
  expect((await shop.admin("GET", "/rejected")).json()).toMatchObject({ rejected: [] });
});
