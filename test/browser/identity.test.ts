import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  contextId,
  eventually,
  flush,
  inPage,
  openWorld,
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

const CONTEXT_ID = /^[0-9a-z]{11}-0[0-9a-z]{8}-[0-9a-z]{7}$/;
const cookieOf = (page: Page) =>
  page.evaluate<string[]>("document.cookie.split('; ').filter((pair) => pair.startsWith('calljoin='))");
/** As Chromium keeps them, with their domains. */
const keptCookies = async (name: string) => {
  const all = await world.browser.context.cookies();
  return all.filter((cookie) => cookie.name === "calljoin" && cookie.domain.endsWith(name));
};

describe("the context_id", () => {
  it("is minted in the contract's format, and the cookie starts with it", async () => {
    const shop = await world.shop();
    const before = Date.now();
    const page = await shop.visit();
    const id = await contextId(page);
    expect(id).toMatch(CONTEXT_ID);
    const minted = Number.parseInt(id.split("-")[1] ?? "", 36);
    expect(minted).toBeGreaterThanOrEqual(before - 1000);
    expect(minted).toBeLessThanOrEqual(Date.now());
    const [cookie] = await cookieOf(page);
    expect(cookie?.startsWith(`calljoin=${id}.`)).toBe(true);
  });

  it("is there for the page's next script as soon as the SDK has run", async () => {
    const shop = await world.shop();
    const page = await shop.visit("queued");
    const handed = await page.evaluate<string[]>("handed");
    expect(handed[0]).toBe(await contextId(page));
  });

  it("is kept on the widest domain that takes it, for all of the shop's hosts", async () => {
    const shop = await world.shop();
    const page = await shop.visit();
    const id = await contextId(page);
    const kept = await keptCookies(`${shop.id}.test`);
    expect(kept).toMatchObject([{ domain: `.${shop.id}.test`, path: "/", sameSite: "Lax", secure: false }]);
    for (const host of ["m", "shop.eu"]) {
      await page.goto(shop.url("plain", host));
      await ready(page);
      expect(await contextId(page)).toBe(id);
    }
    expect(await keptCookies(`${shop.id}.test`)).toHaveLength(1);
    const probes = await world.browser.context.cookies(shop.url());
    expect(probes.filter((cookie) => /_[0-9a-z]{7}$/.test(cookie.name))).toEqual([]);
  });

  it.each(["localhost", "127.0.0.1"])("is kept on the host alone where that is %s", async (host) => {
    const shop = await world.shop({ hosts: [host] });
    const page = await world.browser.newPage();
    await page.goto(new URL(shop.url()).href.replace(`www.${shop.id}.test`, host));
    const id = await contextId(page);
    const cookies = (await world.browser.context.cookies(page.url())).filter(({ name }) => name === "calljoin");
    expect(cookies.map(({ domain }) => domain)).toEqual([host]);
    expect(cookies[0]?.value.startsWith(`${id}.`)).toBe(true);
    await page.reload();
    expect(await contextId(page)).toBe(id);
    await world.browser.context.clearCookies({ domain: host });
  });

  it("stays the same over loads, tabs and a copied tab", async () => {
    const shop = await world.shop();
    const page = await shop.visit();
    const id = await contextId(page);
    await page.reload();
    await ready(page);
    const other = await shop.visit();
    expect([await contextId(page), await contextId(other)]).toEqual([id, id]);
    expect(await sessionId(other)).toBe(await sessionId(page));
    expect(await viewId(other)).not.toBe(await viewId(page));
  });

  it("is taken up as it is from a cookie that is already there", async () => {
    const shop = await world.shop({ entities: [{ name: "visit", value: "r7k12_si" }] });
    const first = await shop.visit();
    const id = await contextId(first);
    await first.close();
    const page = await world.browser.newPage();
    await page.goto(shop.url("basket", "m"));
    await ready(page);
    expect(await contextId(page)).toBe(id);
    await eventually(async () => expect(valuesOf("visit", await shop.views(id))).toEqual(["v-81"]));
  });
});

describe("a cookie that someone deletes", () => {
  it("does not make another visitor of this page, however often it is deleted", async () => {
    const shop = await world.shop({ entities: [{ name: "n", type: "expression", value: "window.n" }] });
    const page = await shop.visit();
    const id = await contextId(page);
    for (const n of [1, 2, 3, 4, 5]) {
      await inPage(
        page,
        `for (const domain of ['', '; domain=${shop.id}.test'])
        document.cookie = 'calljoin=; path=/; max-age=0' + domain`,
      );
      await inPage(page, `window.n = ${n}; history.pushState({}, '', '/plain/${n}')`);
      await inPage(page, "new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))");
    }
    await flush(page);
    expect(await contextId(page)).toBe(id);
    expect(new Set(shop.sent().map((sent) => sent.context_id))).toEqual(new Set([id]));
    const stored = await shop.stored(id);
    expect(stored.sessions).toHaveLength(1);
  });

  it("does not start session after session where it never comes back", async () => {
    const shop = await world.shop();
    const page = await world.browser.newPage();
    // As an extension does that clears the cookie whenever it sees it.
    await page.addInitScript({
      content: `setInterval(() => {
        for (const domain of ["", "; domain=${shop.id}.test"]) document.cookie = "calljoin=; path=/; max-age=0" + domain;
      }, 1)`,
    });
    await page.goto(shop.url());
    await ready(page);
    const id = await contextId(page);
    const session = await sessionId(page);
    for (const n of [1, 2, 3, 4, 5]) {
      await inPage(page, `history.pushState({}, '', '/plain/${n}')`);
      await inPage(page, "new Promise((resolve) => setTimeout(resolve, 5))");
    }
    expect([await contextId(page), await sessionId(page)]).toEqual([id, session]);
  });
});

describe("two cookies of one name", () => {
  it("(host and domain) never make the page change between ids", async () => {
    const shop = await world.shop();
    const old = "aaaaaaaaaaa-0abcdefgh-aaaaaaa";
    const address = new URL(shop.url());
    // A host cookie left by an earlier installation; Chromium lists the older of two first.
    await world.browser.context.addCookies([
      { name: "calljoin", value: `${old}.1`, domain: address.hostname, path: "/", expires: Date.now() / 1000 + 9999 },
    ]);
    const page = await shop.visit();
    const id = await contextId(page);
    for (const path of ["plain/1", "plain/2", "plain/3"]) {
      await page.goto(shop.url(path));
      await ready(page);
      expect(await contextId(page)).toBe(id);
    }
    await flush(page);
    expect(new Set(shop.sent().map((sent) => sent.context_id))).toEqual(new Set([id]));
    expect((await shop.stored(id)).sessions).toHaveLength(1);
  });

  it("and one that holds junk is replaced by a proper id", async () => {
    const shop = await world.shop();
    await world.browser.context.addCookies([
      { name: "calljoin", value: "undefined", domain: `.${shop.id}.test`, path: "/" },
    ]);
    const page = await shop.visit();
    expect(await contextId(page)).toMatch(CONTEXT_ID);
    await flush(page);
    expect(await shop.views(await contextId(page))).toHaveLength(1);
  });
});

describe("where cookies are denied", () => {
  it("a page has one id in memory, is stored, and nothing of it reaches the page's console", async () => {
    const browser = await world.otherBrowser({ cookies: "blocked" });
    const shop = await world.shop({ entities: [{ name: "visit", value: "r7k12_si" }] });
    const page = await browser.newPage();
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(error.message));
    await page.goto(shop.url("basket"));
    await ready(page);
    const id = await contextId(page);
    expect(id).toMatch(CONTEXT_ID);
    expect(await page.evaluate("document.cookie")).toBe("");
    await inPage(page, "history.pushState({}, '', '/basket/2')");
    await eventually(async () => {
      const { sessions } = await shop.stored(id);
      expect(sessions.map((session) => session.views.length)).toEqual([2]);
    });
    expect(await contextId(page)).toBe(id);
    expect(said).toEqual([]);
  });
});

describe("a collector on the site's own domain", () => {
  it("renews the cookie by Set-Cookie once in a session (Safari forgets scripts' cookies after 7 days)", async () => {
    const shop = await world.shop({ sameSite: true, entities: [{ name: "n", type: "expression", value: "window.n" }] });
    const page = await shop.visit();
    const id = await contextId(page);
    await page.reload();
    await ready(page);
    for (const n of [1, 2, 3]) {
      await inPage(page, `window.n = ${n}`);
      await eventually(async () => expect(valuesOf("n", await shop.views(id))).toContain(n));
    }
    const kept = await keptCookies(`${shop.id}.test`);
    expect(kept).toHaveLength(1);
    expect(kept[0]?.value.startsWith(`${id}.`)).toBe(true);
    const answered = shop.sent().filter((sent) => sent.status === 202);
    expect(answered.length).toBeGreaterThan(2);
    expect(answered.flatMap((sent) => sent.setCookie)).toHaveLength(1);
  });
});
