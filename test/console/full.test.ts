import type { Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fill as fillStore } from "../bench/console/fill.mjs";
import { ANNA, ANNAS_CALL, fill, SITE } from "./fill";
import { type Console, openConsole } from "./harness";

/** Beside the 301 of a shop of some weeks. */
const MANY = 100_000;

let console_: Console;
beforeAll(async () => {
  console_ = await openConsole();
  await fill(console_);
  await console_.collector.stop();
  fillStore(console_.collector.data, SITE, MANY, 2);
  await console_.collector.start();
}, 240_000);
afterAll(() => console_.close());

/** A page, once nothing is loading on it any more. */
async function settled(path: string): Promise<Page> {
  const page = await console_.enter(`${SITE}/${path}`);
  await page.locator("main h1").first().waitFor();
  await page.waitForFunction(() => !document.querySelector(".loading"));
  expect(await page.getByRole("alert").allTextContents()).toEqual([]);
  return page;
}

test("the overview counts the last 30 days, and 90 of them when asked", async () => {
  const page = await settled("overview");
  const rate = page.getByRole("region", { name: "Calls matched" });
  await rate.getByText(/^of 7,\d{3} calls/).waitFor();
  await page.getByRole("region", { name: "Conversions" }).getByRole("img", { name: "Conversions by day" }).waitFor();
  await page.close();
});

test("calls are listed, filtered, searched through and opened", async () => {
  const page = await settled("calls");
  const list = page.getByRole("region", { name: "Calls, newest first" });
  await list.getByRole("row").nth(50).waitFor();
  await page.getByLabel("Status").selectOption("unmatched");
  await page.waitForURL(/status=unmatched/);
  await list.getByText("the visitor is unknown").first().waitFor();
  await page.goto(`${console_.home}${SITE}/calls?transaction_id=${ANNAS_CALL}`);
  await list.getByRole("row").nth(1).getByRole("link").first().click();
  await page.getByRole("region", { name: "The call" }).waitFor();
  await page.close();
});

test("entities tell how often they had a value", async () => {
  const page = await settled("entities");
  await page.getByRole("link", { name: "basket_total" }).first().waitFor();
  await page.close();
});

test("webhooks and vendors are listed with how they do", async () => {
  const webhooks = await settled("webhooks");
  await webhooks.getByText("crm").first().waitFor();
  await webhooks.close();
  const vendors = await settled("vendors");
  await vendors.getByText("responsetap").first().waitFor();
  await vendors.close();
});

test("what was rejected is listed", async () => {
  const page = await settled("rejected");
  await page.getByRole("cell", { name: "own", exact: true }).first().waitFor();
  await page.close();
});

test("a visitor is found among all", async () => {
  const page = await settled(`visitors/${ANNA}`);
  await page.getByRole("img", { name: "3 views in 2 tabs" }).waitFor();
  await page.close();
});

test("the site is set up, and the system told, as ever", async () => {
  const setUp = await settled("set-up");
  await setUp.getByLabel("Origins").waitFor();
  await setUp.close();
  const system = await settled("system");
  // Told by a part of them.
  const shown = await system
    .locator("dt", { hasText: /^calls$/ })
    .locator("xpath=following-sibling::dd[1]")
    .textContent();
  const calls = Number(shown?.replace(/\D/g, ""));
  expect(Math.abs(calls - MANY)).toBeLessThan(MANY / 5);
  await system.close();
  expect(console_.faults).toEqual([]);
});
