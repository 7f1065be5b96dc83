/** What a webhook would send, which webhooks a call is told to, and what is sent again all at once. */
import { expect, test } from "vitest";
import { BASE, THEN } from "../contract/shop";
import { ok, status } from "./receiver";
import { ENTITIES, receiver, shopWith, startEach, world } from "./webhook-shop";

startEach();

const parameters = [
  { name: "visit", value: "entities.visit" },
  { name: "order", value: "transaction.id" },
];

test("a preview is the very request that the webhook sends then", async () => {
  const shop = await shopWith({ parameters });
  const transaction = await world.matchedCall(shop);
  const { id } = await shop.call(transaction);
  const webhook = { name: "crm", url: `${receiver.url}/hook`, parameters };
  const answer = await shop.admin("POST", "/webhooks/preview", { webhook, call_id: id });
  expect(answer.status).toBe(200);
  const preview = answer.json<{ method: string; url: string; headers: object; body: string; signed: boolean }>();
  await world.send();
  // The webhook's own, and nothing of the preview.
  expect(receiver.received).toMatchObject([{ method: preview.method, body: preview.body }]);
  expect(preview).toMatchObject({ url: `${receiver.url}/hook`, signed: true });
  expect(Object.keys(preview.headers)).toContain("webhook-signature");
});

test("one that is not saved is previewed with an example, and not signed", async () => {
  const shop = await shopWith();
  const preview = async (webhook: object, more = {}) =>
    shop.admin("POST", "/webhooks/preview", {
      webhook: { name: "new", url: "https://crm.example/x", ...webhook },
      ...more,
    });
  const form = (await preview({ format: "form", parameters })).json<{ body: string; signed: boolean }>();
  expect(form.signed).toBe(false);
  expect(new URLSearchParams(form.body).get("order")).toBe("test-transaction");
  const query = (await preview({ format: "query", parameters })).json<{ method: string; url: string }>();
  expect(query.method).toBe("GET");
  expect(query.url).toContain("order=test-transaction");
  const wrong = await preview({ parameters: [{ name: "x", value: "entities.nothing" }] });
  expect([wrong.status, wrong.json<{ errors: object[] }>().errors]).toMatchObject([
    400,
    [{ path: "webhook.parameters.0.value" }],
  ]);
  expect((await preview({}, { call_id: "nothing" })).status).toBe(404);
  expect((await preview({ url: undefined })).status).toBe(400);
});

test("a call says which webhooks were told of it, and which filter kept it from the others", async () => {
  const url = `${receiver.url}/hook`;
  const webhooks = [
    { name: "crm", url },
    { name: "late", url, on: ["call.unmatched"] },
    { name: "other", url, filter: { vendor: ["responsetap"] } },
    { name: "goals", url, filter: { goal: ["sale"] } },
    { name: "off", url, off: "somebody" },
  ];
  const shop = await world.shop({ ...BASE, entities: ENTITIES, webhooks, goals: [{ name: "sale", min_total: 1 }] });
  const { id } = await shop.call(await world.matchedCall(shop));
  const told = (await shop.admin("GET", `/calls/${id}/webhooks`)).json<
    { webhook: string; sent: boolean; why: string }[]
  >();
  expect(told.map(({ webhook, sent }) => [webhook, sent])).toEqual([
    ["crm", true],
    ["late", false],
    ["other", false],
    ["goals", false],
    ["off", false],
  ]);
  expect(told.map(({ why }) => why)).toEqual([
    "call.matched, version 1, is pending",
    "it is told of call.unmatched, and this was call.matched",
    "its filter lets vendor responsetap through, and the call has infinity",
    "its filter lets goal sale through, and the call has none",
    "the webhook is off: somebody",
  ]);
  expect((await shop.admin("GET", "/calls/nothing/webhooks")).status).toBe(404);
});

test("deliveries are listed by their call, each with the body that was sent", async () => {
  const shop = await shopWith({ parameters });
  const [one] = [await world.matchedCall(shop), await world.matchedCall(shop)];
  const { id } = await shop.call(one);
  await world.send();
  const deliveries = (await world.deliveries(shop, `call_id=${id}`)) as unknown as { call_id: string; body: string }[];
  expect(deliveries.map(({ call_id }) => call_id)).toEqual([id]);
  expect(JSON.parse(deliveries[0]?.body ?? "")).toMatchObject({ order: one, call_id: id });
});

test("a reader sees what was sent, and to whom, but no address that may be a secret", async () => {
  const shop = await shopWith({ url: `${receiver.url}/hook/s3cret?key=s3cret` });
  await world.matchedCall(shop);
  await world.send();
  const made = await world.request("POST", "/v1/tokens", {
    token: "admin-token-of-the-webhook-tests",
    json: { name: "agency", role: "reader", sites: [shop.id] },
  });
  const { token } = made.json<{ token: string }>();
  const read = await world.request("GET", `/v1/sites/${shop.id}/deliveries`, { token });
  expect(read.text).not.toContain("s3cret");
  expect(read.text).toContain(`${receiver.url}/…`);
  expect((await shop.admin("GET", "/deliveries")).text).toContain("s3cret");
});

test("all that was given up is sent again, and what is given up meanwhile is not", async () => {
  const shop = await shopWith({ url: `${receiver.url}/hook` });
  receiver.behave(status(410));
  for (let n = 0; n < 3; n += 1) await world.matchedCall(shop);
  await world.send();
  const dead = () => world.deliveries(shop, "state=dead").then(({ length }) => length);
  const given = await dead();
  // Of those that came after the first answer nobody was told.
  expect(given).toBeGreaterThan(0);
  receiver.behave(ok);
  await shop.save({ ...BASE, entities: ENTITIES, webhooks: [{ name: "crm", url: `${receiver.url}/hook` }] });
  await world.pass(1);
  const replay = (body: object) => shop.admin("POST", "/deliveries/replay", body);
  expect((await replay({ state: "dead", webhook: "other" })).json()).toMatchObject({ replayed: 0, remaining: 0 });
  expect((await replay({ state: "dead", before: THEN - 1 })).json()).toMatchObject({ replayed: 0, remaining: 0 });
  const answer = await replay({ state: "dead", webhook: "crm" });
  expect([answer.status, answer.json()]).toEqual([202, { replayed: given, remaining: 0, before: world.now() }]);
  await world.send();
  expect(await dead()).toBe(0);
  expect((await replay({ state: "delivered" })).status).toBe(400);
});

test.each([{ since: 1 }, { state: "dead" }])("of a site that is not there nothing is sent again: %o", async (json) => {
  const token = "admin-token-of-the-webhook-tests";
  const answer = await world.request("POST", "/v1/sites/nope/deliveries/replay", { token, json });
  expect([answer.status, answer.json()]).toEqual([404, expect.objectContaining({ detail: "there is no such site" })]);
});
