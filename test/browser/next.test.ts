import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { snippetOf } from "./harness/docs.js";
import { type NextShop, openNext } from "./harness/next.js";
import {
  contextId,
  eventually,
  flush,
  inPage,
  openWorld,
  pageSays,
  ready,
  type Shop,
  valuesOf,
  viewId,
  type World,
} from "./harness/world.js";

let world: World;
let next: NextShop;
beforeAll(async () => {
  world = await openWorld();
  next = await openNext(await snippetOf("React or Next.js"), `http://calls.collector.test:${world.wire.port}`);
});
afterAll(async () => {
  await next?.close();
  await world.close();
});

const ENTITIES = [
  { name: "product", type: "simple", scope: "page_view", value: "product" },
  { name: "heading", type: "expression", scope: "page_view", value: "document.querySelector('h1').textContent" },
];

async function open(path: string): Promise<{ shop: Shop; page: Page }> {
  const shop = await world.shop({ entities: ENTITIES });
  const page = await world.browser.newPage();
  const url = new URL(shop.url(path));
  url.port = `${next.port}`;
  await page.goto(url.href);
  await ready(page);
  await pageSays(page, "calljoin.get('product') === 'A'");
  return { shop, page };
}

/** Goes on until each of the headings has been shown, and the tag has had the time to see the last one's page. */
async function go(page: Page, act: () => Promise<unknown>, ...headings: string[]): Promise<void> {
  const before = await viewId(page);
  await act();
  for (const heading of headings) await pageSays(page, `document.querySelector('h1')?.textContent === '${heading}'`);
  await eventually(async () => expect(await viewId(page)).not.toBe(before));
  await inPage(page, "new Promise((resolve) => setTimeout(resolve, 1200))");
}

/** What each view ended with. */
async function seen(shop: Shop, page: Page): Promise<unknown[]> {
  await flush(page);
  const views = await shop.views(await contextId(page));
  return views
    .sort((a, b) => a.number - b.number)
    .map((view) => [
      new URL(view.url).pathname + new URL(view.url).search,
      valuesOf("product", [view]),
      valuesOf("heading", [view]).at(-1),
      view.title,
    ]);
}

describe("the router of Next.js", () => {
  it.each([
    ["sees each by itself", "/seen"],
    ["is told of each by the documentation's snippet, too", "/declared"],
  ])("makes a view of each route, slow ones among them, where the tag %s", async (_, root) => {
    const { shop, page } = await open(`${root.slice(1)}/skeleton/A`);
    await go(page, () => page.click("#link"), "Loading", "Shoe B");
    await go(page, () => page.click("#push"), "Shoe C");
    await page.locator("#q").pressSequentially("red");
    await pageSays(page, "location.search === '?q=red'");
    await go(page, () => page.click("#replace"), "Loading", "Shoe D");
    await go(page, () => inPage(page, "history.back()"), "Shoe B");
    expect(await seen(shop, page)).toEqual([
      [`${root}/skeleton/A`, ["A"], "Shoe A", "Shoe A"],
      [`${root}/skeleton/B`, ["B"], "Shoe B", "Shoe B"],
      [`${root}/waiting/C`, ["C"], "Shoe C", "Shoe C"],
      [`${root}/skeleton/D`, ["D"], "Shoe D", "Shoe D"],
      [`${root}/skeleton/B`, ["B"], "Shoe B", "Shoe B"],
    ]);
  });

  it("is not needed where a page declares what it shows by the documentation's snippet, a slow one among them", async () => {
    const { shop, page } = await open("steps");
    await go(page, () => page.click("#next"), "Loading", "Shoe B");
    expect(await seen(shop, page)).toEqual([
      ["/steps", ["A"], "Shoe A", "Shoe A"],
      ["/steps", ["B"], "Shoe B", "Shoe B"],
    ]);
  });
});
