/** A page that is opened with a check's key tells the collector how the tag is doing there. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, openWorld, ready, type Shop, type World } from "./harness/world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

interface Check {
  state: string;
  reports: {
    site: string;
    context_id: string;
    consent: string;
    cookie: { set: boolean; domain: string };
    csp: { directive: string }[];
    collector_reached: boolean;
    entities: { name: string; value: unknown; status: string }[];
    tried: { name: string; value: unknown; error: string | null }[];
  }[];
}
const of = (shop: Shop) => `/v1/sites/${shop.id}/checks`;
const make = (shop: Shop, body: object = {}) =>
  world.collector.ask<{ key: string; url_fragment: string }>("POST", of(shop), body);
const read = (shop: Shop, key: string) => world.collector.ask<Check>("GET", `${of(shop)}/${key}`);

it("tells of tag, visitor, cookie and entities, and of what is only tried", async () => {
  const shop = await world.shop({ entities: [{ name: "visit", value: "r7k12_si" }] });
  const { key, url_fragment } = await make(shop, {
    entities: [
      { name: "total", type: "expression", scope: "page_view", value: "1 + basket.total" },
      { name: "broken", type: "expression", scope: "page_view", value: "noSuchThing.at.all" },
    ],
  });
  const page = await world.browser.newPage();
  await page.goto(shop.url("basket") + url_fragment);
  await ready(page);
  await eventually(async () => {
    const { state, reports } = await read(shop, key);
    expect(state).toBe("live");
    const last = reports.at(-1);
    expect(last).toMatchObject({ site: shop.id, consent: "granted", cookie: { set: true }, collector_reached: true });
    expect(last?.entities).toMatchObject([{ name: "visit", value: "v-81", status: "sent" }]);
    expect(last?.tried.map(({ name }) => name)).toEqual(["total", "broken"]);
    expect(last?.tried[0]?.value).toEqual(expect.any(Number));
    expect(last?.tried[1]?.error).toContain("noSuchThing");
  });
  const { reports } = await read(shop, key);
  expect(await page.evaluate("calljoin.contextId")).toBe(reports.at(-1)?.context_id);
  await page.close();
});

it("says what the page's policy has stopped, even where it stops that, too", async () => {
  const headers = (collector: string) => ({
    "content-security-policy": `default-src 'self' 'unsafe-inline' ${collector}; connect-src 'self'`,
  });
  const shop = await world.shop({ headers });
  const { key, url_fragment } = await make(shop);
  const page = await world.browser.newPage();
  await page.goto(shop.url("plain") + url_fragment);
  await eventually(async () => {
    const { reports } = await read(shop, key);
    expect(reports.at(-1)).toMatchObject({ collector_reached: false });
    expect(reports.at(-1)?.csp.map(({ directive }) => directive)).toContain("connect-src");
  });
  await page.close();
});

it("a page that is opened as ever loads nothing of it", async () => {
  const shop = await world.shop();
  const page = await shop.visit("plain");
  expect(
    world.wire.seen.filter(({ path, headers }) => path.includes("inspector.js") && headers.referer?.includes(shop.id)),
  ).toEqual([]);
  await page.close();
});
