import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axe, type Console, openConsole, sideways } from "./harness";

const PAGES = ["overview", "calls", "entities", "webhooks", "vendors", "rejected", "visitors", "set-up", "system"];
const EDITORS = [
  "entities/%2B",
  "webhooks/%2B",
  "vendors/%2B",
  "entities/basket_total",
  "webhooks/crm",
  "vendors/infinity",
];

let console_: Console;
beforeAll(async () => {
  console_ = await openConsole();
});
afterAll(() => console_.close());

/** Nothing is loading any more. */
async function settled(page: Page): Promise<void> {
  await page.locator("main h1, main .empty").first().waitFor();
  await page.waitForFunction(() => !document.querySelector(".loading"));
}

describe("from an empty store", () => {
  test.each(PAGES)("%s says what to do, and nothing is wrong with it", async (path) => {
    const page = await console_.enter(`-/${path}`);
    await settled(page);
    expect(await page.getByRole("alert").allTextContents()).toEqual([]);
    expect(await page.getByRole("button", { name: "Add a site" }).count()).toBe(1);
    expect(await axe(page)).toEqual([]);
    await page.close();
    expect(console_.faults).toEqual([]);
  });
});

describe("of a site on which nothing has happened", () => {
  beforeAll(async () => {
    await console_.ask("PUT", "v1/sites/shop-uk", {
      name: "Shop UK",
      origins: [console_.shop.origin],
      entities: [{ name: "basket_total", type: "simple", scope: "page_view", value: "basket.total" }],
      vendors: [{ name: "infinity" }],
      webhooks: [
        { name: "crm", url: "https://crm.example/hook", parameters: [{ name: "order", value: "transaction.id" }] },
      ],
    });
  });

  test("is opened by its name alone, and by an item's that looks like a file's; a site that is not there is said to be none", async () => {
    const page = await console_.enter("shop-uk");
    await settled(page);
    const heading = async (path: string) => {
      await page.goto(new URL(`/console/${path}`, page.url()).href);
      await settled(page);
      return [await page.locator("main h1").first().textContent(), new URL(page.url()).pathname];
    };
    expect(await heading("shop-uk")).toEqual(["Overview", "/console/shop-uk/overview"]);
    expect(await heading("shop-uk/nothing")).toEqual(["Overview", "/console/shop-uk/overview"]);
    expect((await heading("shop-uk/webhooks/crm.json"))[1]).toBe("/console/shop-uk/webhooks/crm.json");
    expect(await heading("shop-fr/calls")).toEqual(["There is no site shop-fr here.", "/console/shop-fr/calls"]);
    await page.close();
  });

  test.each([...PAGES, ...EDITORS])("%s is sound in light, in dark, on a phone and at fourfold size", async (path) => {
    const page = await console_.enter(`shop-uk/${path}`);
    await settled(page);
    expect(await page.getByRole("alert").allTextContents()).toEqual([]);
    expect(await axe(page)).toEqual([]);
    // With motion, colours would be on their way.
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    expect(await axe(page)).toEqual([]);
    // 1280 px at 400 % are 320 (WCAG 2.2, 1.4.10).
    for (const width of [360, 320]) {
      await page.setViewportSize({ width, height: 640 });
      expect(await sideways(page)).toBe(0);
    }
    expect(await axe(page)).toEqual([]);
    await page.close();
    expect(console_.faults).toEqual([]);
  });
});
