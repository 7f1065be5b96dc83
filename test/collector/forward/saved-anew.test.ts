/** A webhook that its owner saves anew while deliveries wait for it, or are under way. */
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import type { Shop } from "../contract/shop";
import { type Receiver, startReceiver, status } from "./receiver";
import { bodies, ENTITIES, receiver, shopWith, startEach, world } from "./webhook-shop";

startEach();

const BASE = { name: "Shoes", vendors: [{ name: "infinity" }], entities: ENTITIES };
const saved = async (shop: Shop, webhook: object, more: object = {}) => {
  const answer = await shop.save({ ...BASE, ...more, webhooks: [{ name: "crm", ...webhook }] });
  expect(answer.status).toBe(200);
};
const webhookOf = async (shop: Shop) =>
  (await shop.admin("GET", "")).json<{ webhooks: { off?: string }[] }>().webhooks[0];

/** The deliveries that this receiver was sent, the last query of each. */
const queries = (one: Receiver) => one.received.map(({ url }) => url.split("?")[1] ?? "");

test("a 410 from where it pointed before does not switch it off where it points now", async () => {
  const shop = await shopWith();
  const answers: ServerResponse[] = [];
  const asked = new Promise<void>((done) => {
    receiver.behave((_request, response) => {
      answers.push(response);
      done();
    });
  });
  await world.matchedCall(shop);
  const sending = world.send();
  await asked;
  const other = await startReceiver();
  await saved(shop, { url: `${other.url}/hook` });
  for (const response of answers) response.writeHead(410).end();
  await sending;
  expect((await webhookOf(shop))?.off).toBeUndefined();
  await world.matchedCall(shop);
  await world.send();
  expect(other.received).toHaveLength(1);
  await other.stop();
});

test("a URL that asks for more is sent with it, for calls from before it was saved, too", async () => {
  receiver.behave(status(400));
  const shop = await shopWith({ url: `${receiver.url}/hook` });
  const order = await world.matchedCall(shop);
  await world.send();
  await saved(shop, { url: `${receiver.url}/hook?order={{transaction.id}}&shop={{"uk"}}` });
  await world.pass(10_000);
  expect(queries(receiver)).toEqual(["", `order=${order}&shop=uk`]);
});

describe("a webhook that was a platform's", () => {
  const entities = [{ name: "fbclid", type: "simple", scope: "session", value: "fbclid" }];
  const goals = [{ name: "sale", min_total: 1 }];

  test("sends no credential to the receiver that it is now", async () => {
    const platform = { format: "meta_capi", pixel_id: "4455", api_secret: "EAAB-token-of-meta" };
    const meta = await startReceiver();
    meta.behave(status(500));
    const shop = await shopWith({ ...platform, url: meta.url }, { entities, goals });
    await world.matchedCall(shop, { entities: { fbclid: "IwAR" }, total: { value: 9, currency: "GBP" } });
    await world.send();
    expect(meta.received).toHaveLength(1);
    await saved(shop, { url: `${receiver.url}/hook` }, { entities, goals });
    await world.pass(10_000);
    expect(receiver.received).toEqual([]);
    expect(await world.deliveries(shop)).toMatchObject([
      { state: "dead", attempts: [{ status: 500 }, { error: expect.stringContaining("meta_capi") }] },
    ]);
    await meta.stop();
  });

  test("is sent what was made since", async () => {
    const shop = await shopWith({ format: "form" });
    await saved(shop, { url: `${receiver.url}/hook` });
    await world.matchedCall(shop);
    await world.send();
    expect(bodies()).toMatchObject([{ event: "call.matched" }]);
  });
});
