import { existsSync, readFileSync } from "node:fs";
import commonjs from "@rollup/plugin-commonjs";
import nodeResolve from "@rollup/plugin-node-resolve";
import type { Page } from "playwright";
import { rollup } from "rollup";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  contextId,
  eventually,
  flush,
  inPage,
  openWorld,
  pageSays,
  type Shop,
  valuesOf,
  type World,
} from "./harness/world.js";
import { METHODS, ROWS, YOUNGER } from "./hostile-names.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const basket = { name: "basket", type: "expression", value: "window.basket" };

/** A page with this in front of the tag. */
const pageOf = (hostile: string): string =>
  `<!doctype html><title>A page</title><body>${hostile}<script>var basket = "b-1"</script>{{script}}`;

const ask = <T>(page: Page, expression: string) => world.browser.ask<T>(page, expression);
const idOf = (page: Page) =>
  eventually(async () => {
    const id = await ask<string>(page, "window.calljoin && calljoin.contextId");
    expect(id).toMatch(/^[0-9a-z]{11}-/);
    return id;
  });

/** Two loads of a page, then away: what was stored of them has to be as on any other page. */
async function expectAsEver(shop: Shop, hostile: string): Promise<void> {
  shop.pages.set("/hostile", pageOf(hostile));
  const page = await world.browser.newPage();
  await page.goto(shop.url("hostile?1"));
  const first = await idOf(page);
  await page.goto(shop.url("hostile?2"));
  const id = await idOf(page);
  await page.goto(shop.url("bare"));
  await eventually(async () => {
    const views = await shop.views(id).catch(() => []);
    const seen = views.map(({ url, title }) => [
      url,
      title,
      ...valuesOf(
        "basket",
        views.filter((view) => view.url === url),
      ),
    ]);
    expect([hostile, id, ...seen]).toEqual([
      hostile,
      first,
      [shop.url("hostile?1"), "A page", "b-1"],
      [shop.url("hostile?2"), "A page", "b-1"],
    ]);
  });
  await world.browser.context.clearCookies();
  await page.close();
}

describe("a page that takes a name which the tag reads is stored as ever:", () => {
  const rows = Object.entries(ROWS).filter(([, row]) => !row.safe);
  it.each(rows)("%s", async (_name, { scripts = [], elements = [] }) => {
    const shop = await world.shop({ entities: [basket] });
    for (const script of scripts) await expectAsEver(shop, `<script>${script}</script>`);
    for (const element of elements) await expectAsEver(shop, element);
  });
});

describe("a page that replaces a method of lists is stored as ever:", () => {
  it.each(Object.entries({ ...METHODS, ...YOUNGER }))("%s", async (name, method) => {
    const shop = await world.shop({ entities: [{ ...basket, value: "[window.basket][0]" }] });
    await expectAsEver(shop, `<script>Array.prototype.${name} = ${method}</script>`);
  });

  it("all of them at once, by the module, too", async () => {
    const shop = await world.shop();
    const replaced = Object.entries({ ...METHODS, ...YOUNGER }).map(
      ([name, method]) => `Array.prototype.${name} = ${method}`,
    );
    shop.pages.set(
      "/module",
      `<!doctype html><title>A page</title><script>${replaced.join("\n")}</script><script type="module">
        import { start } from "/dist/sdk/calljoin.mjs";
        start({ site: "${shop.id}", collector: "${shop.collector}", consent: "not_required",
          entities: [{ name: "list", type: "expression", scope: "page_view", value: () => [1, { a: [2] }] }] });
      </script>`,
    );
    const page = await world.browser.newPage();
    await page.goto(shop.url("module"));
    const id = await idOf(page);
    await eventually(async () => expect(valuesOf("list", await shop.views(id))).toEqual(['[1,{"a":[2]}]']));
    await page.close();
  });
});

/** What a few old and new libraries do to the language. */
const LIBRARIES = {
  "lists that inherit enumerable methods, and an Object.keys that lists them (Prototype.js up to 1.6)": `
    ["each", "map", "filter", "find", "toArray", "inspect"].forEach(function (name) { Array.prototype[name] = Array.prototype[name] || function () { return this } });
    Object.keys = function (object) { var keys = []; for (var key in object) keys.push(key); return keys };
    Array.prototype.toJSON = function () { return "[" + this.join() + "]" };
    Object.toJSON = function () {}; Date.prototype.toJSON = String.prototype.toJSON = function () { return '"mine"' }`,
  "Array.from and $ of MooTools 1.2": `Array.from = function (item) { return item == null ? [] : [item] };
    Function.prototype.bind = Function.prototype.create = function () { return this }; Object.prototype.each = function () {};
    String.prototype.contains = function () { return true }`,
  "a JSON that says nonsense": "JSON = { stringify: function () { return 'x' }, parse: function () { throw 1 } }",
  "a Promise of its own":
    "window.Promise = function () { throw Error('mine') }; Promise.resolve = function () { return 1 }",
  "no Set and no Map": "window.Set = window.Map = window.WeakMap = undefined",
};

describe("values are the same as without it beside", () => {
  const made = `basket = [{ sku: "A", n: 2, tags: ["x", null] }, { sku: "Ü" }]; placed = new Date(1700000000000);`;
  it.each(Object.entries(LIBRARIES))("%s", async (_what, library) => {
    const shop = await world.shop({
      entities: [basket, { name: "placed", type: "expression", value: "window.placed" }],
    });
    shop.pages.set(
      "/old",
      `<!doctype html><title>Old</title><script>${library}</script><script>${made}</script>{{script}}`,
    );
    const page = await world.browser.newPage();
    await page.goto(shop.url("old"));
    const id = await idOf(page);
    await ask(page, "history.pushState({}, '', '/old?2'); basket[2] = 3");
    await eventually(async () => {
      const views = await shop.views(id);
      expect(valuesOf("basket", views)).toEqual([
        '[{"sku":"A","n":2,"tags":["x",null]},{"sku":"Ü"}]',
        '[{"sku":"A","n":2,"tags":["x",null]},{"sku":"Ü"},3]',
      ]);
      expect(valuesOf("placed", views.slice(0, 1))).toEqual(['"2023-11-14T22:13:20.000Z"']);
    });
  });
});

/** A library as npm has it, as one script. */
async function libraryOf(name: string): Promise<string> {
  const bundle = await rollup({
    input: name,
    plugins: [nodeResolve(), commonjs()],
    context: "window",
    treeshake: false,
    onwarn() {},
  });
  const { output } = await bundle.generate({ format: "iife", name: "library", strict: false });
  return output[0].code;
}

describe("values are the same beside the library itself:", () => {
  it.each([
    ["prototype", "typeof [].each"],
    ["mootools", "typeof [].each"],
  ])("%s", async (name, isThere) => {
    const shop = await world.shop({ entities: [basket] });
    shop.pages.set("/library.js", await libraryOf(name));
    shop.pages.set(
      "/library",
      `<!doctype html><title>Old</title><script src="/library.js"></script>
       <script>basket = [{ sku: "A", n: 2, tags: ["x", null] }, new Date(1700000000000)]</script>{{script}}`,
    );
    const page = await world.browser.newPage();
    await page.goto(shop.url("library"));
    const id = await idOf(page);
    expect(await ask(page, isThere)).toBe("function");
    await ask(page, "basket[0].n = 3");
    await eventually(async () =>
      expect(valuesOf("basket", await shop.views(id))).toEqual([
        '[{"sku":"A","n":2,"tags":["x",null]},"2023-11-14T22:13:20.000Z"]',
        '[{"sku":"A","n":3,"tags":["x",null]},"2023-11-14T22:13:20.000Z"]',
      ]),
    );
  });
});

describe("whatever a value throws costs that entity alone:", () => {
  it.each([
    ["a symbol", "(() => { throw Symbol('s') })()"],
    ["an object without a prototype", "(() => { throw Object.create(null) })()"],
    ["a getter's error", "({ get a() { throw { toString() { throw 1 } } } })"],
    ["a toJSON's", "({ toJSON() { throw undefined } })"],
    ["endless recursion", "(function f() { return f() })()"],
    ["a reading that asks for itself", "calljoin.get('hostile') || calljoin.entities() && (() => { throw 1 })()"],
  ])("%s", async (_what, value) => {
    const shop = await world.shop({ entities: [{ name: "hostile", type: "expression", value }, basket] });
    shop.pages.set("/throws", `<!doctype html><title>Throws</title><script>basket = 1</script>{{script}}`);
    const page = await shop.visit("throws");
    const id = await contextId(page);
    await inPage(page, "basket = 2");
    await pageSays(page, "calljoin.get('basket') === 2");
    await flush(page);
    await eventually(async () => expect(valuesOf("basket", await shop.views(id)).slice(-1)).toEqual([2]));
    const rows = await inPage<{ name: string; status: string; error: string }[]>(page, "calljoin.entities()");
    expect(rows.find(({ name }) => name === "hostile")).toMatchObject({
      status: "error",
      error: expect.stringMatching(/./),
    });
  });
});

const ZONE = "node_modules/zone.js/bundles/zone.umd.js";

describe.runIf(existsSync(ZONE))("zone.js", () => {
  const page = `<!doctype html><title>Angular</title><body><script>${existsSync(ZONE) ? readFileSync(ZONE, "utf8") : ""}</script><script>
    renders = 0; pending = false;
    angular = Zone.current.fork({ name: "angular",
      onInvokeTask(d, c, t, task, self, args) { try { return d.invokeTask(t, task, self, args) } finally { renders += 1 } },
      onHasTask(d, c, t, state) { d.hasTask(t, state); if (state.change === "macroTask") pending = state.macroTask } });
  </script>`;
  it.each([
    ["page()", "{{script}}", "calljoin.page()"],
    ["consent()", "{{script}}", "calljoin.consent('denied'); calljoin.consent('granted')"],
    ["flush() and get()", "{{script}}", "calljoin.flush(); calljoin.get('n')"],
    [
      "the module's start()",
      "",
      `sdk.start({ site: "{{site}}", collector: "{{collector}}", consent: "not_required" })`,
    ],
  ])("never has a timer or a listener of ours in an app's zone: %s", async (_what, tag, act) => {
    const shop = await world.shop();
    const module = tag ? "" : `<script type="module">window.sdk = await import("/dist/sdk/calljoin.mjs")</script>`;
    const filled = act.replace("{{site}}", shop.id).replace("{{collector}}", shop.collector);
    shop.pages.set("/zone", `${page}${tag}${module}`);
    const opened: Page = await world.browser.newPage();
    await opened.goto(shop.url("zone"));
    await pageSays(opened, tag ? "window.calljoin && calljoin.viewId" : "window.sdk");
    await inPage(opened, `void angular.run(() => { ${filled} })`);
    await inPage(opened, "new Promise((resolve) => Zone.root.run(() => setTimeout(resolve, 1500)))");
    const before = await inPage(opened, "renders");
    await inPage(opened, "new Promise((resolve) => Zone.root.run(() => setTimeout(resolve, 2000)))");
    expect(await inPage(opened, "[renders, pending]")).toEqual([before, false]);
  });
});
