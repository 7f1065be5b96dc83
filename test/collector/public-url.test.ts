/** The collector at a path of the shop's own host, behind a proxy that takes the path off and one that does not. */
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { ownPath } from "../../collector/http/doors";
import { type Collector, startCollector } from "./contract/process";
import { newContext, openShop, type Shop, THEN, view } from "./contract/shop";

const PUBLIC = "https://shop.example/cj";
const SECRET = "a-secret-of-twilio";

let collector: Collector;
let shop: Shop;
beforeAll(async () => {
  collector = await startCollector({ CALLJOIN_PUBLIC_URL: `${PUBLIC}/` });
  const vendors = [{ name: "twilio", adapter: "twilio", secret: SECRET }];
  shop = await openShop(collector.request, collector.adminToken, { vendors });
});
afterAll(() => collector.stop());

describe.each([
  ["hands on as it was asked", "/cj"],
  ["takes off", ""],
])("CALLJOIN_PUBLIC_URL=https://shop.example/cj, with a proxy that %s the path", (_what, prefix) => {
  it("serves the script, with the public address in it", async () => {
    const { status, text } = await collector.request("GET", `${prefix}/t/${shop.id}.js`);
    expect([status, text]).toEqual([200, expect.stringContaining(`collector:"${PUBLIC}"`)]);
  });

  it("takes snapshots", async () => {
    const json = { v: 1, site: shop.id, context_id: newContext(), sent_at: Date.now(), snapshots: [view("v1", THEN)] };
    const answer = await collector.request("POST", `${prefix}/v1/snapshots?x=1`, { json });
    expect([answer.status, answer.json()]).toEqual([202, { accepted: 1, duplicate: 0, rejected: [] }]);
  });

  it("takes Twilio's requests, signed over the public address, and no others", async () => {
    const path = `/v1/calls/${shop.id}/twilio`;
    const fields = {
      CallSid: `CA${prefix.length}`,
      CallStatus: "completed",
      Direction: "inbound",
      From: "+447700900123",
      To: "+442079460000",
      CallDuration: "12",
    };
    const said = Object.entries(fields)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flat()
      .join("");
    const post = (url: string) =>
      collector.request("POST", `${prefix}${path}`, {
        body: new URLSearchParams(fields).toString(),
        headers: {
          "content-type": "application/x-www-form-urlencoded",
          "x-twilio-signature": createHmac("sha1", SECRET)
            .update(url + said)
            .digest("base64"),
        },
      });
    expect((await post(`https://elsewhere.example/cj${path}`)).status).toBe(401);
    expect((await post(`${PUBLIC}${path}`)).status).toBe(200);
  });

  it("names it in OpenAPI's servers, and reads by its routes", async () => {
    const { servers } = (await collector.request("GET", `${prefix}/openapi.json`)).json<{ servers: unknown }>();
    expect(servers).toEqual([{ url: PUBLIC }]);
    const { status } = await collector.request("GET", `${prefix}/v1/sites/${shop.id}/calls`, {
      token: collector.adminToken,
    });
    expect(status).toBe(200);
    expect((await collector.request("GET", `${prefix}/livez`)).status).toBe(200);
  });
});

test("a path that only begins like the prefix is another one, and a prefix named like a route of ours is the proxy's to take off", () => {
  const own = ownPath("https://shop.example/cj/calls");
  expect(["/cj/calls/livez", "/cj/callsign", "/cj/calls", "/livez"].map(own)).toEqual([
    "/livez",
    "/cj/callsign",
    "/cj/calls",
    "/livez",
  ]);
  expect(ownPath("https://shop.example/v1")("/v1/snapshots")).toBe("/v1/snapshots");
  expect(ownPath("https://shop.example")("/v1/snapshots")).toBe("/v1/snapshots");
  expect(["http://shop.example/cj/calls/livez", "HTTP://x", "http://x?y", "*"].map(own)).toEqual([
    "/livez",
    "/",
    "/?y",
    "*",
  ]);
});

test("a proxy may leave a slash of the path that it takes off, but not where another one may guard a route by its path", async () => {
  const own = ownPath("https://shop.example/cj/calls");
  expect(["//v1/sites", "///t/shop.js", "/cj/calls//events/shop"].map(own)).toEqual([
    "/v1/sites",
    "/t/shop.js",
    "/events/shop",
  ]);
  expect(["//metrics", "//console/", "//v1"].map(own)).toEqual(["//metrics", "//console/", "//v1"]);
  expect((await collector.request("GET", `//t/${shop.id}.js`)).status).toBe(200);
});
