import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isFirefox } from "./harness/browser.js";
import {
  consoleOf,
  contextId,
  eventually,
  FILL_STORAGE,
  flush,
  inPage,
  isOf,
  openWorld,
  pageSays,
  ready,
  type Shop,
  valuesOf,
  type World,
} from "./harness/world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

let collectorDown: Shop | undefined;
beforeAll(() => {
  world.wire.onRequest((seen) =>
    collectorDown && isOf(collectorDown)(seen) ? { kind: "status", status: 503 } : undefined,
  );
});
afterEach(() => {
  collectorDown = undefined;
});

const step = { name: "step", type: "expression", value: "window.step" };

describe("the queue", () => {
  it("of a tab that crashed is sent by the shop's next page", async ({ skip }) => {
    skip(isFirefox, "Firefox takes no driver to about:crashcontent, and Playwright does not hear of a crash there");
    const shop = await world.shop({ entities: [step] });
    collectorDown = shop;
    const page = await shop.visit();
    const id = await contextId(page);
    await inPage(page, "window.step = 'before the crash'");
    await eventually(() => expect(shop.sent().some((sent) => sent.body.includes("before the crash"))).toBe(true));
    const crashed = new Promise<void>((resolve) => page.once("crash", () => resolve()));
    page.goto("chrome://crash").catch(() => {});
    await crashed;
    collectorDown = undefined;
    await shop.visit();
    await eventually(async () => expect(valuesOf("step", await shop.views(id))).toEqual(["before the crash"]));
  });

  it("has what was just read in storage, long before its view's number is certain", async () => {
    const shop = await world.shop({ entities: [step] });
    const page = await world.browser.newPage();
    await page.addInitScript(`
      window.step = "at once";
      (window.calljoin = window.calljoin || []).push((api) => api.on("ready", () => setTimeout(() => {
        window.kept = Object.values(localStorage).join();
      })));
    `);
    await page.goto(shop.url());
    await pageSays(page, "window.kept !== undefined");
    expect(await inPage<string>(page, "window.kept")).toContain('"step":"at once"');
    await flush(page);
    expect(await inPage<string>(page, "Object.values(localStorage).join()")).toBe("");
    expect(valuesOf("step", await shop.views(await contextId(page)))).toEqual(["at once"]);
  });

  it("of a tab in use is left to that tab", async () => {
    const shop = await world.shop({ entities: [step] });
    collectorDown = shop;
    const one = await shop.visit();
    const id = await contextId(one);
    await inPage(one, "window.step = 'of tab one'");
    await eventually(() => expect(shop.sent().some((sent) => sent.body.includes("of tab one"))).toBe(true));
    const from = shop.sent().length;
    // In a window of its own: both tabs are in front.
    const two = await world.browser.newWindow();
    await two.goto(shop.url());
    await ready(two);
    expect(await inPage(one, "document.visibilityState")).toBe("visible");
    await inPage(two, "window.step = 'of tab two'");
    await eventually(() =>
      expect(
        shop
          .sent()
          .slice(from)
          .some((sent) => sent.body.includes("of tab two")),
      ).toBe(true),
    );
    expect(shop.sent().filter((sent) => sent.body.includes("of tab one") && sent.body.includes("of tab two"))).toEqual(
      [],
    );
    collectorDown = undefined;
    await eventually(
      async () => expect(valuesOf("step", await shop.views(id)).sort()).toEqual(["of tab one", "of tab two"]),
      30_000,
    );
    const answers = shop.sent().filter((sent) => sent.status === 202);
    expect(answers.every((sent) => JSON.parse(sent.answer).duplicate === 0)).toBe(true);
  });

  it("is bounded: it drops its oldest, counts them, and leaves the page its storage", async () => {
    const shop = await world.shop({ entities: [step] });
    collectorDown = shop;
    const page = await shop.visit();
    await inPage(
      page,
      `for (let n = 1; n <= 1500; n += 1) {
        window.step = "s" + n + "-".repeat(900);
        history.pushState({}, "", "/plain/" + n);
      }`,
    );
    const bytes = await inPage<number>(page, "Object.entries(localStorage).join().length");
    expect(bytes).toBeLessThan(1024 * 1024);
    await inPage(page, "localStorage.setItem('own', 'y'.repeat(2_000_000))");
    const said = consoleOf(page);
    await inPage(page, "void calljoin.inspect()");
    await eventually(() => expect(said.join("\n")).toMatch(/\b[1-9]\d* given up/));
    collectorDown = undefined;
    await eventually(async () => {
      const found = valuesOf("step", await shop.views(await contextId(page))).map((value) =>
        String(value).replace(/-*$/, ""),
      );
      expect(found).toContain("s1500");
      expect(found).not.toContain("s2");
    });
  });

  it("does without localStorage where the page has filled it", async () => {
    const shop = await world.shop({ entities: [step] });
    const page = await world.browser.newPage();
    await page.goto(shop.url("bare"));
    await inPage(page, FILL_STORAGE);
    for (const n of [1, 2, 3]) {
      await page.goto(shop.url(`plain/${n}`));
      await ready(page);
      await inPage(page, `window.step = "s${n}"`);
    }
    const id = await contextId(page);
    await page.goto("about:blank");
    await eventually(async () => expect(valuesOf("step", await shop.views(id)).sort()).toEqual(["s1", "s2", "s3"]));
  });

  it("does without localStorage where the browser denies it", async () => {
    const browser = await world.otherBrowser({ cookies: "blocked" });
    const shop = await world.shop({ entities: [step] });
    const page = await browser.newPage();
    await page.goto(shop.url());
    await ready(page);
    expect(await inPage(page, "(() => { try { return !!localStorage } catch (error) { return error.name } })()")).toBe(
      "SecurityError",
    );
    const id = await contextId(page);
    await flush(page);
    await inPage(page, "window.step = 'last'; location.assign('about:blank')");
    await eventually(async () => expect(valuesOf("step", await shop.views(id))).toEqual(["last"]));
  });

  it("asks a collector that fails no more often than backoff allows", async () => {
    const shop = await world.shop({ entities: [step] });
    collectorDown = shop;
    const page = await shop.visit();
    for (let n = 0; n < 20; n += 1) {
      await inPage(page, `window.step = ${n}; history.pushState({}, "", "/plain/${n}")`);
      await inPage(page, "new Promise((resolve) => setTimeout(resolve, 100))");
    }
    const times = shop.sent().map((sent) => sent.at);
    expect(times.length).toBeLessThanOrEqual(5);
  });
});
