import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  contextId,
  eventually,
  flush,
  inPage,
  isOf,
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

const cart = { name: "cart", type: "expression", value: "window.cart" };

/** Everything that a page can keep on the visitor's device. */
const kept = (page: Page) =>
  page.evaluate<Record<string, unknown>>(`(async () => ({
    cookie: document.cookie,
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    databases: (await indexedDB.databases()).length,
  }))()`);
const NOTHING = { cookie: "", local: [], session: [], databases: 0 };
const ids = (page: Page) => page.evaluate("[calljoin.contextId, calljoin.sessionId, calljoin.viewId]");

async function open(shop: Shop, path = "spa"): Promise<Page> {
  const page = await world.browser.newPage();
  await page.goto(shop.url(path));
  await pageSays(page, "window.calljoin && !Array.isArray(window.calljoin)");
  return page;
}

describe("where consent is required", () => {
  it("nothing is kept and nothing is sent before it", async () => {
    const shop = await world.shop({ site: { consent: "required" }, entities: [cart] });
    const page = await open(shop);
    await inPage(page, "window.cart = 1; history.pushState({}, '', '/spa/2')");
    await inPage(page, "calljoin.flush()");
    await (await world.browser.newPage()).close();
    expect(await ids(page)).toEqual([null, null, null]);
    expect(await kept(page)).toEqual(NOTHING);
    await page.goto(shop.url("plain"));
    expect(await kept(page)).toEqual(NOTHING);
    expect(shop.sent()).toEqual([]);
  });

  it("what was read before is sent when it is granted, with the times at which it was read", async () => {
    const shop = await world.shop({ site: { consent: "required" }, entities: [cart] });
    const page = await open(shop);
    await inPage(page, "window.cart = 'before'");
    await pageSays(page, "calljoin.get('cart') === 'before'");
    await inPage(page, "history.pushState({}, '', '/spa/2')");
    await inPage(page, "window.cart = 'after'");
    const granted = Date.now();
    await inPage(page, "calljoin.consent('granted')");
    await ready(page);
    const id = await contextId(page);
    await eventually(async () => {
      const views = await shop.views(id);
      expect(views.map((view) => new URL(view.url).pathname)).toEqual(["/spa", "/spa/2"]);
      expect(valuesOf("cart", views)).toEqual(["before", "after"]);
      expect(views[0]?.snapshots[0]?.at).toBeLessThan(granted);
    });
    expect(await inPage(page, "document.cookie")).toContain(`calljoin=${id}.`);
  });

  it("is asked for on every page (the site's consent tool remembers it), and the visitor stays the same", async () => {
    const shop = await world.shop({ site: { consent: "required" }, entities: [cart] });
    const page = await open(shop);
    await inPage(page, "calljoin.consent('granted')");
    await ready(page);
    const id = await contextId(page);
    const first = await viewId(page);
    await flush(page);
    await page.reload();
    await pageSays(page, "window.calljoin && !Array.isArray(window.calljoin)");
    await inPage(page, "calljoin.flush()");
    // The first page's own last words may still come; nothing of the second.
    expect(await ids(page)).toEqual([null, null, null]);
    const views = shop.sent().flatMap((sent) => sent.snapshots.map((snapshot) => snapshot.view_id));
    expect(new Set(views)).toEqual(new Set([first]));
    await inPage(page, "calljoin.consent('granted')");
    await ready(page);
    expect(await contextId(page)).toBe(id);
  });
});

describe("a visitor who denies", () => {
  it.each(["required", "not_required"])(
    "(consent %s) leaves no cookie, no queue and no request behind",
    async (consent) => {
      const shop = await world.shop({ site: { consent }, entities: [cart] });
      const page = await open(shop);
      await inPage(page, "calljoin.consent('granted')");
      await ready(page);
      await flush(page);
      // Something waits in the queue when they say no.
      const pass = world.wire.onRequest((seen) => (isOf(shop)(seen) ? { kind: "status", status: 503 } : undefined));
      await inPage(page, "window.cart = 'queued'");
      await eventually(() => expect(shop.sent().some((sent) => sent.status === 503)).toBe(true));
      await inPage(page, "calljoin.consent('denied')");
      pass();
      const before = shop.sent().length;
      expect(await kept(page)).toEqual(NOTHING);
      expect(await ids(page)).toEqual([null, null, null]);
      await inPage(page, "window.cart = 'unseen'; history.pushState({}, '', '/spa/2')");
      await inPage(page, "calljoin.flush()");
      // Hidden, then left: the two moments at which an SDK sends what it has.
      await (await world.browser.newPage()).bringToFront();
      await page.goto("about:blank");
      expect(shop.sent().slice(before)).toEqual([]);
    },
  );

  it("can grant again and is a new visitor then", async () => {
    const shop = await world.shop({ entities: [cart] });
    const page = await shop.visit("spa");
    const id = await contextId(page);
    await inPage(page, "calljoin.consent('denied')");
    await inPage(page, "calljoin.consent('granted')");
    await ready(page);
    expect(await contextId(page)).not.toBe(id);
    await inPage(page, "window.cart = 2");
    await eventually(async () => expect(valuesOf("cart", await shop.views(await contextId(page)))).toEqual([2]));
  });
});

describe("Global Privacy Control", () => {
  // Chromium has no such setting of its own: the signal is what extensions and other browsers make of it.
  const SIGNAL = { content: "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })" };

  it("counts as denied", async () => {
    const shop = await world.shop({ entities: [cart] });
    const page = await world.browser.newPage();
    await page.addInitScript(SIGNAL);
    await page.goto(shop.url("spa"));
    await pageSays(page, "window.calljoin && !Array.isArray(window.calljoin)");
    await inPage(page, "window.cart = 1; calljoin.flush()");
    await page.goto(shop.url("plain"));
    expect(await kept(page)).toEqual(NOTHING);
    expect(shop.sent()).toEqual([]);
  });

  it("counts for nothing where the site document says so", async () => {
    const shop = await world.shop({ site: { global_privacy_control: "ignored" }, entities: [cart] });
    const page = await world.browser.newPage();
    await page.addInitScript(SIGNAL);
    await page.goto(shop.url("spa"));
    await ready(page);
    await flush(page);
    expect(await shop.views(await contextId(page))).toHaveLength(1);
  });
});
