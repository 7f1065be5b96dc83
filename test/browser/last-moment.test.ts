import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StoredView } from "./harness/collector.js";
import { contextId, eventually, inPage, openWorld, ready, type Shop, viewId, type World } from "./harness/world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const moment = { name: "moment", type: "expression", scope: "page_view", value: "moment" };

/** The ways of leaving of fixtures/leaving.html, and where the tab is afterwards. */
const STAYS = ["link", "assign", "reload", "pagehide"] as const;
const CLOSES = ["close", "hidden"] as const;
const WAYS = [...STAYS, ...CLOSES, "back", "tab"] as const;
type Way = (typeof WAYS)[number];

/** Leaves the page with `value` set at the last moment; gives the tab that shows the shop next. */
async function leave(shop: Shop, page: Page, way: Way, value: string, number: number): Promise<Page> {
  const before = await viewId(page);
  const next = shop.url(`leaving/${number}`);
  if (way === "tab") {
    await inPage(page, `moment = "${value}"`);
    await page.close();
    return shop.visit(`leaving/${number}`);
  }
  if (way === "close" || way === "hidden") {
    const closed = page.waitForEvent("close");
    await inPage(page, `setTimeout(() => leave.${way}("${value}"))`);
    await closed;
    return shop.visit(`leaving/${number}`);
  }
  const code = way === "back" ? `moment = "${value}"; history.back()` : `leave.${way}("${value}", "${next}")`;
  await inPage(page, `setTimeout(() => { ${code} })`);
  await page.waitForFunction(`window.calljoin && calljoin.viewId && calljoin.viewId !== "${before}"`);
  return page;
}

/** Where each value of `moment` is stored: its views, one entry for each snapshot that holds it. */
function places(views: StoredView[]): Map<unknown, string[]> {
  const found = new Map<unknown, string[]>();
  for (const view of views) {
    for (const { entities } of view.snapshots) {
      if ("moment" in entities) found.set(entities.moment, [...(found.get(entities.moment) ?? []), view.view_id]);
    }
  }
  return found;
}

async function leaveOften(shop: Shop, times: number, ways: readonly Way[]): Promise<void> {
  let page = await shop.visit("leaving");
  const id = await contextId(page);
  const want = new Map<string, string>();
  for (let n = 1; n <= times; n += 1) {
    const way = ways[n % ways.length] ?? "link";
    if (way === "back") {
      await page.goto(shop.url(`leaving/${n}/onwards`));
      await ready(page);
    }
    const value = `${way} ${n}`;
    want.set(value, await viewId(page));
    page = await leave(shop, page, way, value, n);
  }
  await eventually(async () => {
    const found = places(await shop.views(id));
    const wrong = [...want].filter(([value, view]) => found.get(value)?.join() !== view);
    expect(wrong.map(([value, view]) => ({ value, on: view, stored: found.get(value) ?? "lost" }))).toEqual([]);
  }, 20_000);
}

describe("a value that changes in the task in which the page is left", () => {
  it("is stored once, on the view that it belongs to, over 300 closes and navigations", {
    timeout: 120_000,
  }, async () => {
    await leaveOften(await world.shop({ entities: [moment] }), 304, WAYS);
  });
});
