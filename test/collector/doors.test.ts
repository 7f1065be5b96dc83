/** Who is let in, and what whoever keeps the door is told: the collector as a process. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Request, Response } from "express";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { wrongTokens } from "../../collector/http/limits";
import { createHealth } from "../../collector/read/health";
import type { Store } from "../../collector/store/store";
import { holdAlone } from "../../collector/thread/alone";
import { freePort, runToEnd, startCollector } from "./contract/process";
import { openShop, type Shop } from "./contract/shop";

const TOKEN = "admin-token-of-the-doors";

describe("the start", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "calljoin-doors-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("refuses an admin token that can be guessed, and says which variable", async () => {
    const { code, output } = await runToEnd(["serve"], { CALLJOIN_DATA: folder, CALLJOIN_ADMIN_TOKEN: "short" });
    expect(code).toBe(1);
    expect(output).toMatch(/CALLJOIN_ADMIN_TOKEN: must be at least 16 characters/);
  });

  it("leaves its folder to its owner alone, and makes one from before so, with a word", async () => {
    const data = join(folder, "data");
    mkdirSync(data, { mode: 0o755 });
    const paths = () => [data, ...readdirSync(data).map((name) => join(data, name))];
    const modes = () => paths().map((path) => (statSync(path).mode & 0o777).toString(8));
    const collector = await startCollector({ CALLJOIN_DATA: data, CALLJOIN_ADMIN_TOKEN: undefined });
    expect(new Set(modes())).toEqual(new Set(["700", "600"]));
    await collector.kill();
    for (const path of paths()) chmodSync(path, path === data ? 0o755 : 0o644);
    expect(paths().map((path) => path.slice(data.length + 1))).toEqual(
      expect.arrayContaining(["calljoin.db", "calljoin.db-wal", "admin-token", "collector.pid"]),
    );
    await collector.crash();
    expect(modes()).toEqual(paths().map((path) => (path === data ? "700" : "600")));
    const [line = ""] = collector
      .output()
      .split("\n")
      .filter((one) => one.includes("only their owner can now"));
    for (const name of ["calljoin.db", "admin-token"]) expect(line).toContain(join(data, name));
    await collector.crash();
    expect(collector.output()).not.toContain("only their owner can now");
    await collector.stop();
  });

  it("repeats which sites any page may write to", async () => {
    const collector = await startCollector();
    const [open, closed] = [
      await openShop(collector.request, collector.adminToken),
      await openShop(collector.request, collector.adminToken),
    ];
    await closed.save({ name: "Closed", origins: ["https://shop.example"] });
    await collector.crash();
    const lines = collector.output().split("\n");
    const told = lines.filter((line) => line.includes('"path":"origins"'));
    expect(told).toEqual([expect.stringContaining(`"site":"${open.id}"`)]);
    await collector.stop();
  });

  it("names the one that has the folder, and not the one before it", { retry: 2 }, () => {
    const lock = holdAlone(folder);
    const holder = join(folder, "collector.pid");
    writeFileSync(holder, "process 999999999, since 2020-01-01T00:00:00.000Z\n");
    // What the new holder writes a moment after it got the lock.
    spawn("sh", ["-c", `sleep 0.3; echo process ${process.pid}, since now > ${holder}`]);
    expect(() => holdAlone(folder)).toThrow(`is used by another collector, process ${process.pid}, since now; stop it`);
    lock.close();
    holdAlone(folder).close();
  });

  it("stops a second collector on the same folder, and names the first", async () => {
    const first = await startCollector({ CALLJOIN_DATA: folder });
    const env = { CALLJOIN_DATA: folder, CALLJOIN_ADMIN_TOKEN: TOKEN, PORT: String(await freePort()) };
    const { code, output } = await runToEnd(["serve"], env);
    expect(code).toBe(1);
    expect(output).toMatch(/is used by another collector, process \d+, since 20/);
    expect((await first.request("GET", "/readyz")).status).toBe(200);
    await first.stop();
  });

  it("stops where HOST is no address of this machine, and names it", async () => {
    const env = { CALLJOIN_DATA: folder, HOST: "192.0.2.1", PORT: "0", CALLJOIN_ADMIN_TOKEN: TOKEN };
    const output = expect.stringContaining("HOST: cannot listen on 192.0.2.1");
    expect(await runToEnd(["serve"], env)).toMatchObject({ code: 1, output });
  });
});

describe("the doors", () => {
  let collector: Awaited<ReturnType<typeof startCollector>>;
  let shop: Shop;
  beforeAll(async () => {
    collector = await startCollector();
  });
  beforeEach(async () => {
    shop = await openShop(collector.request, collector.adminToken, {
      vendors: [{ name: "infinity" }, { name: "callrail", adapter: "callrail", secret: "key" }],
    });
  });
  afterAll(() => collector.stop());

  it("limit wrong admin tokens, and never a right one", async () => {
    const guess = (n: number) => collector.request("GET", "/v1/sites", { token: `guess-number-${n}-of-many` });
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => guess(n)));
    const counts = answers.map(({ status }) => status);
    expect(counts.filter((status) => status === 401).length).toBeLessThanOrEqual(30);
    expect(counts.filter((status) => status === 429).length).toBeGreaterThanOrEqual(170);
    const late = answers.find(({ status }) => status === 429);
    expect(late?.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(late?.json()).toMatchObject({ detail: "too many wrong admin tokens from this address" });
    expect((await shop.admin("GET", "")).status).toBe(200);
    expect((await collector.request("GET", "/metrics")).text).toContain("calljoin_admin_refused_total 200");
    expect(collector.output().match(/wrong admin tokens/g)).toHaveLength(1);
  });

  it("limit wrong tokens of many addresses together, say which limit it was, and never lock out who has a right one", async () => {
    const behind = await startCollector({ CALLJOIN_TRUST_PROXY: "1" });
    const ask = (n: number, token: string) =>
      behind.request("GET", "/v1/sites", { token, headers: { "x-forwarded-for": `198.51.${n >> 8}.${n % 256}` } });
    const answers = await Promise.all(Array.from({ length: 310 }, (_, n) => ask(n, `guess-number-${n}-of-many`)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(300);
    const refused = answers.filter(({ status }) => status === 429);
    expect(new Set(refused.map(({ text }) => JSON.parse(text).detail))).toEqual(
      new Set(["too many wrong admin tokens from all addresses together"]),
    );
    expect((await ask(1, behind.adminToken)).status).toBe(200);
    expect((await ask(999, behind.adminToken)).status).toBe(200);
    await behind.stop();
  });

  it("list the sites, and warn of one that any page may write to", async () => {
    const listed = await collector.request("GET", "/v1/sites", { token: collector.adminToken });
    const { sites } = listed.json<{ sites: object[] }>();
    expect(sites).toContainEqual(expect.objectContaining({ tracking_id: shop.id, name: "Shoes", version: 1 }));
    const open = await shop.save({ name: "Open" });
    expect(open.json()).toMatchObject({ version: 2, warnings: [{ path: "origins" }] });
    const closed = await shop.save({ name: "Closed", origins: ["https://shop.example"] });
    expect(closed.json()).toMatchObject({ version: 3, warnings: [] });
  });

  it("refuse a document whose author had not seen the newest version, and take one who had", async () => {
    const read = (await shop.admin("GET", "")).json<object>();
    expect((await shop.save({ ...read, name: "Mine" })).status).toBe(200);
    const late = await shop.save({ ...read, name: "Theirs" });
    expect(late.status).toBe(409);
    expect(late.text).toContain("the newest version is 2");
    expect((await shop.admin("GET", "")).json()).toMatchObject({ name: "Mine", version: 2 });
  });

  it("tell who set a vendor up why it was not let in", async () => {
    const post = (path: string, token?: string) =>
      collector.request("POST", `/v1/calls/${shop.id}${path}`, {
        json: { resource_id: "CAL1" },
        ...(token && { token }),
      });
    for (let n = 0; n < 12; n += 1) expect((await post("/infinity", `wrong-${n}`)).status).toBe(401);
    expect((await post("/callrail")).status).toBe(401);
    expect((await post("/nobody", "x")).status).toBe(401);
    const token = await shop.token("infinity");
    await shop.report("infinity", {
      meta: { type: "ecBasketTransactionSummary", ts: Date.now() },
      transaction: { id: "t" },
    });
    await shop.report("infinity", { meta: { type: "ecProduct", ts: Date.now() }, transaction: { id: "t" } });
    expect(token).toBeTruthy();
    interface Vendors {
      vendors: { name: string; last_event_at: number | null; events_24h: number; refused: { detail: string }[] }[];
    }
    const told = async () => (await shop.admin("GET", "/vendors")).json<Vendors>().vendors;
    const [infinity, callrail] = await told();
    expect(infinity).toMatchObject({ name: "infinity", adapter: "qprotocol", events_24h: 1 });
    expect(infinity?.last_event_at).toBeGreaterThan(Date.now() - 60_000);
    expect(infinity?.refused).toHaveLength(10);
    expect(infinity?.refused[0]).toMatchObject({
      reason: "unknown_type",
      detail: expect.stringContaining("ecProduct"),
    });
    expect(infinity?.refused[1]?.detail).toBe("the token is not that of infinity");
    expect(callrail).toMatchObject({ last_event_at: null, events_24h: 0 });
    expect(callrail?.refused.map(({ detail }) => detail)).toEqual([
      "the signature does not match the secret of callrail",
    ]);
    expect((await collector.request("GET", "/metrics")).text).toContain(
      `calljoin_vendor_refused_total{site="${shop.id}",vendor="callrail"} 1`,
    );
    // One line for each, however many: infinity, callrail, and a name that is nobody's.
    expect(collector.output().match(/a vendor was refused/g)).toHaveLength(3);
    await collector.crash();
    expect((await told())[0]?.refused).toHaveLength(10);
  });
});

describe("wrong admin tokens", () => {
  it("are told at once, and a burst of them whole when a minute is over", () => {
    vi.useFakeTimers();
    const told: { peer: string; count: number }[] = [];
    const wrong = wrongTokens(
      () => "192.0.2.7",
      (line) => told.push(line),
    );
    const ask = () =>
      wrong({} as Request, { setHeader: () => undefined, append: () => undefined } as unknown as Response, () => {});
    for (let n = 0; n < 5; n += 1) void ask();
    expect(told).toEqual([{ peer: "192.0.2.7", count: 1 }]);
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual([
      { peer: "192.0.2.7", count: 1 },
      { peer: "192.0.2.7", count: 4 },
    ]);
    vi.advanceTimersByTime(120_000);
    expect(told).toHaveLength(2);
    vi.useRealTimers();
  });
});

describe("readiness", () => {
  it("knows that writes fail while reading goes on, says why, and when it is over", async () => {
    let full = false;
    const work = async () => {
      if (full) throw Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
      return [];
    };
    const inner = { ping: async () => {}, write: work, probe: work };
    const health = createHealth(inner as unknown as Store);
    await health.check();
    full = true;
    await expect(health.store.write([], [], 0)).rejects.toThrow("full");
    await expect(health.check()).rejects.toMatchObject({ status: 503, detail: expect.stringContaining("SQLITE_FULL") });
    full = false;
    await health.check();
  });

  it("notices by itself, though nobody has come to write, and does not write each time that it is asked", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    let full = false;
    let probes = 0;
    const probe = async () => {
      probes += 1;
      if (full) throw Object.assign(new Error("attempt to write a readonly database"), { code: "SQLITE_READONLY" });
    };
    const health = createHealth({ ping: async () => {}, probe } as unknown as Store);
    for (let n = 0; n < 10; n += 1) await health.check();
    expect(probes).toBe(1);
    full = true;
    vi.advanceTimersByTime(6_000);
    await expect(health.check()).rejects.toMatchObject({ detail: expect.stringContaining("SQLITE_READONLY") });
    full = false;
    await health.check();
    vi.useRealTimers();
  });
});
