import type { Page } from "playwright";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "./harness/wire.js";
import {
  contextId,
  eventually,
  flush,
  inPage,
  isOf,
  openWorld,
  pageSays,
  type Shop,
  valuesOf,
  type World,
} from "./harness/world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

/** Lets something happen to the shop's snapshot requests, the first of them being number 0. */
function fault(shop: Shop, decide: (number: number, snapshots: number) => Fault | undefined): void {
  let number = 0;
  undo.push(
    world.wire.onRequest((seen) => {
      if (!isOf(shop)(seen)) return undefined;
      return decide(number++, JSON.parse(seen.body).snapshots.length);
    }),
  );
}

const step = { name: "step", type: "expression", scope: "page_view", value: "window.step" };
const shopWithSteps = () => world.shop({ entities: [step] });

/** Leaves as many views, each with a value of its own; the last view, which stays open, has none. */
const walk = (page: Page, from: number, to: number, width = 0) =>
  inPage(
    page,
    `for (let n = ${from}; n <= ${to}; n += 1) {
      window.step = "s" + n + "-".repeat(${width});
      history.pushState({}, "", "/plain/" + n);
    }
    window.step = undefined;`,
  );
const steps = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => `s${from + n}`);

/** What the walk must have left in the collector: each step once, each on a view of its own. */
async function expectStored(shop: Shop, id: string, want: string[]): Promise<void> {
  await eventually(async () => {
    const views = await shop.views(id);
    const found = valuesOf("step", views).map((value) => String(value).replace(/-*$/, ""));
    expect(found.sort()).toEqual([...want].sort());
  });
}

/** How many snapshots the collector was sent again after it had stored them. */
const duplicates = (shop: Shop): number =>
  shop.sent().reduce((sum, { answer }) => sum + ((answer && (JSON.parse(answer).duplicate as number)) || 0), 0);

describe("a snapshot goes out again", () => {
  const untilStored = async (status: number) => {
    const shop = await shopWithSteps();
    fault(shop, (number) => (number < 2 ? { kind: "status", status } : undefined));
    const page = await shop.visit();
    await walk(page, 1, 3);
    await expectStored(shop, await contextId(page), steps(1, 3));
    expect(duplicates(shop)).toBe(0);
  };
  it.each([429, 503])("after %i, until it is stored", untilStored);
  it.each([408, 500, 502, 504])("after %i, until it is stored", { tags: ["long"] }, untilStored);

  it("no sooner than Retry-After says", async () => {
    const shop = await shopWithSteps();
    fault(shop, (number) =>
      number < 1 ? { kind: "status", status: 429, headers: { "retry-after": "3" } } : undefined,
    );
    const page = await shop.visit();
    // What is sent before the answer has come knows nothing of it.
    await eventually(() => expect(shop.sent()[0]?.status).toBe(429));
    await walk(page, 1, 2);
    await expectStored(shop, await contextId(page), steps(1, 2));
    const [first, second] = shop.sent();
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(2900);
  });

  it("after a connection that broke, and after an answer that was lost, without being stored twice", async () => {
    const shop = await shopWithSteps();
    fault(shop, (number) => (number === 0 ? { kind: "cut" } : number === 1 ? { kind: "lost answer" } : undefined));
    const page = await shop.visit();
    await walk(page, 1, 3);
    await expectStored(shop, await contextId(page), steps(1, 3));
  });

  it("when the browser is online again", async () => {
    const shop = await shopWithSteps();
    const page = await shop.visit();
    await flush(page);
    const goOnline = await world.browser.goOffline(page);
    await walk(page, 1, 5);
    await pageSays(page, "navigator.onLine === false");
    await goOnline();
    await expectStored(shop, await contextId(page), steps(1, 5));
    expect(duplicates(shop)).toBe(0);
  });

  it("when the collector is back, be the tab closed meanwhile", async () => {
    const shop = await shopWithSteps();
    const page = await shop.visit();
    const id = await contextId(page);
    await flush(page);
    await world.collector.stop();
    try {
      await walk(page, 1, 3);
      await page.close();
      const other = await world.browser.newPage();
      await other.goto(shop.url()).catch(() => {});
      await other.close();
    } finally {
      await world.collector.start();
    }
    await shop.visit();
    await expectStored(shop, id, steps(1, 3));
  });

  it.each([403, 404])("after a %i of a proxy, until it is stored", async (status) => {
    const shop = await shopWithSteps();
    fault(shop, (number) => (number < 2 ? { kind: "status", status, body: "<h1>Not here</h1>" } : undefined));
    const page = await shop.visit();
    await walk(page, 1, 3);
    await expectStored(shop, await contextId(page), steps(1, 3));
  });

  it("in halves where it was too large", async () => {
    const shop = await shopWithSteps();
    let open = false;
    fault(shop, (_number, snapshots) => {
      if (!open) return { kind: "status", status: 503 };
      return snapshots > 3 ? { kind: "status", status: 413 } : undefined;
    });
    const page = await shop.visit();
    await walk(page, 1, 12);
    open = true;
    await expectStored(shop, await contextId(page), steps(1, 12));
    expect(shop.sent().some((sent) => sent.status === 413)).toBe(true);
  });
});

describe("a snapshot is given up", () => {
  const givenUp = async (status: number) => {
    const shop = await shopWithSteps();
    const page = await shop.visit();
    const id = await contextId(page);
    await flush(page);
    let refused = "";
    fault(shop, (number) => (number === 0 ? { kind: "status", status } : undefined));
    await walk(page, 1, 1);
    await eventually(() => expect(shop.sent().some((sent) => sent.status === status)).toBe(true));
    refused = shop.sent().find((sent) => sent.status === status)?.body ?? "";
    await flush(page);
    await inPage(page, "window.step = 'next'");
    await eventually(async () => expect(valuesOf("step", await shop.views(id))).toContain("next"));
    const again = shop
      .sent()
      .filter((sent) =>
        sent.snapshots.some((each) =>
          refused.includes(`"view_id":"${each.view_id}","session_id":"${each.session_id}","seq":${each.seq},`),
        ),
      );
    expect(again).toHaveLength(1);
  };
  it("after 400: it is not sent again, and what follows is stored", () => givenUp(400));
  it.each([403, 404, 422])("after %i: it is not sent again, and what follows is stored", { tags: ["long"] }, givenUp);
});

describe("on hide", () => {
  it("what is queued leaves with the page, more than the 64 KiB that beacons share included", async () => {
    const shop = await shopWithSteps();
    let open = false;
    fault(shop, () => (open ? undefined : { kind: "status", status: 503 }));
    const page = await shop.visit();
    const id = await contextId(page);
    await walk(page, 1, 60, 900);
    // Each view has its place then: a browser gives a page that is busy half a second to leave, and then ends it unheard.
    await flush(page);
    open = true;
    await page.goto("about:blank");
    // What no beacon took along is sent by the next page of the shop.
    await page.goto(shop.url());
    await expectStored(shop, id, steps(1, 60));
  });

  it.each([
    ["returns false", "() => false"],
    ["is blocked and says true all the same", "() => true"],
    ["throws", "() => { throw new Error('blocked') }"],
    ["does not exist", "undefined"],
  ])("nothing is lost where sendBeacon %s", async (_how, substitute) => {
    const shop = await shopWithSteps();
    const page = await world.browser.newPage();
    await page.addInitScript({
      content: `Object.defineProperty(Navigator.prototype, "sendBeacon", { value: ${substitute} })`,
    });
    await page.goto(shop.url());
    await pageSays(page, "window.calljoin && window.calljoin.viewId");
    const id = await contextId(page);
    for (const n of [1, 2, 3, 4, 5]) {
      await inPage(page, `window.step = "s${n}"; location.assign("/plain/${n}")`);
      await page.waitForURL(shop.url(`plain/${n}`));
      await pageSays(page, "window.calljoin && window.calljoin.viewId");
    }
    await expectStored(shop, id, steps(1, 5));
  });

  it("a page that comes back to the front doubles nothing of what went out when it was hidden", async () => {
    const shop = await shopWithSteps();
    const page = await shop.visit();
    const id = await contextId(page);
    const other = await world.browser.newPage();
    for (const n of [1, 2, 3, 4]) {
      await page.bringToFront();
      await pageSays(page, "document.visibilityState === 'visible'");
      await walk(page, n, n);
      await other.bringToFront();
    }
    await page.bringToFront();
    await flush(page);
    await expectStored(shop, id, steps(1, 4));
  });

  it("a page that comes back has flush() wait for the answer to what went out when it was hidden", async () => {
    const shop = await shopWithSteps();
    const page = await shop.visit();
    const other = await world.browser.newPage();
    await page.bringToFront();
    await pageSays(page, "document.visibilityState === 'visible'");
    await flush(page);
    let release = () => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    fault(shop, () => ({ kind: "hold", until }));
    await inPage(page, "window.step = 's1'");
    await other.bringToFront();
    await eventually(() => expect(shop.sent().some((sent) => sent.body.includes('"s1"'))).toBe(true));
    await page.bringToFront();
    await pageSays(page, "document.visibilityState === 'visible'");
    await inPage(page, "void calljoin.flush().then(() => { window.settled = true })");
    await inPage(page, "new Promise((resolve) => setTimeout(resolve, 1000))");
    expect(await inPage(page, "window.settled")).toBeUndefined();
    release();
    await pageSays(page, "window.settled");
    expect(await inPage(page, "calljoin.entities()[0].status")).toBe("sent");
  });
});
