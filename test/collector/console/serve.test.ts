/** The console's files as browsers get them, and the attempts at its door. */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createApp } from "../../../collector/app";
import { sqlite } from "../../../collector/store/sqlite";
import { openStore, type Store } from "../../../collector/store/store";
import { client, type Request } from "../contract/http";

const ADMIN = "the-operator-of-the-console";

let folder: string;
let store: Store;
let server: Server;
let request: Request;

async function open(publicUrl?: string): Promise<void> {
  const built = join(folder, "console");
  store = await openStore(sqlite(join(folder, "data")));
  const { app } = createApp({
    store,
    clock: Date.now,
    log: pino({ level: "silent" }),
    adminToken: ADMIN,
    sdk: { script: "var boot = function () {};", inspector: "" },
    rateLimit: 0,
    trustProxy: false,
    publicUrl,
    consoleFolder: pathToFileURL(`${built}/`),
  });
  server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  request = client(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "calljoin-console-"));
  mkdirSync(join(folder, "console/assets"), { recursive: true });
  writeFileSync(join(folder, "secret.js"), "secret");
  writeFileSync(join(folder, "console/index.html"), '<!doctype html><script type="module" src="./app-Bq3x81Zk.js">');
  writeFileSync(join(folder, "console/app-Bq3x81Zk.js"), "let app;".repeat(50));
  writeFileSync(join(folder, "console/assets/icon.svg"), "<svg/>");
});
afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await store.close();
  rmSync(folder, { recursive: true });
});

it("the page is never kept, a file whose name is its content's for ever, and every other is asked for again", async () => {
  await open();
  const cached = async (path: string) => (await request("GET", path)).headers.get("cache-control");
  expect(await cached("/console/")).toBe("no-store");
  expect(await cached("/console/app-Bq3x81Zk.js")).toBe("public, max-age=31536000, immutable");
  expect(await cached("/console/assets/icon.svg")).toBe("no-cache");
  const { headers } = await request("GET", "/console/assets/icon.svg");
  const again = await request("GET", "/console/assets/icon.svg", {
    // Node's client asks for what is not kept, otherwise.
    headers: { "if-none-match": headers.get("etag") ?? "", "cache-control": "max-age=0" },
  });
  expect(again.status).toBe(304);
});

it("every address of the console without a file is its page, whose files are found from there, below any path", async () => {
  await open("https://shop.example/cj");
  for (const [path, src] of [
    ["/console/", "./app-Bq3x81Zk.js"],
    ["/console/shop", "./app-Bq3x81Zk.js"],
    ["/console/shop.example/calls", "../app-Bq3x81Zk.js"],
    ["/cj/console/shop/calls/1?explain=1", "../../app-Bq3x81Zk.js"],
    // What a site, a webhook or a visitor may be called.
    ["/console/dots.js", "./app-Bq3x81Zk.js"],
    ["/console/shop/webhooks/crm.json", "../../app-Bq3x81Zk.js"],
    ["/console/shop/visitors/a-12345678.js", "../../app-Bq3x81Zk.js"],
  ] as const) {
    const answer = await request("GET", path);
    expect([path, answer.status, answer.headers.get("content-type")]).toEqual([path, 200, "text/html; charset=utf-8"]);
    expect(answer.text).toContain(`src="${src}"`);
    expect(new URL(src, `https://shop.example${path}`).pathname).toMatch(/^(\/cj)?\/console\/app-Bq3x81Zk\.js$/);
  }
  const bare = await request("GET", "/cj/console");
  expect([bare.status, bare.headers.get("location")]).toEqual([308, "console/"]);
});

it("nothing outside of the folder is a file", async () => {
  await open();
  for (const path of ["/console/../secret.js", "/console/%2e%2e/secret.js", "/console/nothing-Bq3x81Zk.js"])
    expect([path, (await request("GET", path)).status]).toEqual([path, 404]);
  expect((await request("GET", "/console/..%2fsecret.js")).text).toContain("<!doctype html>");
});

it("a browser runs nothing on it but its own files, and shows it in no frame", async () => {
  await open();
  const policy = (await request("GET", "/console/")).headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|\*/);
});

it("the cookie is for the collector's path, and for https where that is its address", async () => {
  await open("https://shop.example/cj");
  const answer = await request("POST", "/v1/session", { json: { token: ADMIN } });
  expect(answer.headers.get("set-cookie")).toMatch(/; Path=\/cj; .*HttpOnly; Secure; SameSite=Strict$/);
});

it("the cookie is for the whole host where the console is reached by another way than the public URL", async () => {
  await open("https://shop.example/cj");
  const headers = { origin: "http://10.0.0.7:9000", "sec-fetch-site": "same-origin" };
  const answer = await request("POST", "/v1/session", { json: { token: ADMIN }, headers });
  expect(answer.headers.get("set-cookie")).toMatch(/; Path=\/; .*HttpOnly; SameSite=Strict$/);
});

it("wrong tokens of one address are refused after some, and a right one is not", async () => {
  await open();
  const tries = Array.from({ length: 40 }, () => request("POST", "/v1/session", { json: { token: "wrong" } }));
  const statuses = (await Promise.all(tries)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([401, 429]));
  expect(statuses.filter((status) => status === 401)).toHaveLength(30);
  expect((await request("POST", "/v1/session", { json: { token: ADMIN } })).status).toBe(201);
});

it("another admin token ends every session", async () => {
  await open();
  const signedIn = await request("POST", "/v1/session", { json: { token: ADMIN } });
  const cookie = (signedIn.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  expect((await request("GET", "/v1/session", { headers: { cookie } })).status).toBe(200);
  const { app } = createApp({
    store,
    clock: Date.now,
    log: pino({ level: "silent" }),
    adminToken: `${ADMIN}-changed`,
    sdk: { script: "var boot = function () {};", inspector: "" },
    rateLimit: 0,
    trustProxy: false,
  });
  const second = createServer(app).listen(0, "127.0.0.1");
  await once(second, "listening");
  const ask = client(`http://127.0.0.1:${(second.address() as AddressInfo).port}`);
  expect((await ask("GET", "/v1/session", { headers: { cookie } })).status).toBe(401);
  second.close().closeAllConnections();
});
