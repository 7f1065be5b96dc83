import commonjs from "@rollup/plugin-commonjs";
import nodeResolve from "@rollup/plugin-node-resolve";
import type { Page } from "playwright";
import { type Plugin, rollup } from "rollup";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { snippetOf } from "./harness/docs.js";
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
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** A shop of fixtures/routers as one script, with the documentation's snippet in its place, were it to be there. */
async function build(framework: string, snippet: string): Promise<string> {
  const insert: Plugin = {
    name: "snippet",
    transform: (code, id) => (id.endsWith(`${framework}.js`) ? code.replace("// docs/tag.md", () => snippet) : null),
  };
  const input = `test/browser/fixtures/routers/${framework}.js`;
  const plugins = [insert, nodeResolve({ browser: true }), commonjs()];
  const bundle = await rollup({ input, plugins, onwarn() {} });
  const intro = "var process = { env: { NODE_ENV: 'production' } }, __VUE_PROD_DEVTOOLS__ = false;";
  const { output } = await bundle.generate({ format: "iife", intro });
  return output[0].code;
}

const ENTITIES = [
  { name: "product", type: "simple", scope: "page_view", value: "product" },
  { name: "heading", type: "expression", scope: "page_view", value: "document.querySelector('h1').textContent" },
];

async function open(framework: string, snippet: string, path: string): Promise<{ shop: Shop; page: Page }> {
  const shop = await world.shop({ entities: ENTITIES });
  const html = `<!doctype html><title>Shop</title><div id="app"></div>
    <script>var product; var delay = 0</script><script src="/app.js"></script>{{script}}`;
  for (const each of [`/${framework}/A`, `/${framework}-memory`]) shop.pages.set(each, html);
  shop.pages.set("/app.js", await build(framework, snippet));
  const page = await world.browser.newPage();
  await page.goto(shop.url(path));
  await ready(page);
  await pageSays(page, "document.querySelector('h1')?.textContent === 'Shoe A'");
  await pageSays(page, "calljoin.get('product') === 'A'");
  return { shop, page };
}

async function follow(page: Page, act: () => Promise<unknown>): Promise<void> {
  const before = await viewId(page);
  await act();
  await eventually(async () => expect(await viewId(page)).not.toBe(before));
}

/** What each view ended with. */
async function seen(shop: Shop, page: Page): Promise<unknown[]> {
  await flush(page);
  const views = await shop.views(await contextId(page));
  return views
    .sort((a, b) => a.number - b.number)
    .map((view) => [
      new URL(view.url).pathname,
      valuesOf("product", [view]),
      valuesOf("heading", [view]).at(-1),
      view.title,
    ]);
}

const FRAMEWORKS = ["react", "vue", "angular"];

describe.each(FRAMEWORKS)("the router of %s", (framework) => {
  it("makes a view of each route by itself, a slow one and one that is gone back to among them, and none of a search", async () => {
    const { shop, page } = await open(framework, "", `${framework}/A`);
    await inPage(page, "delay = 1500");
    await follow(page, () => page.click("#to-B"));
    await pageSays(page, "document.querySelector('h1')?.textContent === 'Shoe B'");
    await page.locator("#q").pressSequentially("red");
    await pageSays(page, "location.search === '?q=red'");
    await inPage(page, "new Promise((resolve) => setTimeout(resolve, 1200))");
    await follow(page, () => inPage(page, "history.back()"));
    await pageSays(page, "document.querySelector('h1')?.textContent === 'Shoe A'");
    await inPage(page, "new Promise((resolve) => setTimeout(resolve, 1200))");
    expect(await seen(shop, page)).toEqual([
      [`/${framework}/A`, ["A"], "Shoe A", "Shoe A"],
      [`/${framework}/B`, ["B"], "Shoe B", "Shoe B"],
      [`/${framework}/A`, ["A"], "Shoe A", "Shoe A"],
    ]);
  });

  it("that does not touch the address declares its views by the documentation's snippet, a slow one among them", async () => {
    const { shop, page } = await open(framework, await snippetOf(framework), `${framework}-memory`);
    await inPage(page, "delay = 1500");
    await follow(page, () => page.click("#to-B"));
    await pageSays(page, "document.querySelector('h1')?.textContent === 'Shoe B'");
    await inPage(page, "new Promise((resolve) => setTimeout(resolve, 1200))");
    expect(await seen(shop, page)).toEqual([
      [`/${framework}-memory`, ["A"], "Shoe A", "Shoe A"],
      [`/${framework}-memory`, ["B"], "Shoe B", "Shoe B"],
    ]);
  });
});
