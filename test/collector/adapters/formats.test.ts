import { describe, expect, test } from "vitest";
import type { Receipt } from "../contract/http";
import { newContext, SECOND, view } from "../contract/shop";
import { ACCEPTED, FORM, iso, KEY, post, startEach, world } from "./posting";
import { SAMPLES } from "./samples";

startEach();

describe("formats", () => {
  test("Infinity calls out by GET, and gets its 200", async () => {
    const shop = await world.shop({ vendors: [{ name: "infinity", adapter: "infinity" }] });
    const id = newContext();
    await shop.post(id, [view("v", world.now() - 5_000)], world.now());
    const dt = iso(world.now()).slice(0, 19).replace("T", " ");
    const query = new URLSearchParams({
      callRef: "77",
      dt,
      vid: "i-1",
      context_id: id,
      token: await shop.token("infinity"),
    });
    const answer = await world.request("GET", `/v1/calls/${shop.id}/infinity?${query}`);
    expect([answer.status, answer.json()]).toEqual([200, ACCEPTED]);
    expect((await shop.call("77")).join).toMatchObject({ status: "matched", context_id: id });
    expect((await world.request("GET", `/v1/calls/${shop.id}/infinity?callRef=78`)).status).toBe(401);
  });

  test.each([
    [
      "JSON",
      "application/json",
      (id: string, at: string) => JSON.stringify({ uniqueid: "r", calldate: at, context_id: id }),
    ],
    ["a form", FORM, (id: string, at: string) => `uniqueid=r&calldate=${encodeURIComponent(at)}&context_id=${id}`],
    [
      "XML",
      "text/xml; charset=utf-8",
      (id: string, at: string) =>
        `<?xml version="1.0"?><call><uniqueid>r</uniqueid><calldate>${at}</calldate><context_id>${id}</context_id></call>`,
    ],
  ])("Ringostat posts %s", async (_name, type, body) => {
    const vendors = [{ name: "ringostat", adapter: "ringostat", secret: KEY, timezone: "Europe/Kyiv" }];
    const shop = await world.shop({ vendors });
    const id = newContext();
    await shop.post(id, [view("v", world.now() - 5_000)], world.now());
    const local = new Date(world.now()).toLocaleString("sv-SE", { timeZone: "Europe/Kyiv" });
    const headers = { "content-type": type, "auth-key": KEY };
    const answer = await post(shop, "ringostat", { body: body(id, local), headers });
    expect([answer.status, answer.json()]).toEqual([200, ACCEPTED]);
    expect(await shop.call("r")).toMatchObject({ ts: world.now(), ts_unit: "s", join: { status: "matched" } });
  });

  test("a body that is no payload at all is 400 and kept; a payload that is no call is kept, with the reason, for replay", async () => {
    const shop = await world.shop({ vendors: [{ name: "callrail", adapter: "callrail" }] });
    const token = await shop.token("callrail");
    const answer = await post(shop, "callrail", { body: '{"resource_id":"CAL1","secret_note":"x"}', token });
    expect(answer.json<Receipt>()).toMatchObject({ accepted: 0, rejected: [{ index: 0, reason: "invalid" }] });
    const unread = 'no JSON, and from +1 (404) 555-0123: {"a"';
    expect((await post(shop, "callrail", { body: unread, token })).status).toBe(400);
    const { rejected } = (await shop.admin("GET", "/rejected")).json<{
      rejected: { body: unknown; detail: string }[];
    }>();
    const kept = 'no JSON, and from (not kept): {"a"';
    expect(new Set(rejected.map(({ body }) => body))).toEqual(
      new Set([kept, { resource_id: "CAL1", secret_note: "x" }]),
    );
    expect(JSON.stringify(rejected)).not.toContain("0123");
  });

  test("a body that could not be read is read when it is replayed, after the mapping was mended", async () => {
    const mapping = { body: { as: "json" }, id: "id", time: { from: "at" } };
    const vendor = { name: "own", adapter: "custom", mapping };
    const shop = await world.shop({ vendors: [vendor] });
    const body = "<calls><call><id>1</id><at>1732262400</at></call><call><id>2</id><at>1732262400</at></call></calls>";
    expect((await post(shop, "own", { body, token: await shop.token("own") })).status).toBe(400);
    const { rejected } = (await shop.admin("GET", "/rejected")).json<{ rejected: { id: string }[] }>();
    const mended = { ...mapping, body: { as: "xml", items: "call" } };
    await shop.save({ name: "Shoes", vendors: [{ ...vendor, mapping: mended }] });
    await world.pass(2 * SECOND);
    const answer = await shop.admin("POST", `/rejected/${rejected[0]?.id}/replay`);
    expect(answer.json<Receipt>()).toMatchObject({ accepted: 2, rejected: [] });
  });

  test("it is read with the parameters of its URL, but without who called", async () => {
    const mapping = { body: { as: "json" }, id: "id", time: { from: "at" }, caller: "from", context_id: "visitor" };
    const vendor = { name: "own", adapter: "custom", mapping };
    const shop = await world.shop({ vendors: [vendor] });
    const token = await shop.token("own");
    const id = newContext();
    const query = `?visitor=${id}&phone=%2B14045550123&token=${token}`;
    const body = "id=c1&at=2026-11-20T10%3A00%3A00Z&from=%2B14045550123";
    expect((await post(shop, "own", { query, body, headers: { "content-type": FORM } })).status).toBe(400);
    const { rejected } = (await shop.admin("GET", "/rejected")).json<{ rejected: { id: string; body: unknown }[] }>();
    expect(rejected[0]?.body).toEqual({
      "@body": "id=c1&at=2026-11-20T10%3A00%3A00Z&from=(not kept)",
      "@query": `visitor=${id}&phone=(not kept)`,
    });
    await shop.save({ name: "Shoes", vendors: [{ ...vendor, mapping: { ...mapping, body: { as: "form" } } }] });
    await world.pass(2 * SECOND);
    expect((await shop.admin("POST", `/rejected/${rejected[0]?.id}/replay`)).json<Receipt>().accepted).toBe(1);
    const [call] = (await shop.admin("GET", "/calls")).json<{ calls: { join: { context_id: string } }[] }>().calls;
    expect(call?.join.context_id).toBe(id);
  });

  test("what is no call costs the others of its list nothing", async () => {
    const shop = await world.shop({ vendors: [{ name: "callrail", adapter: "callrail" }] });
    const token = await shop.token("callrail");
    const body = '[{"resource_id":"CAL1","start_time":"2026-11-20T10:00:00Z"},5]';
    expect((await post(shop, "callrail", { body, token })).json<Receipt>()).toMatchObject({
      accepted: 1,
      rejected: [{ index: 1, reason: "invalid" }],
    });
  });

  test("a QProtocol body that cannot be read is 400, and kept", async () => {
    const shop = await world.shop({});
    const token = await shop.token("infinity");
    for (const body of ["no JSON", '{"no":"events"}']) {
      expect((await world.request("POST", `/v1/calls/${shop.id}`, { body, token })).status).toBe(400);
    }
    const { rejected } = (await shop.admin("GET", "/rejected")).json<{
      rejected: { body: unknown; route: string }[];
    }>();
    expect(rejected.map(({ body, route }) => `${route} ${body}`).sort()).toEqual([
      "calls no JSON",
      'calls {"no":"events"}',
    ]);
  });

  test("several calls of one body are several, each kept by itself", async () => {
    const shop = await world.shop({ vendors: [{ name: "m", adapter: "marchex" }] });
    const token = await shop.token("m");
    const one = (TelmetricsId: number, more: object = {}) => ({
      TelmetricsId,
      MonitorStartTime: "11/20/2026 10:00:00 AM",
      ...more,
    });
    const body = JSON.stringify({ Id: "x", Notifications: [one(1), one(2), { TelmetricsId: 3 }] });
    const answer = await post(shop, "m", { body, token });
    expect(answer.json<Receipt>()).toMatchObject({ accepted: 2, rejected: [{ index: 2, reason: "invalid" }] });
    expect(
      (await post(shop, "m", { body: JSON.stringify({ Id: "x", Notifications: [one(2)] }), token })).json<Receipt>()
        .duplicate,
    ).toBe(1);
    expect((await shop.calls()).map(({ transaction }) => transaction.id).sort()).toEqual(["1", "2"]);
  });

  test("a list of calls that cannot be read is 400 and kept, and no 200 without a call", async () => {
    const shop = await world.shop({ vendors: [{ name: "m", adapter: "marchex" }] });
    const token = await shop.token("m");
    for (const list of ['"TelmetricsId=1"', "7"])
      expect((await post(shop, "m", { body: `{"Notifications":${list}}`, token })).status).toBe(400);
    expect((await shop.admin("GET", "/rejected")).json<{ rejected: unknown[] }>().rejected).toHaveLength(2);
    const call = JSON.stringify([{ TelmetricsId: 1, MonitorStartTime: "11/20/2026 10:00:00 AM" }]);
    const body = JSON.stringify({ Notifications: call });
    expect((await post(shop, "m", { body, token })).json()).toEqual(ACCEPTED);
  });

  test("what a mapping answers is the answer", async () => {
    const call = {
      requestType: "apiCallCompleted",
      "callDetails[generalCallID]": "1",
      "callDetails[startTime]": "1732262400",
    };
    const shop = await world.shop({ vendors: [{ name: "binotel", adapter: "binotel" }] });
    const body = new URLSearchParams(call).toString();
    const answer = await post(shop, "binotel", {
      body,
      token: await shop.token("binotel"),
      headers: { "content-type": FORM },
    });
    expect([answer.status, answer.text, answer.headers.get("content-type")]).toEqual([
      200,
      '{"status":"success"}',
      expect.stringContaining("application/json"),
    ]);
    expect((await shop.call("1")).ts).toBe(1732262400000);
  });

  test("a refusal that a mended site document can read is read when it is replayed", async () => {
    const shop = await world.shop({ vendors: [{ name: "ringostat", adapter: "twilio" }] });
    const token = await shop.token("ringostat");
    const body = JSON.stringify({ uniqueid: "r", calldate: "2026-11-01 10:00:00" });
    expect((await post(shop, "ringostat", { body, token })).json<Receipt>().rejected).toHaveLength(1);
    await shop.save({ name: "Shoes", vendors: [{ name: "ringostat", adapter: "ringostat" }] });
    await world.pass(2 * SECOND);
    const { rejected } = (await shop.admin("GET", "/rejected")).json<{ rejected: { id: string }[] }>();
    await shop.admin("POST", `/rejected/${rejected[0]?.id}/replay`);
    expect((await shop.call("r")).transaction.id).toBe("r");
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
