import { describe, expect, test } from "vitest";
import type { Receipt } from "../contract/http";
import { DAY, HOUR, MINUTE, newContext, SECOND, view } from "../contract/shop";
import { startWorld } from "../forward/world";
import { ACCEPTED, CALLRAIL, FORM, iso, KEY, post, rail, sign, startEach, world } from "./posting";

startEach();

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
