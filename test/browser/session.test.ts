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
  await world.browser.context.addInitScript({ content: CLOCK });
});
afterAll(() => world.close());

/** The page's clock, moved by minutes while its timers go on as ever: what a sleeping laptop or a corrected clock does. */
const CLOCK = `{
  const now = Date.now.bind(Date);
  let ahead = Number(sessionStorage.getItem("ahead") || 0);
  window.later = (minutes) => {
    ahead += minutes * 60_000;
    sessionStorage.setItem("ahead", String(ahead));
  };
  Date.now = () => now() + ahead;
  window.Date = new Proxy(Date, { construct: (target, args) => (args.length ? new target(...args) : new target(Date.now())) });
}`;

const later = (page: Page, minutes: number) => inPage(page, `later(${minutes})`);
/** A press: the least that counts as activity of the visitor. */
const press = (page: Page) => page.mouse.click(5, 5);

describe("a session", () => {
  it("goes on for as long as something happens within 30 minutes", async () => {
    const shop = await world.shop();
    const page = await shop.visit();
    const session = await sessionId(page);
    for (const n of [1, 2, 3]) {
      await later(page, 29);
      await page.goto(shop.url(`plain/${n}`));
      await ready(page);
      expect(await sessionId(page)).toBe(session);
    }
    await flush(page);
    const [stored] = (await shop.stored(await contextId(page))).sessions;
    expect(stored?.views.map((view) => view.number)).toEqual([1, 2, 3, 4]);
  });

  it("ends after 30 idle minutes, and the next page view begins another of the same visitor", async () => {
    const shop = await world.shop();
    const page = await shop.visit();
    const id = await contextId(page);
    const first = await sessionId(page);
    await later(page, 31);
    await page.reload();
    await ready(page);
    expect(await contextId(page)).toBe(id);
    expect(await sessionId(page)).not.toBe(first);
    await flush(page);
    const stored = await shop.stored(id);
    expect(stored.sessions.map((session) => session.number)).toEqual([1, 2]);
    expect(stored.sessions.map((session) => session.views.length)).toEqual([1, 1]);
  });

  it("ends 24 hours after it began, however busy the visitor is", { tags: ["long"] }, async () => {
    const shop = await world.shop();
    const page = await shop.visit();
    const first = await sessionId(page);
    for (let minutes = 0; minutes < 24 * 60 - 25; minutes += 25) {
      await later(page, 25);
      await inPage(page, `history.pushState({}, "", "/plain/${minutes}")`);
      await eventually(async () => expect(await inPage(page, "location.pathname")).toBe(`/plain/${minutes}`));
    }
    expect(await sessionId(page)).toBe(first);
    await later(page, 26);
    await inPage(page, 'history.pushState({}, "", "/plain/last")');
    await eventually(async () => expect(await sessionId(page)).not.toBe(first));
  });

  it("that ended while the page stood open is renewed by the visitor's return, on a view of its own", async () => {
    const shop = await world.shop({
      entities: [
        { name: "n", type: "expression", scope: "page_view", value: "window.n" },
        { name: "kept", type: "expression", value: "window.kept" },
      ],
    });
    const page = await shop.visit();
    await inPage(page, "window.n = 1; window.kept = 'k'");
    const id = await contextId(page);
    const [session, view] = [await sessionId(page), await viewId(page)];
    await eventually(async () => {
      const views = await shop.views(id);
      expect(valuesOf("n", views)).toEqual([1]);
      expect(valuesOf("kept", views)).toEqual(["k"]);
    });
    await later(page, 45);
    await press(page);
    await eventually(async () => expect(await sessionId(page)).not.toBe(session));
    expect(await viewId(page)).not.toBe(view);
    await inPage(page, "window.n = 2");
    await eventually(async () => {
      const stored = await shop.stored(id);
      expect(stored.sessions.map((each) => each.number)).toEqual([1, 2]);
      expect(valuesOf("n", stored.sessions[0]?.views ?? [])).toEqual([1]);
      expect(valuesOf("n", stored.sessions[1]?.views ?? []).at(-1)).toBe(2);
      // The page was come to once, from nowhere, and not from itself.
      expect(stored.sessions.map(({ views }) => views[0]?.referrer)).toEqual(["", ""]);
      // The new session knows the value, too, although it did not change.
      expect(valuesOf("kept", stored.sessions[1]?.views ?? [])).toEqual(["k"]);
    });
  });

  it("is not kept going by what scripts do in people's stead", async () => {
    const shop = await world.shop();
    const page = await shop.visit();
    const session = await sessionId(page);
    for (let n = 0; n < 3; n++) {
      await later(page, 20);
      await inPage(page, "document.body.click(); scrollBy(0, 10)");
      await inPage(page, "new Promise((resolve) => setTimeout(resolve, 500))");
    }
    await press(page);
    await eventually(async () => expect(await sessionId(page)).not.toBe(session));
  });

  it("is shared by tabs, and is renewed once when two tabs wake together", async () => {
    const shop = await world.shop();
    const one = await shop.visit();
    const two = await shop.visit();
    expect(await sessionId(two)).toBe(await sessionId(one));
    const first = await sessionId(one);
    await Promise.all([later(one, 40), later(two, 40)]);
    await Promise.all([
      inPage(one, 'history.pushState({}, "", "/plain/one")'),
      inPage(two, 'history.pushState({}, "", "/plain/two")'),
    ]);
    await eventually(async () => {
      const [mine, its] = [await sessionId(one), await sessionId(two)];
      expect(mine).not.toBe(first);
      expect(its).toBe(mine);
    });
    await Promise.all([flush(one), flush(two)]);
    const stored = await shop.stored(await contextId(one));
    expect(stored.sessions.map((session) => session.number)).toEqual([1, 2]);
    expect(stored.sessions[1]?.views).toHaveLength(2);
  });

  it("that one tab keeps alive does not end in a tab left aside", async () => {
    const shop = await world.shop();
    const aside = await shop.visit();
    const busy = await shop.visit();
    const first = await sessionId(busy);
    for (const n of [1, 2, 3]) {
      await Promise.all([later(aside, 20), later(busy, 20)]);
      await inPage(busy, `history.pushState({}, "", "/plain/${n}")`);
      await eventually(async () => expect(await inPage(busy, "location.pathname")).toBe(`/plain/${n}`));
    }
    await aside.bringToFront();
    await inPage(aside, 'history.pushState({}, "", "/plain/back")');
    await flush(aside);
    expect(await sessionId(aside)).toBe(first);
    expect((await shop.stored(await contextId(busy))).sessions).toHaveLength(1);
  });

  it("ends once where the clock is set back by hours, and goes on from there", async () => {
    const shop = await world.shop();
    const page = await shop.visit();
    const id = await contextId(page);
    const first = await sessionId(page);
    // One session must not hold two clocks: the collector has one offset for each.
    await later(page, -300);
    await page.reload();
    await ready(page);
    const second = await sessionId(page);
    expect(second).not.toBe(first);
    await page.reload();
    await ready(page);
    expect([await contextId(page), await sessionId(page)]).toEqual([id, second]);
    await flush(page);
    expect((await shop.stored(id)).sessions.map((session) => session.views.length).sort()).toEqual([1, 2]);
  });
});

describe("a duplicated tab", () => {
  it("carries a copy of sessionStorage, and still has a view and a queue of its own", async () => {
    const shop = await world.shop({ entities: [{ name: "n", type: "expression", value: "window.n" }] });
    const page = await shop.visit();
    const id = await contextId(page);
    // window.open copies sessionStorage exactly as "Duplicate tab" does.
    const [copy] = await Promise.all([
      world.browser.context.waitForEvent("page"),
      inPage(page, "void window.open(location.href)"),
    ]);
    await ready(copy);
    expect(await contextId(copy)).toBe(id);
    expect(await sessionId(copy)).toBe(await sessionId(page));
    expect(await viewId(copy)).not.toBe(await viewId(page));
    await inPage(copy, "window.n = 'copy'");
    await flush(copy);
    // Which of them is seen, the browser says: a tab is read while it is.
    await page.bringToFront();
    await inPage(page, "window.n = 'original'");
    await eventually(async () => {
      const views = await shop.views(id);
      expect(views).toHaveLength(2);
      expect(views.map((view) => valuesOf("n", [view])).sort()).toEqual([["copy"], ["original"]]);
    });
    expect(shop.sent().filter((sent) => sent.status !== 202)).toEqual([]);
  });
});
