import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Collector, openCollector, type StoredView } from "../browser/harness/collector.js";
import { FIREFOX } from "../browser/harness/find-firefox.mjs";
import { eventually } from "../browser/harness/world.js";
import { type Driver, ENGINES } from "./drivers.js";

const PAGE = `<!doctype html><title>Shoe A</title><body><main id="m">Shoe A</main><script>
  var sku = "A"; window.price = 10;
  function go(name, amount, delay) {
    history.pushState({}, "", "/p/" + name); m.textContent = "Loading";
    setTimeout(function () { sku = name; price = amount; document.title = "Shoe " + name; m.textContent = name }, delay);
  }</script>`;
const HOSTILE = `<ul id="navigation"></ul><form name="title"></form><form name="cookie"></form><img name="hidden" alt=""><form name="referrer"></form>
  <script>const URL = [], crypto = {}; function history() {}</script>`;
const ENTITIES = [
  { name: "sku", type: "simple", scope: "page_view", value: "sku" },
  { name: "price", type: "expression", scope: "page_view", value: "window.price" },
];

let collector: Collector;
let shop: Server;
let origin: string;
beforeAll(async () => {
  collector = await openCollector();
  await collector.putSite("shop", { name: "Shop", entities: ENTITIES });
  const tag = `<script src="http://127.0.0.1:${collector.port}/t/shop.js"></script>`;
  shop = createServer((request, response) => {
    const hostile = request.url?.startsWith("/hostile") ? HOSTILE : "";
    response
      .writeHead(200, { "content-type": "text/html" })
      .end(request.url === "/bare" ? "<title>Bare</title>" : PAGE + hostile + tag);
  });
  await new Promise<void>((resolve) => shop.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
});
afterAll(async () => {
  shop?.closeAllConnections();
  shop?.close();
  await collector?.close();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const viewsOf = async (id: string): Promise<StoredView[]> =>
  (await collector.context("shop", id)).sessions.flatMap((session) => session.views);
const valuesOf = (name: string, view: StoredView | undefined) =>
  (view?.snapshots ?? []).filter(({ entities }) => name in entities).map(({ entities }) => entities[name]);

describe.each(ENGINES)("in %s", (_name, open) => {
  let driver: Driver;
  const contextId = () =>
    eventually(async () => {
      const id = await driver.run<string>("return window.calljoin && calljoin.contextId");
      expect(id).toMatch(/^[0-9a-z]{11}-/);
      return id;
    });
  beforeAll(async () => {
    driver = await open(21_000 + Math.floor(Math.random() * 20_000));
  });
  afterAll(() => driver?.close());

  it("a page is stored with its values, and the next page knows the visitor", async () => {
    await driver.go(`${origin}/a`);
    const id = await contextId();
    await driver.go(`${origin}/b`);
    expect(await contextId()).toBe(id);
    await driver.go(`${origin}/bare`);
    await eventually(async () => {
      const views = (await viewsOf(id)).slice(-2);
      expect(views.map(({ url, title, number }) => [url, title, number])).toEqual([
        [`${origin}/a`, "Shoe A", 1],
        [`${origin}/b`, "Shoe A", 2],
      ]);
      for (const view of views) expect([valuesOf("sku", view), valuesOf("price", view)]).toEqual([["A"], [10]]);
    });
  });

  it("a page that takes the tag's names is stored as ever", async () => {
    await driver.go(`${origin}/hostile`);
    const id = await contextId();
    await driver.go(`${origin}/hostile?2`);
    expect(await contextId()).toBe(id);
    await driver.go(`${origin}/bare`);
    await eventually(async () => {
      const views = (await viewsOf(id)).slice(-2);
      expect(views.map(({ url, title }) => [url, title])).toEqual([
        [`${origin}/hostile`, "Shoe A"],
        [`${origin}/hostile?2`, "Shoe A"],
      ]);
      for (const view of views) expect(valuesOf("price", view)).toEqual([10]);
    });
  });

  it("a route whose data come late has its own values and title, and the one before keeps its last", async () => {
    await driver.go(`${origin}/spa`);
    const id = await contextId();
    await driver.run("price = 11; go('B', 99, 1500)");
    await pause(3500);
    await driver.run("calljoin.flush()");
    await eventually(async () => {
      const [before, after] = (await viewsOf(id)).slice(-2);
      expect(valuesOf("price", before).at(-1)).toBe(11);
      expect([after?.url, after?.title]).toEqual([`${origin}/p/B`, "Shoe B"]);
      expect([valuesOf("sku", after), valuesOf("price", after)]).toEqual([["B"], [99]]);
    });
  });

  it.each([
    [1, "history.pushState({}, '', '?page=2')"],
    [1, "history.replaceState({}, '', '/other')"],
    [1, "location.hash = '#/list'"],
    [1, "History.prototype.pushState.call(history, {}, '', '/unseen')"],
    [0, "for (const q of 'shoe') history.replaceState({}, '', '?q=' + q)"],
    [0, "location.hash = '#reviews'"],
  ])("%i views are made by %s", async (count, act) => {
    await driver.go(`${origin}/views`);
    await contextId();
    await driver.run(`window.views = 0; calljoin.on('view', function () { views += 1 }); ${act}`);
    await pause(1000);
    expect(await driver.run("return views")).toBe(count);
  });
});

it("is asked of WebKitGTK where it is installed", ({ skip }) => {
  skip(ENGINES.length === 0, "not here (Debian: webkit2gtk-driver with xvfb)");
});
it("is asked of Firefox, with all of test/browser, where it is installed", ({ skip }) => {
  skip(!FIREFOX, "not here (Debian: firefox-esr)");
});
