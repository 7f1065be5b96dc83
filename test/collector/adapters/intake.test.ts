import { createHash, createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Answer, Receipt } from "../contract/http";
import { DAY, HOUR, MINUTE, newContext, SECOND, type Shop, view } from "../contract/shop";
import { startWorld, type World } from "../forward/world";
import { SAMPLES } from "./samples";

let world: World;
beforeEach(async () => {
  world = await startWorld({ trustProxy: 1 });
});
afterEach(() => world.stop());

const KEY = "company-key-made-up";
const FORM = "application/x-www-form-urlencoded";
const ACCEPTED = { accepted: 1, duplicate: 0, rejected: [] };

interface Asked {
  body?: string;
  headers?: Record<string, string>;
  query?: string;
  token?: string;
}

function post(shop: Shop, vendor: string, { body = "", headers = {}, query = "", token }: Asked): Promise<Answer> {
  const path = `/v1/calls/${shop.id}/${vendor}${query}`;
  return world.request("POST", path, { body, headers, ...(token === undefined ? {} : { token }) });
}

function sign(key: string, content: string): string {
  return createHmac("sha1", key).update(content).digest("base64");
}

const iso = (time: number) => new Date(time).toISOString();

/** CallRail's post-call webhook, signed. */
function rail(shop: Shop, fields: object, key = KEY): Promise<Answer> {
  const start_time = iso(world.now());
  const body = JSON.stringify({ resource_id: "CAL1", start_time, duration: "60", timestamp: start_time, ...fields });
  const headers = { "content-type": "application/json", signature: sign(key, body) };
  return post(shop, "callrail", { body, headers });
}

const CALLRAIL = { name: "callrail", adapter: "callrail", secret: KEY };

describe("who is let in", () => {
  test("a vendor that signs, by its signature alone", async () => {
    const shop = await world.shop({ vendors: [CALLRAIL] });
    const signed = await rail(shop, {});
    expect([signed.status, signed.json()]).toEqual([200, ACCEPTED]);
    expect((await rail(shop, {}, "another key")).status).toBe(401);
    const token = await shop.token("callrail");
    expect((await post(shop, "callrail", { body: "{}", token })).status).toBe(401);
  });

  test("a vendor that shares no secret with the site, by its token, in the header or the URL", async () => {
    const shop = await world.shop({ vendors: [{ name: "callrail", adapter: "callrail" }, { name: "infinity" }] });
    const body = JSON.stringify({ resource_id: "CAL1", start_time: iso(world.now()) });
    const token = await shop.token("callrail");
    expect((await post(shop, "callrail", { body, token })).status).toBe(200);
    expect((await post(shop, "callrail", { body, query: `?token=${token}` })).json<Receipt>().duplicate).toBe(1);
    expect((await post(shop, "callrail", { body })).status).toBe(401);
    expect((await post(shop, "callrail", { body, token: await shop.token("infinity") })).status).toBe(401);
  });

  test("a removed secret gives the token back its say", async () => {
    const shop = await world.shop({ vendors: [CALLRAIL] });
    await shop.save({ name: "Shoes", vendors: [{ ...CALLRAIL, secret: null }] });
    const body = JSON.stringify({ resource_id: "CAL1", start_time: iso(world.now()) });
    expect((await post(shop, "callrail", { body, token: await shop.token("callrail") })).status).toBe(200);
  });

  test("nobody for a vendor that does not exist, and no answer tells which one does", async () => {
    const shop = await world.shop({ vendors: [CALLRAIL, { name: "open", adapter: "callrail" }] });
    const answers = await Promise.all(
      ["nobody", "callrail", "open"].map((name) => post(shop, name, { body: "{}", token: "wrong" })),
    );
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(401);
  });

  test("a vendor whose own token stands in the header, by the one in its URL", async () => {
    const shop = await world.shop({ vendors: [{ name: "vonage", adapter: "vonage" }] });
    const token = await shop.token("vonage");
    const body = JSON.stringify({ status: "completed", uuid: "1", direction: "inbound", timestamp: iso(world.now()) });
    const headers = { "content-type": "application/json", authorization: "Bearer a.jwt.of-vonage" };
    expect((await post(shop, "vonage", { body, headers, query: `?token=${token}` })).json()).toEqual(ACCEPTED);
    expect((await post(shop, "vonage", { body, headers })).status).toBe(401);
  });

  test("Twilio, by the public URL that it called, behind a proxy", async () => {
    const shop = await world.shop({ vendors: [{ name: "twilio", adapter: "twilio", secret: "12345" }] });
    const id = newContext();
    const query = `?context_id=${id}`;
    const fields: Record<string, string> = {
      CallSid: "CA1",
      Timestamp: new Date(world.now()).toUTCString(),
      Caller: "",
    };
    const body = new URLSearchParams(fields).toString();
    const pairs = Object.keys(fields)
      .sort()
      .map((name) => name + fields[name])
      .join("");
    const ask = (publicUrl: string) =>
      post(shop, "twilio", {
        body,
        query,
        headers: {
          "content-type": FORM,
          "x-forwarded-proto": "https",
          "x-forwarded-host": "collect.shop.example",
          "x-twilio-signature": sign("12345", publicUrl + pairs),
        },
      });
    const path = `/v1/calls/${shop.id}/twilio${query}`;
    expect((await ask(`https://collect.shop.example${path}`)).json()).toEqual(ACCEPTED);
    expect((await ask(`https://collect.shop.example:443${path}`)).json<Receipt>().duplicate).toBe(1);
    expect((await ask(`http://collect.shop.example${path}`)).status).toBe(401);
    expect((await ask(`https://elsewhere.example${path}`)).status).toBe(401);
    expect((await shop.call("CA1")).join.context_id).toBe(id);
  });

  test("Twilio, by the public URL of a collector behind a path prefix", async () => {
    const behind = await startWorld({ publicUrl: "https://calls.shop.example/calljoin" });
    const shop = await behind.shop({ vendors: [{ name: "twilio", adapter: "twilio", secret: "12345" }] });
    const body = new URLSearchParams({ CallSid: "CA1", Timestamp: new Date(behind.now()).toUTCString() }).toString();
    const path = `/v1/calls/${shop.id}/twilio`;
    const signed = `https://calls.shop.example/calljoin${path}CallSidCA1Timestamp${new Date(behind.now()).toUTCString()}`;
    const headers = { "content-type": FORM, "x-twilio-signature": sign("12345", signed) };
    expect((await behind.request("POST", path, { body, headers })).json()).toEqual(ACCEPTED);
    await behind.stop();
  });

  test("a bad signature is 401, whatever the Host says", async () => {
    const shop = await world.shop({ vendors: [{ name: "twilio", adapter: "twilio", secret: "12345" }] });
    for (const host of ["a.example:8443", "[::1]:80", "a b", "%", ""]) {
      const headers = { "content-type": FORM, "x-twilio-signature": "AAAA", "x-forwarded-host": host };
      expect((await post(shop, "twilio", { body: "CallSid=CA1", headers })).status).toBe(401);
    }
  });

  test("no recording: what was signed more than a day ago is kept as refused, and a person can replay it", async () => {
    const ctm = { name: "ctm", adapter: "calltrackingmetrics", secret: KEY };
    const shop = await world.shop({ vendors: [ctm] });
    const body = JSON.stringify({ id: 7, unix_time: world.now() / SECOND, direction: "inbound" });
    const ask = (at: number) => {
      const time = String(Math.floor(at / SECOND));
      return post(shop, "ctm", { body, headers: { "x-ctm-time": time, "x-ctm-signature": sign(KEY, time + body) } });
    };
    const old = await ask(world.now() - DAY - 2 * SECOND);
    expect([old.status, old.json()]).toMatchObject([200, { accepted: 0, rejected: [{ reason: "invalid" }] }]);
    expect(await shop.calls()).toEqual([]);
    const { rejected } = (await shop.admin("GET", "/rejected")).json<{ rejected: { id: string; route: string }[] }>();
    expect(rejected).toMatchObject([{ route: "native", vendor: "ctm" }]);
    expect((await shop.admin("POST", `/rejected/${rejected[0]?.id}/replay`)).json<Receipt>().accepted).toBe(1);
    expect((await ask(world.now() - HOUR)).json<Receipt>().duplicate).toBe(1);
  });

  test("CallRail's timestamp is the call's start: a value written down days later counts", async () => {
    const shop = await world.shop({ vendors: [CALLRAIL] });
    const start = iso(world.now() - 3 * DAY);
    expect((await rail(shop, { start_time: start, timestamp: start, value: "1250.00" })).json()).toEqual(ACCEPTED);
    expect((await shop.call("CAL1")).total?.value).toBe(1250);
  });

  test("nobody by HEAD, which is answered and stores nothing", async () => {
    const shop = await world.shop({ vendors: [{ name: "ringostat", adapter: "ringostat" }] });
    const token = await shop.token("ringostat");
    for (const query of ["", `?token=${token}`, `?token=${token}&uniqueid=1&calldate=1732262400`]) {
      const answer = await world.request("HEAD", `/v1/calls/${shop.id}/ringostat${query}`);
      expect([answer.status, answer.text]).toEqual([200, ""]);
    }
    for (const path of ["/v1/calls", "/events", "/events/raw"])
      expect((await world.request("HEAD", `${path}/${shop.id}`)).status).toBe(200);
    expect(await shop.calls()).toEqual([]);
    expect((await shop.admin("GET", "/rejected")).json()).toMatchObject({ rejected: [] });
  });
});

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
    await shop.save({ name: "Shoes", keep_caller: "full", vendors: [{ ...vendor, mapping: mended }] });
    await world.pass(2 * SECOND);
    const answer = await shop.admin("POST", `/rejected/${rejected[0]?.id}/replay`);
    // Its times were ten digits each, which may be numbers, and the site did not keep those when it came.
    expect(answer.json<Receipt>().rejected).toHaveLength(2);
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

describe("from page to call", () => {
  test("pre-call, post-call and an amendment 20 minutes late become one call, whatever their order", async () => {
    const orders = [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ];
    const calls = [];
    for (const order of orders) {
      const shop = await world.shop({ vendors: [CALLRAIL] });
      const id = newContext();
      const start = world.now();
      await shop.post(id, [view("v", start - 5_000, { view: { url: "https://shop.example/p/9" } })], start);
      const cookie = `${id}.k2v9f7e0zz.3`;
      const phases = [
        { duration: "0", value: "", custom: "" },
        {
          duration: "60",
          value: "",
          custom: cookie,
          last_requested_url: "https://shop.example/p/9",
        },
        { duration: "60", value: "75.00", custom: cookie, recording: "https://rec.example/1" },
      ];
      for (const index of order) await rail(shop, { start_time: iso(start), ...phases[index] });
      const [call, ...others] = await shop.calls();
      expect(others).toEqual([]);
      expect(call).toMatchObject({ total: { value: 75 }, url: "https://shop.example/p/9", ts: start });
      expect(call?.join).toMatchObject({ status: "matched", rule: "context_id", context_id: id });
      calls.push({ ...call?.total, url: call?.url, ts: call?.ts });
    }
    expect(new Set(calls.map((call) => JSON.stringify(call))).size).toBe(1);
  });

  test("CallRail captures its own cookie instead of ours: its id for the visitor is known from the page", async () => {
    const entity = { name: "callrail_visitor", type: "simple", scope: "session", value: "x", identifies: "callrail" };
    const shop = await world.shop({ vendors: [{ ...CALLRAIL, visitor_id_from: "custom" }], entities: [entity] });
    const visitor = "3f2a9c1e-0000-4000-8000-1234567890ab";
    await rail(shop, { custom: visitor });
    const before = await shop.call("CAL1");
    expect(before.join).toMatchObject({ status: "offline", reason: "offline_vendor_id" });
    const id = newContext();
    const seen = view("v", world.now() - MINUTE, { entities: { callrail_visitor: visitor } });
    await shop.post(id, [seen], world.now());
    const after = await shop.call("CAL1");
    expect(after.join).toMatchObject({ status: "matched", rule: "alias", context_id: id, late: true });
    expect(after.entities).toEqual({ callrail_visitor: visitor });
  });

  test.each([
    ["where the context_id would be", { context_id: "gbr0xyz12" }],
    ["in its own field", { context_id: "", visitor_id: "gbr0xyz12" }],
  ])("ResponseTap's offline call carries its own id %s", async (_name, ids) => {
    const entity = { name: "rtap", type: "simple", scope: "session", value: "x", identifies: "responsetap" };
    const vendors = [{ name: "responsetap", adapter: "responsetap" }];
    const shop = await world.shop({ vendors, entities: [entity] });
    const id = newContext();
    await shop.post(id, [view("v", world.now() - HOUR, { entities: { rtap: "gbr0xyz12" } })], world.now());
    const body = JSON.stringify({ call_id: "rt-1", start_time: iso(world.now()), ...ids });
    await post(shop, "responsetap", { body, token: await shop.token("responsetap") });
    expect((await shop.call("rt-1")).join).toMatchObject({ status: "matched", rule: "alias", context_id: id });
  });

  test("an erased visitor's own id at the vendor is forgotten, too", async () => {
    const entity = { name: "rtap", type: "simple", scope: "session", value: "x", identifies: "responsetap" };
    const shop = await world.shop({ vendors: [{ name: "responsetap", adapter: "responsetap" }], entities: [entity] });
    const id = newContext();
    await shop.post(id, [view("v", world.now() - HOUR, { entities: { rtap: "visitor-of-nobody" } })], world.now());
    const body = JSON.stringify({ call_id: "rt-1", start_time: iso(world.now()), visitor_id: "visitor-of-nobody" });
    await post(shop, "responsetap", { body, token: await shop.token("responsetap") });
    await shop.admin("DELETE", `/contexts/${id}`);
    expect((await shop.call("rt-1")).join).toMatchObject({ status: "unmatched", reason: "erased", context_id: null });
  });
});

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
