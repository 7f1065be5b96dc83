import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ACCEPTED, iso, post, startEach, world } from "./posting";

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
