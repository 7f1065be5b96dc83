import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Running, startInProcess } from "../property/running";
import type { Answer } from "./http";
import { HOUR, MINUTE, openShop, type Shop, THEN } from "./shop";

let running: Running;
let shop: Shop;
let other: Shop;
beforeAll(async () => {
  running = await startInProcess(THEN);
  shop = await openShop(running.request, running.adminToken);
  other = await openShop(running.request, running.adminToken);
});
afterAll(() => running.stop());

const as = (token: string, method: string, path: string, json?: unknown) =>
  running.request(method, path, { token, json });
const asAdmin = (method: string, path: string, json?: unknown) => as(running.adminToken, method, path, json);

async function make(name: string, more: object): Promise<string> {
  const answer = await asAdmin("POST", "/v1/tokens", { name, ...more });
  expect(answer.status).toBe(201);
  return answer.json<{ token: string }>().token;
}
const reader = (name: string) => make(name, { role: "reader", sites: [shop.id] });

const signIn = (json: object, headers = {}) => running.request("POST", "/v1/session", { json, headers });
const cookieOf = (answer: Answer) => (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
const OWN = { "sec-fetch-site": "same-origin" };
const signedIn = (cookie: string, method: string, path: string, headers = {}, json?: unknown) =>
  running.request(method, path, { json, headers: { cookie, ...headers } });

describe("named tokens", () => {
  test("an admin's does what the operator's does; it is listed without itself, and says when it was used last", async () => {
    const token = await make("ann", { role: "admin" });
    expect((await as(token, "GET", `/v1/sites/${shop.id}`)).status).toBe(200);
    const list = await as(token, "GET", "/v1/tokens");
    expect(list.text).not.toContain(token);
    expect(list.json<{ tokens: object[] }>().tokens).toContainEqual({
      name: "ann",
      role: "admin",
      sites: null,
      made_at: THEN,
      last_used_at: THEN,
    });
  });

  test("last_used_at is written once a minute", async () => {
    const token = await make("minutes", { role: "admin" });
    const used = async () => {
      const { tokens } = (await asAdmin("GET", "/v1/tokens")).json<{
        tokens: { name: string; last_used_at: number }[];
      }>();
      return tokens.find(({ name }) => name === "minutes")?.last_used_at;
    };
    const use = async (at: number) => {
      running.setClock(at);
      await as(token, "GET", "/v1/sites");
      return used();
    };
    expect(await use(THEN + 1)).toBe(THEN + 1);
    expect(await use(THEN + MINUTE)).toBe(THEN + 1);
    expect(await use(THEN + MINUTE + 1)).toBe(THEN + MINUTE + 1);
    running.setClock(THEN);
  });

  test("a reader reads the routes of its sites, and sees no others", async () => {
    const token = await reader("reads");
    const at = `/v1/sites/${shop.id}`;
    for (const path of [
      "/calls",
      "/vendors",
      "/match-rate",
      "/rejected",
      "/deliveries",
      "/tables/ecBasketTransactionSummary",
    ])
      expect([path, (await as(token, "GET", at + path)).status]).toEqual([path, 200]);
    expect((await as(token, "GET", `${at}/contexts/nobody-at-all`)).status).toBe(404);
    const { sites } = (await as(token, "GET", "/v1/sites")).json<{ sites: { tracking_id: string }[] }>();
    expect(sites.map(({ tracking_id }) => tracking_id)).toEqual([shop.id]);
    expect((await as(token, "GET", `/v1/sites/${other.id}/calls`)).status).toBe(403);
    expect((await as(token, "GET", "/v1/sites/no-such-site/calls")).status).toBe(403);
  });

  test("whatever is not said to be a reader's is 403 for one, on every route there is", async () => {
    const token = await reader("tries");
    const { paths } = (await asAdmin("GET", "/openapi.json")).json<{ paths: Record<string, object> }>();
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods as Record<string, { security?: object[] }>).map(([method, { security = [] }]) => ({
        method: method.toUpperCase(),
        path: path.replace("{site}", shop.id).replace(/\{\w+\}/g, "x"),
        schemes: security.flatMap((one) => Object.keys(one)),
      })),
    );
    const refused = routes.filter(({ schemes }) => schemes.includes("admin") && !schemes.includes("reader"));
    expect(refused.length).toBeGreaterThan(12);
    for (const { method, path } of refused)
      expect([method, path, (await as(token, method, path)).status]).toEqual([method, path, 403]);
    const readers = routes.filter(({ schemes }) => schemes.includes("reader"));
    expect(readers.filter(({ method, path }) => method !== "GET" && path !== "/v1/session")).toEqual([]);
    expect(await shop.admin("GET", "").then(({ status }) => status)).toBe(200);
  });

  test("one that is revoked is nobody's from then on, and its name is free", async () => {
    const token = await reader("leaves");
    expect((await asAdmin("POST", "/v1/tokens", { name: "leaves", role: "admin" })).status).toBe(409);
    expect((await asAdmin("DELETE", "/v1/tokens/leaves")).status).toBe(204);
    expect((await as(token, "GET", "/v1/sites")).status).toBe(401);
    expect((await asAdmin("DELETE", "/v1/tokens/leaves")).status).toBe(404);
    await reader("leaves");
  });

  test.each([
    ["name", { role: "admin" }],
    ["name", { name: " ann", role: "admin" }],
    ["name", { name: "admin token", role: "admin" }],
    ["role", { name: "x", role: "owner" }],
    ["sites", { name: "x", role: "reader" }],
    ["sites", { name: "x", role: "admin", sites: ["shop"] }],
    ["sites.0", { name: "x", role: "reader", sites: ["no-such-site"] }],
  ])("one that cannot be is 400, and says that it is its %s", async (path, body) => {
    const answer = await asAdmin("POST", "/v1/tokens", body);
    expect(answer.status).toBe(400);
    expect(answer.json<{ errors: object[] }>().errors).toMatchObject([{ path }]);
  });

  test("a version says whose token saved it", async () => {
    const site = await openShop(running.request, running.adminToken);
    const token = await make("editor", { role: "admin" });
    await as(token, "PUT", `/v1/sites/${site.id}`, { name: "Boots" });
    const { versions } = (await site.admin("GET", "/versions")).json<{ versions: object[] }>();
    expect(versions).toEqual([
      { version: 2, saved_at: THEN, saved_by: "editor" },
      { version: 1, saved_at: THEN, saved_by: "admin token" },
    ]);
    expect((await asAdmin("GET", "/v1/sites/no-such-site/versions")).status).toBe(404);
  });
});

describe("signing in", () => {
  test("by the admin token it gives a cookie that pages cannot read, for 12 hours", async () => {
    const answer = await signIn({ token: running.adminToken });
    expect(answer.status).toBe(201);
    const session = { name: "admin token", role: "admin", sites: null, expires_at: THEN + 12 * HOUR, public_url: null };
    expect(answer.json()).toEqual(session);
    const said = answer.headers.get("set-cookie") ?? "";
    expect(said).toMatch(/^calljoin_console=[^;]+; Max-Age=43200; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/);
    expect((await signedIn(cookieOf(answer), "GET", "/v1/session")).json()).toEqual(session);
    expect((await signedIn(cookieOf(answer), "GET", `/v1/sites/${shop.id}/calls`)).status).toBe(200);
    running.setClock(THEN + 12 * HOUR);
    expect((await signedIn(cookieOf(answer), "GET", "/v1/session")).status).toBe(401);
    running.setClock(THEN);
  });

  test("on https the cookie is sent over https alone", async () => {
    const headers = { origin: "https://calls.shop.example", ...OWN };
    const answer = await signIn({ token: running.adminToken }, headers);
    expect(answer.headers.get("set-cookie")).toContain("Secure");
  });

  test("by a reader's token one is a reader", async () => {
    const token = await reader("looks");
    const answer = await signIn({ token });
    expect(answer.json()).toMatchObject({ name: "looks", role: "reader", sites: [shop.id] });
    const cookie = cookieOf(answer);
    expect((await signedIn(cookie, "PUT", `/v1/sites/${shop.id}`, OWN, { name: "x" })).status).toBe(403);
    await asAdmin("DELETE", "/v1/tokens/looks");
    expect((await signedIn(cookie, "GET", "/v1/session")).status).toBe(401);
  });

  test("by a link works once, and within the hour", async () => {
    const link = async () => (await asAdmin("POST", "/v1/session/link")).json<{ link: string; path: string }>();
    const one = await link();
    expect(one.path).toBe(`/console/#sign-in=${one.link}`);
    expect((await signIn({ link: one.link })).json()).toMatchObject({ name: "admin token", role: "admin" });
    expect((await signIn({ link: one.link })).status).toBe(401);
    const late = await link();
    running.setClock(THEN + HOUR);
    expect((await signIn({ link: late.link })).status).toBe(401);
    running.setClock(THEN);
    expect((await signIn({ link: `${late.link}x` })).status).toBe(401);
  });

  test("what was signed for a session is no link, and nothing but what was signed is a session", async () => {
    const cookie = cookieOf(await signIn({ token: running.adminToken }));
    const value = cookie.slice(cookie.indexOf("=") + 1);
    expect((await signIn({ link: value })).status).toBe(401);
    for (const forged of [
      "",
      "x",
      value.slice(1),
      `${value}.x`.replace(/\.[^.]+\.x$/, "."),
      value.replace(/^../, "xx"),
    ])
      expect((await signedIn(`calljoin_console=${forged}`, "GET", "/v1/session")).status).toBe(401);
  });

  test("with what is neither is 401, of another shape 400", async () => {
    expect((await signIn({ token: "wrong" })).status).toBe(401);
    expect((await signIn({ token: "" })).status).toBe(401);
    expect((await signIn({ tokn: "x" })).status).toBe(400);
  });

  test("signing out ends every session of that token, and of no other", async () => {
    const [one, two] = [await signIn({ token: running.adminToken }), await signIn({ token: running.adminToken })];
    const anns = cookieOf(await signIn({ token: await make("stays", { role: "admin" }) }));
    const out = await signedIn(cookieOf(one), "DELETE", "/v1/session", OWN);
    expect(out.status).toBe(204);
    expect(out.headers.get("set-cookie")).toContain("Expires=Thu, 01 Jan 1970");
    for (const ended of [one, two]) expect((await signedIn(cookieOf(ended), "GET", "/v1/session")).status).toBe(401);
    expect((await signedIn(anns, "GET", "/v1/session")).status).toBe(200);
    const again = cookieOf(await signIn({ token: running.adminToken }));
    expect((await signedIn(again, "GET", "/v1/session")).status).toBe(200);
  });
});

describe("a session is used by the console's own pages alone:", () => {
  const put = async (headers: Record<string, string>) => {
    const cookie = cookieOf(await signIn({ token: running.adminToken }));
    return (await signedIn(cookie, "PUT", `/v1/sites/${shop.id}`, headers, { name: "Shoes" })).status;
  };

  test.each([
    [200, { "sec-fetch-site": "same-origin" }],
    [403, { "sec-fetch-site": "same-site" }],
    [403, { "sec-fetch-site": "cross-site" }],
    [403, { "sec-fetch-site": "none" }],
    [403, { origin: "https://shop.example" }],
    [403, { origin: "null" }],
    [403, {}],
  ])("%i for what is sent with %j", async (status, headers) => {
    expect(await put(headers as Record<string, string>)).toBe(status);
  });

  test("where the browser says no more than the origin, it has to be the collector's own", async () => {
    const { host } = (await asAdmin("GET", "/v1/seen")).json<{ host: string }>();
    expect(await put({ origin: `http://${host}` })).toBe(200);
  });

  test("no other page signs anybody in, or reads", async () => {
    expect((await signIn({ token: running.adminToken }, { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await signIn({ token: running.adminToken }, { origin: "https://shop.example" })).status).toBe(403);
    const cookie = cookieOf(await signIn({ token: running.adminToken }));
    expect((await signedIn(cookie, "GET", "/v1/sites", { "sec-fetch-site": "same-site" })).status).toBe(403);
    expect((await signedIn(cookie, "GET", "/v1/sites", { "sec-fetch-site": "none" })).status).toBe(200);
  });
});
