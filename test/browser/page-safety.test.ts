import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  contextId,
  eventually,
  flush,
  inPage,
  openWorld,
  ready,
  valuesOf,
  viewId,
  type World,
} from "./harness/world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** A new tab, and all that the page's own console and error handlers get to hear. */
async function listeningPage(script = ""): Promise<{ page: Page; said: string[] }> {
  const page = await world.browser.newPage();
  const said: string[] = [];
  page.on("console", (message) => {
    // That a request failed, the browser itself says.
    if (!message.text().startsWith("Failed to load resource")) said.push(message.text());
  });
  page.on("pageerror", (error) => said.push(error.message));
  await page.addInitScript({
    content: `addEventListener("unhandledrejection", (event) => console.log("unhandled", event.reason)); ${script}`,
  });
  return { page, said };
}

describe("the page", () => {
  it("gets no global but calljoin", async () => {
    const shop = await world.shop();
    const page = await world.browser.newPage();
    await page.goto(shop.url("bare"));
    const before = new Set(await inPage<string[]>(page, "Object.getOwnPropertyNames(window)"));
    await page.goto(shop.url("plain"));
    await ready(page);
    const after = await inPage<string[]>(page, "Object.getOwnPropertyNames(window)");
    // Playwright leaves a name of its own in Firefox.
    expect(after.filter((name) => !before.has(name) && !name.startsWith("__pw"))).toEqual(["calljoin"]);
  });

  it.each([
    [
      "localStorage throws",
      "Storage.prototype.setItem = Storage.prototype.getItem = () => { throw new Error('full') };",
    ],
    ["JSON.stringify throws", "setTimeout(() => { JSON.stringify = () => { throw new Error('no') } }, 50);"],
    ["fetch throws", "window.fetch = () => { throw new Error('no fetch') };"],
    ["fetch rejects", "window.fetch = () => Promise.reject(new Error('blocked'));"],
    ["fetch and sendBeacon are gone", "delete window.fetch; Navigator.prototype.sendBeacon = undefined;"],
    [
      "reading a cookie throws",
      "Object.defineProperty(document, 'cookie', { get() { throw new Error('no') }, set() { throw new Error('no') } });",
    ],
    ["crypto is gone", "Object.defineProperty(window, 'crypto', { value: undefined });"],
    [
      "locks are refused",
      "if (window.LockManager) LockManager.prototype.request = () => Promise.reject(new Error('no locks'));",
    ],
    ["performance is gone", "Object.defineProperty(window, 'performance', { value: undefined });"],
  ])("hears of no fault where %s", async (_what, script) => {
    const shop = await world.shop({ entities: [{ name: "n", type: "expression", value: "window.n" }] });
    const { page, said } = await listeningPage(script);
    await page.goto(shop.url("spa"));
    await page.waitForLoadState("load");
    await inPage(page, "window.n = 1; history.pushState({}, '', '/spa/2')");
    await inPage(page, "new Promise((resolve) => setTimeout(resolve, 100))");
    await inPage(page, "window.n = 2; history.pushState({}, '', '/spa/3')");
    await (await world.browser.newPage()).close();
    await page.goto(shop.url("bare"));
    expect(said).toEqual([]);
  });

  it("hears of no fault in what it or a vendor hands in", async () => {
    const shop = await world.shop();
    const { page, said } = await listeningPage();
    await page.goto(shop.url("queued"));
    await ready(page);
    await inPage(
      page,
      `calljoin.push(() => { throw new Error("mine") });
       calljoin.on("view", () => { throw new Error("mine") });
       calljoin.on("no such event", () => {});
       calljoin.push(null); calljoin.on("view");
       history.pushState({}, "", "/queued/2");`,
    );
    await flush(page);
    expect(said).toEqual([]);
    expect(await shop.views(await contextId(page))).toHaveLength(2);
  });

  it("without crypto has a visitor all the same", async () => {
    const shop = await world.shop();
    const { page, said } = await listeningPage();
    await page.goto(shop.url("no-crypto"));
    const id = await contextId(page);
    await flush(page);
    expect(await shop.views(id)).toHaveLength(1);
    expect(await inPage(page, "errors")).toEqual([]);
    expect(said).toEqual([]);
  });
});

describe("a page that writes itself anew after it has loaded", () => {
  it("is listened to as before, and no more than once", async () => {
    const shop = await world.shop({ entities: [{ name: "n", type: "expression", value: "window.n" }] });
    const page = await world.browser.newPage();
    // As tools that record a page do it: what is added twice is there twice.
    await page.addInitScript(`{
      const add = EventTarget.prototype.addEventListener;
      window.added = 0;
      EventTarget.prototype.addEventListener = function (type, listener, ...more) {
        if (type === "storage") added += 1;
        return add.call(this, type, function (event) { return listener.call(this, event) }, ...more);
      };
    }`);
    await page.goto(shop.url("bare"));
    await page.goto(shop.url("plain"));
    const id = await contextId(page);
    await inPage(page, "new Promise((resolve) => setTimeout(resolve, 1500))");
    expect(await inPage(page, "added")).toBe(1);
    await inPage(
      page,
      "document.open(); document.write('<!doctype html><title>Anew</title><p>text'); document.close(); undefined",
    );
    await eventually(async () => expect(await inPage(page, "added")).toBe(2));
    await inPage(page, "new Promise((resolve) => setTimeout(resolve, 1500))");
    expect(await inPage(page, "added")).toBe(2);
    await inPage(page, "window.n = 'last'; location.assign('/bare')");
    await eventually(async () => expect(valuesOf("n", await shop.views(id))).toEqual(["last"]));
  });
});

describe("a page whose fetch adds a header to every request", () => {
  it("sends once what is read, and hears that it is stored", async () => {
    const shop = await world.shop({ entities: [{ name: "n", type: "expression", value: "window.n" }] });
    const page = await world.browser.newPage();
    await page.addInitScript(`{
      const ask = window.fetch;
      window.fetch = (url, options) => ask(url, { ...options, headers: { "X-CSRF-Token": "t", traceparent: "00-1-2-01" } });
      window.n = 1;
    }`);
    await page.goto(shop.url("plain"));
    const id = await contextId(page);
    await flush(page);
    expect(await inPage(page, "calljoin.entities()[0].status")).toBe("sent");
    expect(valuesOf("n", await shop.views(id))).toEqual([1]);
  });
});

describe("a strict Content-Security-Policy", () => {
  // Firefox asks for the site's icon under the policy, too.
  const policy = (collector: string, trustedTypes: string) => ({
    "content-security-policy": `default-src 'none'; img-src 'self'; script-src 'self' ${collector}; connect-src ${collector}; require-trusted-types-for 'script'${trustedTypes}`,
  });

  it.each([
    ["Trusted Types required", ""],
    ["and no policy allowed", "; trusted-types 'none'"],
  ])("with own origins only, %s, is never violated", async (_what, trustedTypes) => {
    const shop = await world.shop({
      headers: (collector) => policy(collector, trustedTypes),
      entities: [
        { name: "visit", value: "visit" },
        { name: "path", type: "expression", scope: "page_view", value: "location.pathname" },
      ],
    });
    const { page, said } = await listeningPage();
    await page.goto(shop.url("strict"));
    await ready(page);
    const id = await contextId(page);
    await page.evaluate(() => history.pushState({}, "", "/strict/2"));
    await eventually(async () => expect(valuesOf("path", await shop.views(id))).toEqual(["/strict", "/strict/2"]));
    await page.goto(shop.url("strict/3"));
    await ready(page);
    await eventually(async () =>
      expect(valuesOf("visit", await shop.views(id))).toEqual(["v-strict", "v-strict", "v-strict"]),
    );
    expect(await inPage(page, "violations")).toEqual([]);
    expect(said).toEqual([]);
  });
});

describe("two script tags", () => {
  it("in one page run one SDK", async () => {
    const shop = await world.shop({ entities: [{ name: "visit", value: "visit" }] });
    const page = await shop.visit("two-tags");
    await page.waitForLoadState("load");
    const id = await contextId(page);
    await inPage(page, "history.pushState({}, '', '/two-tags/2')");
    await eventually(async () => expect(valuesOf("visit", await shop.views(id))).toEqual(["v-1", "v-1"]));
    await flush(page);
    const views = await shop.views(id);
    expect(views.map((view) => view.number)).toEqual([1, 2]);
  });

  it("of which one comes later change nothing of the first", async () => {
    const shop = await world.shop({ entities: [{ name: "visit", value: "visit" }] });
    const page = await shop.visit("twice-later");
    const before = [await contextId(page), await viewId(page)];
    await inPage(page, "window.api = calljoin; again()");
    expect([await contextId(page), await viewId(page)]).toEqual(before);
    expect(await inPage(page, "calljoin === window.api")).toBe(true);
    await flush(page);
    expect(await shop.views(before[0] ?? "")).toHaveLength(1);
  });
});

describe("frames", () => {
  it("of the same site share the visitor; one without an origin breaks nothing", async () => {
    const shop = await world.shop();
    const { page, said } = await listeningPage();
    await page.goto(shop.url("frame"));
    await ready(page);
    await page.waitForLoadState("load");
    const id = await contextId(page);
    await flush(page);
    const stored = await shop.stored(id);
    expect(stored.sessions).toHaveLength(1);
    expect(stored.sessions[0]?.views.some((view) => view.url === shop.url("frame"))).toBe(true);
    const ofFrame = await page.frames()[1]?.evaluate("window.calljoin && window.calljoin.contextId");
    expect([id, null, undefined]).toContain(ofFrame);
    expect(said).toEqual([]);
    expect((await world.browser.context.cookies(shop.url())).map((cookie) => cookie.name).sort()).toEqual([
      "calljoin",
      "calljoin_s",
    ]);
  });
});
