import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { joinCall } from "../../collector/join/joiner";
import { postgres } from "../../collector/store/postgres";
import { openStore } from "../../collector/store/store";
import type { StoredSnapshot } from "../../collector/store/tables";
import { contextOf } from "../../collector/store/visitor";
import { type Collector, runToEnd, startCollector } from "../collector/contract/process";
import { noPostgres, type Postgres, run, startPostgres } from "../collector/store/database";
import { eventually } from "../eventually";
import { type Receiver, startReceiver } from "./receiver";
import { noTraffic, SITE, sendTraffic } from "./traffic";

let server: Postgres;
let receiver: Receiver;
let url: string;
let collectors: Collector[] = [];
let token: string;

async function admin<T>(collector: Collector | undefined, method: string, path: string, json?: unknown): Promise<T> {
  if (!collector) throw new Error("no collector");
  const answer = await collector.request(method, path, { token: collector.adminToken, ...(json ? { json } : {}) });
  expect([path, Math.floor(answer.status / 100)]).toEqual([path, 2]);
  return answer.json<T>();
}

describe.skipIf(noPostgres).each([
  ["one PostgreSQL", {}],
  ["a PostgreSQL that is sharded", { CALLJOIN_SHARDED: "true" }],
])("several collectors on %s", (_database, mode) => {
  beforeAll(async () => {
    server = await startPostgres({ own: true });
    receiver = await startReceiver();
    url = await server.database();
    const env = { DATABASE_URL: url, CALLJOIN_ALLOW_PRIVATE: "127.0.0.1" };
    collectors = await Promise.all(Array.from({ length: 3 }, () => startCollector({ ...env, ...mode })));
    const [first] = collectors;
    await admin(first, "PUT", `/v1/sites/${SITE}`, {
      name: "Shop",
      entities: [{ name: "cart", type: "simple", scope: "session", value: "cart" }],
      vendors: [{ name: "infinity" }],
      webhooks: [{ name: "crm", url: receiver.url, on: ["call.matched", "call.updated"] }],
    });
    ({ token } = await admin<{ token: string }>(first, "POST", `/v1/sites/${SITE}/vendors/infinity/token`));
  });
  afterAll(async () => {
    for (const collector of collectors) await collector.stop();
    receiver.close();
    await server.stop();
  });

  it("learn what was saved at another one", async () => {
    const [first, second] = collectors;
    if (!first || !second) throw new Error("no collectors");
    const script = (site: string) => second.request("GET", `/t/${site}.js`);
    expect((await script("new")).status).toBe(404);
    await admin(first, "PUT", "/v1/sites/new", { name: "New" });
    await eventually(async () => expect((await script("new")).status).toBe(200), 50);
  });

  // Bounded by what it waits for: the steps are as many as the machine makes them long.
  it("lose nothing, miss no join and double no delivery, while one is killed and the database crashes", {
    timeout: 480_000,
  }, async () => {
    const { power } = server;
    const [, victim] = collectors;
    const origins = collectors.map(({ origin }) => origin);
    const traffic = noTraffic();
    let over = false;
    const sending = sendTraffic(
      traffic,
      () => origins,
      token,
      8,
      () => over,
    );
    const someMore = async () => {
      const goal = traffic.calls.size + 50;
      await eventually(() => expect(traffic.calls.size).toBeGreaterThan(goal));
    };

    await someMore();
    await victim?.kill();
    await someMore();
    // A server of the user's own is not ours to crash.
    if (power) {
      await power.off();
      await eventually(() => expect(traffic.refused.get(503)).toBeGreaterThan(5));
      await power.on();
    }
    await someMore();
    await victim?.crash();
    await someMore();
    over = true;
    await sending;

    // What a crash left undone is swept up within seconds; what a sweep had claimed when its own collector crashed, within its minute.
    const left = `select 1 from due where due_at <= ${Date.now() + 60_000}`;
    await eventually(async () => expect(await run(url, left)).toEqual([]), 500);
    const pending = "select 1 from deliveries where state <> 'delivered'";
    await eventually(async () => expect(await run(url, pending)).toEqual([]), 500);

    const kept = await run<StoredSnapshot>(url, "select visitor, view_id, seq from snapshots");
    const stored = new Set(kept.map(({ visitor, view_id, seq }) => `${contextOf(visitor)} ${view_id} ${seq}`));
    expect([...traffic.snapshots].filter((name) => !stored.has(name))).toEqual([]);

    const calls = await run<{ transaction_id: string; call_id: string; status: string; context_id: string }>(
      url,
      "select transaction_id, call_id, status, context_id from calls",
    );
    const joined = new Map(calls.map((call) => [call.transaction_id, call]));
    for (const [id, { context_id }] of traffic.calls) {
      expect([id, joined.get(id)]).toMatchObject([id, { status: "matched", context_id }]);
    }

    const store = await openStore(postgres(url));
    const changed = await store.joining(async (tx) => {
      const all = [];
      for (const { call_id } of calls) all.push(await joinCall(tx, SITE, call_id, Date.now(), false));
      return all.filter(Boolean);
    });
    await store.close();
    expect(changed).toEqual([]);

    // The same event of a call is one delivery, whoever made it and however often it was sent.
    const sent = new Map<string, Set<string>>();
    for (const { id, body } of receiver.received) {
      const what = `${body.event} ${body.call_id} ${body.version}`;
      sent.set(what, (sent.get(what) ?? new Set()).add(id));
    }
    expect([...sent].filter(([, ids]) => ids.size > 1)).toEqual([]);
    const matched = new Set(
      receiver.received.filter(({ body }) => body.event === "call.matched").map(({ body }) => body.call_id),
    );
    expect(calls.filter(({ call_id }) => !matched.has(call_id))).toEqual([]);
  });

  it("answer 503 with Retry-After while the database is away, and go on by themselves when it is back", async (context) => {
    const { power } = server;
    const [first] = collectors;
    if (!power || !first) return context.skip();
    const one = { view_id: "v", session_id: "s", seq: 0, at: Date.now(), entities: {} };
    const json = { v: 1, site: SITE, context_id: "visitor-while-away", sent_at: Date.now(), snapshots: [one] };
    expect((await first.request("GET", `/t/${SITE}.js`)).status).toBe(200);
    await power.off();
    try {
      const asked = [
        first.request("POST", "/v1/snapshots", { json }),
        first.request("POST", `/v1/calls/${SITE}`, { json: { events: [] }, token }),
        first.request("GET", `/v1/sites/${SITE}/calls`, { token: first.adminToken }),
        first.request("GET", "/readyz"),
      ];
      for (const { status, headers } of await Promise.all(asked)) {
        expect([status, headers.has("retry-after")]).toEqual([503, true]);
      }
      expect((await first.request("GET", "/livez")).status).toBe(200);
      const { status, text } = await first.request("GET", `/t/${SITE}.js`);
      expect([status, text.length > 5_000]).toEqual([200, true]);
    } finally {
      await power.on();
    }
    expect((await first.request("POST", "/v1/snapshots", { json })).status).toBe(202);
  });

  it("do not start without the database, and say which variable names it, without its password", async () => {
    const missing = Object.assign(new URL(url), { pathname: "/missing" });
    const { code, output } = await runToEnd(["serve"], {
      DATABASE_URL: missing.href,
      CALLJOIN_ADMIN_TOKEN: "x".repeat(32),
      PORT: "0",
    });
    expect(code).toBe(1);
    expect(output).toContain(`DATABASE_URL: ${missing.host}/missing cannot be used`);
    expect(output).not.toContain(`:${missing.password}@`);
  });

  it("wait for a database that is not up yet, and say so", async (context) => {
    const { power } = server;
    if (!power) return context.skip();
    await power.off();
    let output = "";
    const env = { ...process.env, DATABASE_URL: url, CALLJOIN_ADMIN_TOKEN: "x".repeat(32), PORT: "0" };
    const late = spawn(process.execPath, ["dist/collector/calljoin.mjs", "serve"], { env });
    late.stdout.on("data", (chunk) => {
      output += chunk;
    });
    await eventually(() => expect(output).toMatch(/cannot be used: connect ECONNREFUSED.*trying again/));
    await power.on();
    await eventually(() => expect(output).toContain('"msg":"listening"'));
    late.kill();
    await once(late, "exit");
  });
});
