import type { Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axe, type Console, openConsole } from "./harness";

let console_: Console;
let page: Page;

beforeAll(async () => {
  console_ = await openConsole();
  await console_.ask("PUT", "v1/sites/shop", { name: "Shop", origins: [console_.shop.origin] });
  page = await console_.enter("shop/set-up");
});
afterAll(() => console_.close());

const settings = (tab = page) => tab.getByRole("region", { name: "Settings" });
const field = (label: string, tab = page) => settings(tab).getByLabel(label, { exact: true });
const saved = () => console_.ask("GET", "v1/sites/shop");

test("a goal is written row by row, a fault stands at its field, and what is left empty is not asked", async () => {
  await settings().getByRole("button", { name: "Add a goal" }).click();
  await field("Goal").fill("order by phone");
  await field("At least this total").fill("many");
  await expect.poll(() => field("Goal").getAttribute("aria-invalid")).toBe("true");
  await expect.poll(() => field("At least this total").getAttribute("aria-invalid")).toBe("true");
  await field("Goal").fill("order_by_phone");
  await field("At least this total").fill("50");
  await expect.poll(() => settings().locator("[aria-invalid=true]").count()).toBe(0);
  await field("At least this many seconds").fill("30");
  await field("Worth without a total").fill("12.5");
  await field("Its currency").fill("GBP");
  await field("ecBasketTransactionSummary").check();
  await field("unanswered calls count, too").check();
  await settings().getByRole("button", { name: "Add a goal" }).click();
  await field("Goal").nth(1).fill("any_call");
  expect(await axe(page)).toEqual([]);
  await settings().getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved as version 2.").waitFor();
  const whole = {
    name: "order_by_phone",
    min_total: 50,
    min_duration_s: 30,
    value: 12.5,
    currency: "GBP",
    types: ["ecBasketTransactionSummary"],
    unanswered: true,
  };
  const goals = (await saved()).goals as object[];
  expect(goals).toEqual([whole, expect.objectContaining({ name: "any_call" })]);
  for (const left of ["min_total", "min_duration_s", "value", "currency", "types"])
    expect(goals[1]).not.toHaveProperty(left);
});

test("a goal that is taken out is gone once it is saved", async () => {
  await page.getByRole("button", { name: "Remove goal 1" }).click();
  expect(await field("Goal").inputValue()).toBe("any_call");
  await settings().getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved as version 3.").waitFor();
  expect((await saved()).goals).toMatchObject([{ name: "any_call" }]);
});

test("of two tabs that write one site the second to save is told so, keeps what it wrote, and saves it on the newest", async () => {
  const other = await console_.enter("shop/set-up");
  await field("Days kept", other).fill("90");
  // A tab behind another one draws nothing.
  await page.bringToFront();
  await field("Name").fill("Shop & Sons");
  await settings().getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved as version 4.").waitFor();
  await other.bringToFront();
  await settings(other).getByRole("button", { name: "Save" }).click();
  expect(await settings(other).getByRole("alert").textContent()).toContain("somebody has since saved version 4");
  expect(await field("Days kept", other).inputValue()).toBe("90");
  await other.reload();
  await field("Days kept", other).fill("90");
  await settings(other).getByRole("button", { name: "Save" }).click();
  await other.getByText("Saved as version 5.").waitFor();
  expect(await saved()).toMatchObject({ name: "Shop & Sons", retention_days: 90, goals: [{ name: "any_call" }] });
  await other.close();
  expect(console_.faults).toEqual([]);
});
