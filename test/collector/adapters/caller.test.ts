import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Receipt } from "../contract/http";
import { newContext } from "../contract/shop";
import { ACCEPTED, iso, post, startEach, world } from "./posting";
import { SAMPLES } from "./samples";

startEach();

describe("of who called", () => {
  const NUMBER = "+14045550123";
  const CALL = {
    resource_id: "CAL1",
    direction: "inbound",
    customer_phone_number: NUMBER,
    formatted_customer_phone_number: "404-555-0123",
    tracking_phone_number: "+14045550199",
  };
  const HASH = createHash("sha256").update(NUMBER).digest("hex");

  test.each([
    [undefined, { caller: null, caller_sha256: HASH }],
    ["full", { caller: NUMBER, caller_sha256: HASH }],
    ["none", { caller: null, caller_sha256: null }],
  ])("a site that says %s keeps that, and nothing else anywhere", async (keep_caller, kept) => {
    const shop = await world.shop({ vendors: [{ name: "callrail", adapter: "callrail" }], keep_caller });
    const token = await shop.token("callrail");
    const good = JSON.stringify({ ...CALL, start_time: iso(world.now()) });
    expect((await post(shop, "callrail", { body: good, token })).json()).toEqual(ACCEPTED);
    for (const bad of [JSON.stringify(CALL), JSON.stringify({ ...CALL, direction: "outbound" }), `${good}x`]) {
      await post(shop, "callrail", { body: bad, token });
    }
    const query = new URLSearchParams({ callRef: "1", customer_phone_number: NUMBER, token }).toString();
    await world.request("GET", `/v1/calls/${shop.id}/callrail?${query}`);
    const call = await shop.call("CAL1");
    expect(call).toMatchObject({ ...kept, dialled: "+14045550199", direction: "inbound" });
    const rejected = (await shop.admin("GET", "/rejected")).text;
    const explained = (await shop.admin("GET", `/calls/${call.id}?explain=1`)).text;
    const everything = await world.everything();
    const known = /555\D{0,3}0123/;
    if (keep_caller === "full") expect(everything).toMatch(known);
    else for (const text of [rejected, explained, everything]) expect(text.replaceAll(HASH, "")).not.toMatch(known);
  });
});

test("presets and adapters are there to be put into a site document", async () => {
  const shop = await world.shop({});
  const token = "admin-token-of-the-webhook-tests";
  const answer = await world.request("GET", "/v1/presets", { token });
  const { presets, adapters } = answer.json<{
    presets: { entity: { name: string; identifies?: string } }[];
    adapters: string[];
  }>();
  const entities = presets.map(({ entity }) => entity).filter(({ identifies }) => identifies === undefined);
  const vendors = adapters.filter((name) => name !== "custom").map((adapter) => ({ name: adapter, adapter }));
  expect((await shop.save({ name: "Shoes", entities, vendors })).status).toBe(200);
  expect(vendors).toHaveLength(19);
});

test.each(Object.entries(SAMPLES))(
  "every phase that %s sends arrives by its own route, and is one call",
  async (adapter, { phases, contextField }) => {
    const contextId = newContext();
    const shop = await world.shop({ vendors: [{ name: adapter, adapter, context_id_from: contextField }] });
    const token = await shop.token(adapter);
    for (const phase of phases) {
      const body = JSON.stringify({ ...phase, [contextField]: contextId });
      const answer = await post(shop, adapter, { body, token, headers: { "content-type": "application/json" } });
      expect([answer.status, answer.json<Partial<Receipt>>().rejected ?? []]).toEqual([200, []]);
    }
    expect(await shop.calls()).toMatchObject([
      { vendor: adapter, join: { status: "unmatched", context_id: contextId } },
    ]);
  },
);
