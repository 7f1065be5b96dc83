/** What the doctor finds, and what it says is to be done. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { request as ask, createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findings } from "../../../collector/cli/doctor";
import type { Finding } from "../../../collector/cli/finding";
import { STEP_NAMES } from "../../../collector/store/migrations";
import { sqlite } from "../../../collector/store/sqlite";
import { openStore } from "../../../collector/store/store";
import { type Collector, freePort, runToEnd, startCollector } from "../contract/process";
import { event, snapshot, write } from "../store/rows";

let folder: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "calljoin-doctor-"));
  data = join(folder, "data");
});
afterEach(() => rmSync(folder, { recursive: true }));

type Env = Record<string, string>;
const refused = () => Promise.reject(Object.assign(new Error("no"), { cause: { code: "ECONNREFUSED" } }));

/** The findings by their part; of several of one part the worst. */
async function examine(env: Env = {}, options: { clock?: () => number; fetch?: typeof fetch } = {}) {
  const found: Record<string, Finding> = {};
  const all = findings({
    env: { CALLJOIN_DATA: data, PORT: "0", ...env },
    clock: Date.now,
    fetch: refused,
    ...options,
  });
  for await (const finding of all) if (found[finding.part]?.state !== "FAILED") found[finding.part] = finding;
  return found;
}

async function makeStore(): Promise<void> {
  const store = await openStore(sqlite(data));
  await store.write(
    [write({ snapshots: [snapshot()], events: [event({ received_at: 1_000_000 })], rejected: [] })],
    [],
    1,
  );
  await store.close();
}

function change(sql: string): void {
  const db = new SqliteDatabase(join(data, "calljoin.db"));
  db.exec(sql);
  db.close();
}

describe("the doctor, on the configuration", () => {
  it("names a mistyped variable, and what is wrong with another", async () => {
    expect((await examine({ CALLJOIN_DTA: "x" })).configuration).toMatchObject({ state: "ok" });
    const { line } = { line: await runToEnd(["doctor"], { CALLJOIN_DATA: data, PORT: "x", CALLJOIN_DTA: "y" }) };
    expect(line.code).toBe(1);
    expect(line.output).toMatch(/^warning +configuration: CALLJOIN_DTA .*did you mean CALLJOIN_DATA\?/m);
    expect(line.output).toMatch(/^FAILED +configuration: .*\n +PORT: must be a port.*\n +→ calljoin serve --help/m);
  });
});

describe("the doctor, on the store", () => {
  it("finds nothing wrong before the first start, and makes nothing", async () => {
    const found = await examine();
    expect(found).toMatchObject({ store: { state: "ok" }, disk: { state: "ok" }, address: { state: "ok" } });
    expect(() => readFileSync(data)).toThrow(/ENOENT/);
  });

  it("counts what a whole one holds", async () => {
    await makeStore();
    const { store, schema, clock } = await examine();
    expect(store).toMatchObject({
      state: "ok",
      what: expect.stringMatching(/calljoin\.db, \d+\.\d MB, 0 calls, 1 views/),
    });
    expect(schema).toEqual({ state: "ok", part: "schema", what: `up to date (${STEP_NAMES.at(-1)})` });
    expect(clock?.state).toBe("ok");
  });

  it.each([
    ["is damaged", () => damage(), /damaged|malformed/],
    ["is no database", () => writeFileSync(join(data, "calljoin.db"), "x".repeat(9_000)), /not a database/],
    ["is empty", () => writeFileSync(join(data, "calljoin.db"), ""), /it is empty/],
    [
      "has only a part of its tables",
      () => change("alter table views drop column displaced"),
      /only in part .*displaced/,
    ],
    [
      "is a newer version's",
      () => change("insert into kysely_migration values ('901_99.2.0_x', '')"),
      /start Calljoin 99\.2\.0/,
    ],
    ["is another program's", () => change("pragma application_id = 7"), /another program's/],
  ])("says so where it %s", async (_what, spoil, said) => {
    await makeStore();
    spoil();
    const found = await examine();
    expect(found.store).toMatchObject({ state: "FAILED", what: expect.stringMatching(said) });
    expect(found.store?.todo).toMatch(/calljoin restore FILE/);
  });

  it("says so where the clock was set back, or old copies lie about", async () => {
    await makeStore();
    const copy = join(data, "calljoin-replaced-20260101T000000Z.db");
    writeFileSync(copy, "");
    utimesSync(copy, 1, 1);
    const warned: string[] = [];
    for await (const { state, what } of findings({
      env: { CALLJOIN_DATA: data, PORT: "0" },
      clock: Date.now,
      fetch: refused,
    })) {
      if (state === "warning") warned.push(what);
    }
    expect(warned).toContainEqual(expect.stringMatching(/20260101T000000Z\.db is an old copy/));
    const { clock } = await examine({}, { clock: () => 500_000 });
    expect(clock).toMatchObject({
      state: "FAILED",
      what: expect.stringContaining("calls from 500 s later"),
      todo: expect.stringContaining("NTP"),
    });
  });

  it("says so where its place is no folder, or another user's", async () => {
    writeFileSync(data, "");
    expect((await examine()).store).toMatchObject({
      state: "FAILED",
      what: expect.stringContaining("is not a folder"),
    });
    rmSync(data);
    mkdirSync(data);
    chmodSync(data, 0o555);
    // Root may write anywhere.
    if (process.getuid?.() !== 0) expect((await examine()).store?.what).toMatch(/user \d+ cannot write there/);
  });

  it("names a PostgreSQL that does not answer, without its password", async () => {
    const DATABASE_URL = `postgres://me:secret@127.0.0.1:${await freePort()}/calls`;
    const { store } = await examine({ DATABASE_URL, CALLJOIN_ADMIN_TOKEN: "x".repeat(16) });
    expect(store).toMatchObject({
      state: "FAILED",
      what: expect.stringMatching(/127\.0\.0\.1:\d+\/calls: .*ECONNREFUSED/),
    });
    expect(JSON.stringify(store)).not.toContain("secret");
  });

  function damage(): void {
    const path = join(data, "calljoin.db");
    writeFileSync(path, readFileSync(path).fill(0x55, 12_288, 81_920));
  }
});

describe("the doctor, on addresses", () => {
  let server: Server | undefined;
  afterEach(() => void server?.close());

  it("says so where another program has the port, or a port is not to be had", async () => {
    server = createServer((_request, response) => response.end("hello")).listen(0, "127.0.0.1");
    await new Promise((done) => server?.once("listening", done));
    const PORT = String((server.address() as AddressInfo).port);
    expect((await examine({ PORT, HOST: "127.0.0.1" }, { fetch })).address).toMatchObject({
      state: "FAILED",
      what: expect.stringContaining("another program"),
    });
    expect((await examine({ PORT, HOST: "127.0.0.1" })).address).toMatchObject({
      what: expect.stringContaining("EADDRINUSE"),
      todo: expect.stringContaining("PORT"),
    });
    expect((await examine({ HOST: "192.0.2.1" })).address).toMatchObject({
      what: expect.stringContaining("EADDRNOTAVAIL"),
      todo: expect.stringContaining("HOST"),
    });
  });

  const CALLJOIN_PUBLIC_URL = "https://calls.shop.example/cj";
  const own = (url: string) => url.startsWith("http://127.0.0.1");
  /** A collector runs here, and this is what comes of asking it through its public address. */
  const through = (answer: () => Response | Promise<never>) => ({
    fetch: ((url: string) =>
      own(url) ? Promise.resolve(Response.json({ status: "alive" })) : answer()) as typeof fetch,
  });
  const broken = (code: string) => () => Promise.reject(Object.assign(new Error("no"), { cause: { code } }));

  it.each([
    [broken("ENOTFOUND"), /DNS/],
    [broken("ECONNREFUSED"), /start the proxy/],
    [broken("CERT_HAS_EXPIRED"), /certificate/],
    [broken("DEPTH_ZERO_SELF_SIGNED_CERT"), /certificate/],
    [broken("UND_ERR_CONNECT_TIMEOUT"), /firewall/],
    [() => new Response("nginx", { status: 404 }), /pass \/cj on to port/],
    [() => new Response("<html>", { status: 200 }), /pass \/cj on to port/],
    [
      () => new Response("", { status: 301, headers: { location: "https://www.shop.example/cj/livez" } }),
      /www\.shop\.example/,
    ],
  ])("says what to do where the public address does not lead to the collector", async (answer, todo) => {
    const found = (await examine({ CALLJOIN_PUBLIC_URL }, through(answer)))["public address"];
    expect(found).toMatchObject({ state: "FAILED", todo: expect.stringMatching(todo) });
  });

  it("sends the admin token nowhere without TLS", async () => {
    const asked: string[] = [];
    const get = ((url: string, { headers }: { headers: Record<string, string> }) => {
      if (headers.authorization) asked.push(url);
      return Promise.resolve(Response.json({ status: "alive" }));
    }) as typeof fetch;
    const env = { CALLJOIN_PUBLIC_URL: "http://calls.shop.example", CALLJOIN_ADMIN_TOKEN: "x".repeat(16) };
    const found = await examine(env, { fetch: get });
    expect(found["public address"]).toMatchObject({ state: "warning", what: expect.stringContaining("without TLS") });
    expect(asked).toEqual([]);
  });
});

describe("the doctor, on a collector behind a proxy", () => {
  let collector: Collector;
  let proxy: Server;
  let headers: Record<string, string>;
  let env: Env;
  beforeAll(async () => {
    proxy = createServer((request, response) => {
      const url = `${collector.origin}${request.url?.replace(/^\/cj/, "")}`;
      ask(url, { headers: { ...request.headers, ...headers } }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }).end();
    }).listen(0, "127.0.0.1");
    await new Promise((done) => proxy.once("listening", done));
    const CALLJOIN_PUBLIC_URL = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/cj`;
    env = { HOST: "127.0.0.1", CALLJOIN_PUBLIC_URL, CALLJOIN_TRUST_PROXY: "127.0.0.1" };
    collector = await startCollector({ ...env, DATABASE_URL: undefined });
    const { port } = new URL(collector.origin);
    env = { ...env, PORT: port, CALLJOIN_ADMIN_TOKEN: collector.adminToken };
  });
  afterAll(async () => {
    proxy.close();
    await collector.stop();
  });

  const proxied = async (sent: Record<string, string>, more: Env = {}) => {
    headers = sent;
    return (await examine({ ...env, ...more }, { fetch }))["proxy headers"];
  };

  it("is content where the proxy says for whom it asks, and is believed", async () => {
    const found = await examineAll({ "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "http" });
    expect(found["public address"]).toMatchObject({ state: "ok" });
    expect(found["proxy headers"]).toEqual({
      state: "ok",
      part: "proxy headers",
      what: "requests come from 127.0.0.1, for 203.0.113.7",
    });
  });

  it("says so where the proxy does not, or says another scheme", async () => {
    expect(await proxied({})).toMatchObject({ state: "FAILED", todo: expect.stringContaining("X-Forwarded-For") });
    const plain = await proxied({ "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https" });
    expect(plain).toMatchObject({ state: "warning", what: expect.stringContaining("the collector saw https://") });
  });

  it("says so where the collector has another admin token", async () => {
    const found = await proxied({}, { CALLJOIN_ADMIN_TOKEN: "y".repeat(16) });
    expect(found).toMatchObject({ state: "warning", what: expect.stringContaining("another admin token") });
  });

  async function examineAll(sent: Record<string, string>) {
    headers = sent;
    return examine(env, { fetch });
  }
});
