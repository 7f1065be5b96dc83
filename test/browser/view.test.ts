import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  contextId,
  eventually,
  flush,
  inPage,
  openWorld,
  pageSays,
  ready,
  sessionId,
  valuesOf,
  viewId,
  type World,
} from "./harness/world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const changing = { name: "product", type: "expression", scope: "page_view", value: "product" };

/** The views of a visitor by their paths, once everything that was read is stored. */
async function paths(page: Page, shop: Awaited<ReturnType<World["shop"]>>): Promise<string[]> {
  await flush(page);
  const views = await shop.views(await contextId(page));
  return views.sort((a, b) => a.number - b.number).map((view) => view.url.replace(/^https?:\/\/[^/]+/, ""));
}

async function changesView(page: Page, code: string): Promise<void> {
  const before = await viewId(page);
  await inPage(page, code);
  await eventually(async () => expect(await viewId(page)).not.toBe(before));
}

describe("a route change makes one view", () => {
  it.each([
    ["pushState", "history.pushState({}, '', '/spa/2')", "/spa/2"],
    ["replaceState to another address", "history.replaceState({}, '', '/spa/3')", "/spa/3"],
    ["a hash route", "location.hash = '#/products/4'", "/spa#/products/4"],
    ["the Navigation API", "void navigation.navigate('/spa/5')", "/spa/5"],
    ["page()", "calljoin.page()", "/spa"],
  ])("by %s", async (_how, code, path) => {
    const shop = await world.shop();
    const page = await shop.visit("spa");
    // A route that the page handles itself by the Navigation API.
    await inPage(page, "navigation.addEventListener('navigate', (event) => event.canIntercept && event.intercept())");
    await changesView(page, code);
    expect(await paths(page, shop)).toEqual(["/spa", path]);
  });

  it("by going back and forward in the history of the page", async () => {
    const shop = await world.shop();
    const page = await shop.visit("spa");
    await changesView(page, "history.pushState({}, '', '/spa/2')");
    await changesView(page, "history.back()");
    await changesView(page, "history.forward()");
    expect(await paths(page, shop)).toEqual(["/spa", "/spa/2", "/spa", "/spa/2"]);
  });

  it("by a router that changes the address twice in one task, as for a redirect", async () => {
    const shop = await world.shop();
    const page = await shop.visit("spa");
    await changesView(page, "history.pushState({}, '', '/spa/old'); history.replaceState({}, '', '/spa/new')");
    const seen = await paths(page, shop);
    expect(seen.at(-1)).toBe("/spa/new");
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("where there is no Navigation API", async () => {
    const shop = await world.shop();
    const page = await world.browser.newPage();
    await page.addInitScript({ content: "delete window.navigation; Object.defineProperty(window, 'navigation', {})" });
    await page.goto(shop.url("spa"));
    await ready(page);
    await changesView(page, "history.pushState({}, '', '/spa/2')");
    await changesView(page, "history.replaceState({}, '', '/spa/3')");
    await changesView(page, "location.hash = '#/four'");
    await changesView(page, "history.back()");
    expect(await paths(page, shop)).toEqual(["/spa", "/spa/2", "/spa/3", "/spa/3#/four", "/spa/3"]);
  });

  it("by page(), twice where it is said twice in one moment", async () => {
    const shop = await world.shop();
    const page = await shop.visit();
    await inPage(page, "calljoin.page(); calljoin.page()");
    await flush(page);
    expect(await shop.views(await contextId(page))).toHaveLength(3);
  });

  it("by a site that changes its address and then says page(), too", async () => {
    const shop = await world.shop();
    const page = await shop.visit("spa");
    await changesView(page, "history.pushState({}, '', '/spa/2'); calljoin.page()");
    await changesView(page, "history.pushState({}, '', '/spa/3')");
    expect(await paths(page, shop)).toEqual(["/spa", "/spa/2", "/spa/3"]);
  });

  it("that is stored when flush() settles, whichever of several views finds its place first", async () => {
    const shop = await world.shop();
    const page = await shop.visit("spa");
    const expected = ["/spa"];
    for (let n = 0; n < 12; n += 3) {
      const routes = [n, n + 1, n + 2].map((each) => `/spa/${each}`);
      await inPage(page, `for (const path of ${JSON.stringify(routes)}) history.pushState({}, "", path)`);
      expected.push(...routes);
      expect(await paths(page, shop)).toEqual(expected);
    }
  });

  it("and its ids are there at once, for a vendor's tag that runs in the same task", async () => {
    const shop = await world.shop();
    const page = await shop.visit("spa");
    const id = await contextId(page);
    const before = await viewId(page);
    const ids = await inPage<string[]>(
      page,
      "history.pushState({}, '', '/spa/2'); [calljoin.contextId, calljoin.sessionId, calljoin.viewId]",
    );
    expect(ids).toEqual([id, await sessionId(page), expect.not.stringMatching(before)]);
    expect(await viewId(page)).toBe(ids[2]);
  });

  it("and none where the page only keeps its state under the same address", async () => {
    const shop = await world.shop();
    const page = await shop.visit("spa");
    await inPage(page, "history.replaceState({ scroll: 1 }, ''); history.pushState({ open: 1 }, '', location.href)");
    await changesView(page, "history.pushState({}, '', '/spa/2')");
    expect(await paths(page, shop)).toEqual(["/spa", "/spa/2"]);
  });

  it("keeps the page's own patches of pushState working", async () => {
    const shop = await world.shop();
    const page = await shop.visit("spa");
    await inPage(
      page,
      `window.seen = [];
       const own = history.pushState;
       history.pushState = function (...args) { seen.push(args[2]); return own.apply(this, args) };`,
    );
    await changesView(page, "history.pushState({}, '', '/spa/2')");
    expect(await inPage(page, "seen")).toEqual(["/spa/2"]);
    expect(await paths(page, shop)).toEqual(["/spa", "/spa/2"]);
  });
});

describe("a closing view", () => {
  it("keeps the value that was set in the very task of the route change, and the next view never shows it", async () => {
    const shop = await world.shop({ entities: [changing] });
    const page = await shop.visit("spa");
    const id = await contextId(page);
    await inPage(page, "product = 'last word'; route('/spa/next', 'Next')");
    await eventually(async () => expect(valuesOf("product", await shop.views(id))).toContain("Next"));
    const views = await shop.views(id);
    expect(views.map((view) => valuesOf("product", [view]).at(-1))).toEqual(["last word", "Next"]);
    expect(valuesOf("product", views.slice(1))).toEqual(["Next"]);
  });

  it("is stored before the view that follows it", async () => {
    const shop = await world.shop({ entities: [changing] });
    const page = await shop.visit("spa");
    const first = await viewId(page);
    await flush(page);
    await inPage(page, "product = 'last word'; route('/spa/next', 'Next')");
    await eventually(async () =>
      expect(valuesOf("product", await shop.views(await contextId(page)))).toContain("Next"),
    );
    const order = shop.sent().flatMap((sent) => sent.snapshots);
    const lastWord = order.findIndex((each) => each.view_id === first && each.entities?.product === "last word");
    const next = order.findIndex((each) => each.view_id !== first);
    expect(lastWord).toBeGreaterThanOrEqual(0);
    expect(lastWord).toBeLessThan(next);
  });

  it("names where the visitor came from: the page before, then the route before", async () => {
    const shop = await world.shop({ hosts: ["search.test"] });
    shop.pages.set("/found", `<!doctype html><a id="shop" href="${shop.url("spa/2")}">Shoes</a>`);
    const page = await shop.visit("spa");
    const found = new URL(shop.url("found"));
    found.hostname = "search.test";
    await page.goto(found.href);
    await page.click("#shop");
    await ready(page);
    await changesView(page, "history.pushState({}, '', '/spa/3')");
    await flush(page);
    const views = await shop.views(await contextId(page));
    const at = (path: string) => views.find((view) => view.url.endsWith(path))?.referrer;
    expect(at("/spa/2")).toBe(`${found.origin}/`);
    expect(at("/spa/3")).toBe(shop.url("spa/2"));
  });
});

describe("the back/forward cache", () => {
  it("gives a view of its own to a page that was frozen and comes back", async () => {
    const shop = await world.shop({ entities: [changing] });
    const page = await shop.visit("spa");
    const id = await contextId(page);
    const first = await viewId(page);
    await inPage(page, "addEventListener('pageshow', (event) => { window.persisted = event.persisted })");
    await inPage(page, "product = 'first time'");
    await page.goto(shop.url("plain"));
    await ready(page);
    // Not goBack(): Playwright waits there for a new document, and there is none.
    await inPage(page, "setTimeout(() => history.back())");
    await pageSays(page, "window.persisted === true");
    await eventually(async () => expect(await viewId(page)).not.toBe(first));
    await inPage(page, "product = 'second time'");
    await eventually(async () => {
      const views = await shop.views(id);
      const [before, , after] = views;
      expect(views.map((view) => new URL(view.url).pathname)).toEqual(["/spa", "/plain", "/spa"]);
      expect(valuesOf("product", before ? [before] : []).at(-1)).toBe("first time");
      expect(valuesOf("product", after ? [after] : []).at(-1)).toBe("second time");
      // It was come to once, from nowhere, and not from itself.
      expect([before?.referrer, after?.referrer]).toEqual(["", ""]);
    });
    expect((await shop.stored(id)).sessions).toHaveLength(1);
  });

  it("gives a page that was left while it was hidden a view that is read like any other", async () => {
    const shop = await world.shop({ entities: [changing] });
    const page = await shop.visit("spa");
    const id = await contextId(page);
    await inPage(page, "addEventListener('pageshow', (event) => { window.persisted = event.persisted })");
    await inPage(page, "product = 'first time'");
    await (await world.browser.newPage()).goto(shop.url("bare"));
    await pageSays(page, "document.hidden");
    await inPage(page, `setTimeout(() => location.assign("${shop.url("plain")}"))`);
    await page.waitForURL(shop.url("plain"));
    await page.bringToFront();
    await ready(page);
    await inPage(page, "setTimeout(() => history.back())");
    await pageSays(page, "window.persisted === true");
    await inPage(page, "product = 'second time'");
    await eventually(async () => {
      const views = await shop.views(id);
      expect(views.map((view) => [new URL(view.url).pathname, valuesOf("product", [view]).at(-1)])).toEqual([
        ["/spa", "first time"],
        ["/plain", undefined],
        ["/spa", "second time"],
      ]);
    });
  });

  it("is not refused for a lock, which is gone at beforeunload; a page that stays after all is read on", async () => {
    const shop = await world.shop({ entities: [changing] });
    const page = await shop.visit("spa");
    const held = () => inPage<number>(page, "navigator.locks.query().then(({ held }) => held.length)");
    await eventually(async () => expect(await held()).toBe(1));
    await inPage(page, "void dispatchEvent(new Event('beforeunload'))");
    await eventually(async () => expect(await held()).toBe(0));
    await inPage(page, "product = 'stayed'");
    await eventually(async () =>
      expect(valuesOf("product", await shop.views(await contextId(page)))).toContain("stayed"),
    );
  });

  it("is never lost through the SDK: no unload, no open connection, no held lock", async () => {
    const shop = await world.shop({ entities: [changing] });
    const page = await shop.visit("spa");
    await inPage(page, "addEventListener('pageshow', (event) => { window.persisted = event.persisted })");
    for (let n = 0; n < 3; n += 1) {
      await inPage(page, "window.persisted = undefined");
      await inPage(page, `product = 'change ${n}'; location.assign('/plain/${n}')`);
      await page.waitForURL(shop.url(`plain/${n}`));
      await ready(page);
      await inPage(page, "setTimeout(() => history.back())");
      await pageSays(page, "window.persisted === true");
    }
    const stored = await eventually(async () => {
      const views = await shop.views(await contextId(page));
      expect(views).toHaveLength(7);
      return views;
    });
    expect(valuesOf("product", stored)).toEqual(expect.arrayContaining(["change 0", "change 1", "change 2"]));
  });
});
