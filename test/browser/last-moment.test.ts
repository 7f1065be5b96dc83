import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser } from "./harness/browser.js";
import {
  eventually,
  FILL_STORAGE,
  inPage,
  isOf,
  openWorld,
  pageSays,
  ready,
  type Shop,
  valuesOf,
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
async function leave(page: Page, before: string, way: Way, value: string, next: string): Promise<Page | undefined> {
  if (way === "tab") {
    await inPage(page, `moment = "${value}"`);
    await page.close();
    return undefined;
  }
  if (way === "close" || way === "pagehide") {
    const closed = page.waitForEvent("close");
    await inPage(page, `setTimeout(() => leave.${way}("${value}"))`);
    await closed;
    return undefined;
  }
  const code = way === "back" ? `moment = "${value}"; history.back()` : `leave.${way}("${value}", "${next}")`;
  await inPage(page, `setTimeout(() => { ${code} })`);
  await pageSays(page, `window.calljoin && calljoin.viewId && calljoin.viewId !== "${before}"`);
  return page;
}

/** What must be stored: each value, on the view that was open when the page was left. */
interface Left {
  value: string;
  context: string;
  view: string;
}

async function leaveOften(
  browser: Browser,
  shop: Shop,
  times: number,
  between?: (n: number) => unknown,
): Promise<Left[]> {
  const opener = await browser.newPage();
  await opener.goto(shop.url("bare"));
  const left: Left[] = [];
  let page: Page | undefined;
  for (let n = 1; n <= times; n += 1) {
    const way = WAYS[n % WAYS.length] ?? "link";
    page ??= await openFrom(opener, shop.url(`leaving/${n}/first`));
    if (way === "back") {
      await page.goto(shop.url(`leaving/${n}/onwards`));
      await ready(page);
    }
    const value = `${way} ${n}`;
    const [context = "", view = ""] = await inPage<string[]>(page, "[calljoin.contextId, calljoin.viewId]");
    left.push({ value, context, view });
    page = await leave(page, view, way, value, shop.url(`leaving/${n}`));
    await between?.(n);
  }
  // One more page of the shop: it sends what an earlier one could not.
  page ??= await openFrom(opener, shop.url("leaving"));
  await page.bringToFront();
  return left;
}

async function expectEachOnce(shop: Shop, left: Left[], timeout = 20_000): Promise<void> {
  const contexts = [...new Set(left.map(({ context }) => context))];
  await eventually(async () => {
    const stored = await Promise.all(contexts.map((id) => shop.views(id).catch(() => [])));
    const found = new Map<unknown, string[]>();
    for (const view of stored.flat()) {
      for (const value of valuesOf("moment", [view])) found.set(value, [...(found.get(value) ?? []), view.view_id]);
    }
    const wrong = left.filter(({ value, view }) => found.get(value)?.join() !== view);
    expect(wrong.map((each) => ({ ...each, stored: found.get(each.value) ?? "lost" }))).toEqual([]);
  }, timeout);
}

describe("a value that changes in the task in which the page is left is stored once, on its own view,", () => {
  it("over 300 closes and navigations", async () => {
    const shop = await world.shop({ entities: [moment] });
    const left = await leaveOften(world.browser, shop, 304);
    expect(new Set(left.map(({ context }) => context)).size).toBe(1);
    await expectEachOnce(shop, left);
  });

  it("where a blocker stops each beacon and says that it was sent", async () => {
    const browser = await world.otherBrowser({});
    await browser.context.addInitScript({ content: "Navigator.prototype.sendBeacon = () => true" });
    const shop = await world.shop({ entities: [moment] });
    await expectEachOnce(shop, await leaveOften(browser, shop, 24));
  });

  it("where sendBeacon refuses", async () => {
    const browser = await world.otherBrowser({});
    await browser.context.addInitScript({ content: "Navigator.prototype.sendBeacon = () => false" });
    const shop = await world.shop({ entities: [moment] });
    await expectEachOnce(shop, await leaveOften(browser, shop, 24));
  });

  it("where localStorage is full", async () => {
    const shop = await world.shop({ entities: [moment] });
    const page = await world.browser.newPage();
    await page.goto(shop.url("bare"));
    await inPage(page, FILL_STORAGE);
    await expectEachOnce(shop, await leaveOften(world.browser, shop, 24));
  });

  it("where cookies and localStorage are denied", async () => {
    const browser = await world.otherBrowser({ cookies: "blocked" });
    const shop = await world.shop({ entities: [moment] });
    await expectEachOnce(shop, await leaveOften(browser, shop, 24));
  });

  it("where the collector goes down and comes back", async () => {
    const shop = await world.shop({ entities: [moment] });
    let isDown = false;
    // Scripts still come, as from a cache; snapshots do not get through.
    const up = world.wire.onRequest((seen) => (isDown && isOf(shop)(seen) ? { kind: "cut" } : undefined));
    const left = await leaveOften(world.browser, shop, 24, (n) => {
      isDown = n >= 8 && n < 16;
    });
    up();
    await expectEachOnce(shop, left);
  });
});
