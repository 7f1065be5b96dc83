/** The installation's check, from the collector's side. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Running, startInProcess } from "../property/running";
import { MINUTE, newContext, openShop, SECOND, type Shop, THEN, view } from "./shop";

let running: Running;
let shop: Shop;
beforeAll(async () => {
  running = await startInProcess(THEN);
  shop = await openShop(running.request, running.adminToken);
});
afterAll(() => running.stop());

const ENTITY = { name: "plan", type: "expression", scope: "page_view", value: "window.plan ?? 'none'" };
const report = (more: object = {}) => ({
  site: shop.id,
  document_version: 1,
  context_id: newContext(),
  consent: "granted",
  cookie: { set: true, domain: "shop.example" },
  csp: [],
  collector_reached: true,
  answer: "202 {}",
  other_tags: [],
  entities: [{ name: "plan", value: "gold", status: "sent", error: null, why: null }],
  tried: [],
  url: "https://shop.example/p/9",
  ...more,
});

interface Check {
  key: string;
  url_fragment: string;
}
const make = async (body?: object) => (await shop.admin("POST", "/checks", body)).json<Check>();
const reported = (key: string, body: object) =>
  running.request("POST", `/v1/checks/${key}`, { json: body, headers: { origin: "https://shop.example" } });
const stateOf = async (key: string) =>
  (await shop.admin("GET", `/checks/${key}`)).json<{ state: string; reports: Record<string, unknown>[] }>();

test("a key waits for a page, hears it, and shows what it told last", async () => {
  const { key, url_fragment } = await make();
  expect(url_fragment).toBe(`#calljoin=${key}`);
  expect(await stateOf(key)).toMatchObject({ state: "waiting", reports: [] });
  const answer = await reported(key, report());
  expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([204, "https://shop.example"]);
  expect(await stateOf(key)).toMatchObject({
    state: "live",
    reports: [{ ...report({ context_id: expect.any(String) }), at: THEN }],
  });
  running.setClock(THEN + 11 * SECOND);
  expect((await stateOf(key)).state).toBe("reported");
  for (let n = 0; n < 30; n += 1) await reported(key, report({ url: `https://shop.example/${n}` }));
  const { reports } = await stateOf(key);
  expect(reports).toHaveLength(20);
  expect(reports.at(-1)?.url).toBe("https://shop.example/29");
  running.setClock(THEN);
});

test("what is tried is compiled into that page's script alone, and only what can be an entity", async () => {
  const { key } = await make({ entities: [ENTITY] });
  const script = await running.request("GET", `/inspector.js?key=${key}`);
  expect(script.headers.get("content-type")).toContain("text/javascript");
  expect(script.headers.get("cache-control")).toBe("no-store");
  expect(script.text).toContain("function(){return(window.plan ?? 'none'\n)}");
  expect((await running.request("GET", `/t/${shop.id}.js`)).text).not.toContain("window.plan");
  const wrong = await shop.admin("POST", "/checks", { entities: [ENTITY, { ...ENTITY, value: "a +" }] });
  expect([wrong.status, wrong.json<{ errors: object[] }>().errors]).toMatchObject([
    400,
    [{ path: "entities.1.value" }],
  ]);
});

test("a key is good for 15 minutes and its own site, and nothing is taken without one", async () => {
  const { key } = await make();
  const other = await openShop(running.request, running.adminToken);
  expect((await other.admin("GET", `/checks/${key}`)).status).toBe(404);
  expect((await reported("nothing", report())).status).toBe(404);
  expect((await running.request("GET", "/inspector.js?key=nothing")).status).toBe(404);
  running.setClock(THEN + 15 * MINUTE);
  expect((await reported(key, report())).status).toBe(404);
  expect((await running.request("GET", `/inspector.js?key=${key}`)).status).toBe(404);
  expect((await shop.admin("GET", `/checks/${key}`)).status).toBe(404);
  running.setClock(THEN);
});

test("a report is bounded, and what is none is refused", async () => {
  const { key } = await make();
  expect((await reported(key, report({ url: "x".repeat(2_001) }))).status).toBe(400);
  expect(
    (await reported(key, report({ entities: Array.from({ length: 251 }, () => report().entities[0]) }))).status,
  ).toBe(400);
  expect((await reported(key, { ...report(), consent: "x".repeat(200_000) })).status).toBe(413);
  expect((await stateOf(key)).state).toBe("waiting");
});

test("where the page lets nothing out, what stopped it comes by the script's address", async () => {
  const { key } = await make();
  const unsent = encodeURIComponent(JSON.stringify([{ directive: "connect-src", blocked: "https://calls.example" }]));
  expect((await running.request("GET", `/inspector.js?key=${key}&unsent=${unsent}`)).status).toBe(200);
  const { reports } = await stateOf(key);
  expect(reports).toMatchObject([{ collector_reached: false, csp: [{ directive: "connect-src" }] }]);
});

test("erasing a visitor takes the reports that name them", async () => {
  const id = newContext();
  await shop.post(id, [view("v1", THEN)]);
  const { key } = await make();
  await reported(key, report({ context_id: id }));
  expect((await shop.admin("DELETE", `/contexts/${id}`)).status).toBe(204);
  expect((await shop.admin("GET", `/checks/${key}`)).status).toBe(404);
});
