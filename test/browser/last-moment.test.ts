import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StoredView } from "./harness/collector.js";
import {
  contextId,
  eventually,
  inPage,
  openWorld,
  pageSays,
  ready,
  type Shop,
  viewId,
  type World,
} from "./harness/world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const moment = { name: "moment", type: "expression", scope: "page_view", value: "moment" };

/** The ways of leaving of fixtures/leaving.html, and two from outside of the page. */
const WAYS = ["link", "assign", "reload", "pagehide", "close", "hidden", "back", "tab"] as const;
type Way = (typeof WAYS)[number];

/** A tab of the shop that a script opened, so that a script may close it. */
async function openFrom(opener: Page, url: string): Promise<Page> {
  const opened = opener.waitForEvent("popup");
  await inPage(opener, `void window.open("${url}")`);
  const page = await opened;
  await ready(page);
  return page;
}

/** Leaves the page with `value` set at the last moment. Gives the tab that shows the shop next, if it is still open. */
async function leave(page: Page, way: Way, value: string, next: string): Promise<Page | undefined> {
  if (way === "tab") {
    await inPage(page, `moment = "${value}"`);
    await page.close();
    return undefined;
  }
  if (way === "close" || way === "hidden") {
    const closed = page.waitForEvent("close");
    await inPage(page, `setTimeout(() => leave.${way}("${value}"))`);
    await closed;
    return undefined;
  }
  const before = await viewId(page);
  const code = way === "back" ? `moment = "${value}"; history.back()` : `leave.${way}("${value}", "${next}")`;
  await inPage(page, `setTimeout(() => { ${code} })`);
  await pageSays(page, `window.calljoin && calljoin.viewId && calljoin.viewId !== "${before}"`);
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
  const opener = await world.browser.newPage();
  await opener.goto(shop.url("bare"));
  let page: Page | undefined;
  let id = "";
  const want = new Map<string, string>();
  for (let n = 1; n <= times; n += 1) {
    const way = ways[n % ways.length] ?? "link";
    page ??= await openFrom(opener, shop.url(`leaving/${n}/first`));
    if (way === "back") {
      await page.goto(shop.url(`leaving/${n}/onwards`));
      await ready(page);
    }
    id = await contextId(page);
    const value = `${way} ${n}`;
    want.set(value, await viewId(page));
    page = await leave(page, way, value, shop.url(`leaving/${n}`));
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
