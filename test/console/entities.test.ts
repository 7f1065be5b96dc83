import type { Page } from "playwright";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Console, openConsole } from "./harness";

let console_: Console;
let page: Page;
let site = "";
let sites = 0;

beforeAll(async () => {
  console_ = await openConsole();
});
afterAll(() => console_.close());
beforeEach(async () => {
  sites += 1;
  site = `shop-${sites}`;
  await console_.ask("PUT", `v1/sites/${site}`, { name: `Shop ${sites}`, origins: [console_.shop.origin] });
  await page?.close();
  page = await console_.enter(`${site}/entities`);
});

const field = (label: string) => page.getByLabel(label, { exact: true });

/** What is said of a field, to whoever cannot see where it stands. */
async function saidOf(label: string): Promise<string> {
  const ids = (await field(label).getAttribute("aria-describedby")) ?? "";
  const texts = await Promise.all(
    ids
      .split(" ")
      .filter(Boolean)
      .map((id) => page.locator(`[id="${id}"]`).textContent()),
  );
  return texts.join(" ");
}

async function entities(): Promise<unknown> {
  return (await console_.ask("GET", `v1/sites/${site}`)).entities;
}

test("an entity is added by its name, type, scope and value, and is in the site's document", async () => {
  await page.getByRole("button", { name: "Add an entity" }).click();
  await field("Name").fill("basket_total");
  await field("Type").selectOption("Expression");
  await field("Scope").selectOption("Page view");
  await field("Value").fill("window.basket?.total");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("link", { name: "basket_total" }).waitFor();
  expect(await entities()).toEqual([
    { name: "basket_total", type: "expression", scope: "page_view", value: "window.basket?.total" },
  ]);
  expect(console_.faults).toEqual([]);
});

test("a fault stands at its field while it is typed, from the collector's own check, and goes when it is mended", async () => {
  await page.getByRole("button", { name: "Add an entity" }).click();
  await field("Name").fill("basket_total");
  await field("Type").selectOption("expression");
  await field("Value").fill("window.basket.(");
  await expect.poll(() => field("Value").getAttribute("aria-invalid")).toBe("true");
  expect(await saidOf("Value")).toContain("must be a single JavaScript expression");
  expect(await field("Name").getAttribute("aria-invalid")).toBeNull();
  await field("Value").fill("window.basket.total");
  await expect.poll(() => field("Value").getAttribute("aria-invalid")).toBeNull();
  await field("Name").fill("basket total");
  await expect.poll(() => saidOf("Name")).toContain("must begin with a letter or _");
});

test("a form with nothing in it complains of nothing until it is saved, and then of each field", async () => {
  await page.getByRole("button", { name: "Add an entity" }).click();
  await field("Type").selectOption("expression");
  await page.waitForTimeout(500);
  expect(await field("Name").getAttribute("aria-invalid")).toBeNull();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("alert").waitFor();
  expect(await field("Name").getAttribute("aria-invalid")).toBe("true");
  expect(await field("Value").getAttribute("aria-invalid")).toBe("true");
  await expect.poll(() => field("Name").evaluate((input) => input === document.activeElement)).toBe(true);
  expect(await entities()).toEqual([]);
});

test("a Simple value that is one word is warned of, and page view says what it means", async () => {
  await page.getByRole("button", { name: "Add an entity" }).click();
  await field("Name").fill("membership");
  await field("Value").fill("gold");
  await expect.poll(() => saidOf("Value")).toContain('for the text itself, write "gold"');
  await field("Value").fill('"gold"');
  await expect.poll(() => saidOf("Value")).not.toContain("for the text itself");
  await field("Scope").selectOption("Page view");
  expect(await saidOf("Scope")).toContain("the page it came from");
});

test("a preset fills the form", async () => {
  await page.getByRole("button", { name: "Add an entity" }).click();
  await field("Start from").selectOption("Google Analytics client id");
  expect(await field("Name").inputValue()).toBe("ga_client_id");
  expect(await field("Value").inputValue()).toContain("_ga=");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("link", { name: "ga_client_id" }).waitFor();
});

test("a version tells what it changed, and an earlier one comes back as the newest", async () => {
  const entity = { name: "plan", type: "simple", scope: "session", value: '"gold"' };
  const document = { name: "Shop", origins: [console_.shop.origin], entities: [entity] };
  await console_.ask("PUT", `v1/sites/${site}`, document);
  await console_.ask("PUT", `v1/sites/${site}`, { ...document, entities: [{ ...entity, value: '"silver"' }] });
  await page.reload();
  await page.getByRole("button", { name: "What changed with version 3" }).click();
  const changes = page.locator("dl.changes");
  expect(await changes.locator("dt").allTextContents()).toEqual(["entity plan: value"]);
  expect(await changes.locator("del").textContent()).toBe('"gold"');
  expect(await changes.locator("ins").textContent()).toBe('"silver"');
  await page.getByRole("button", { name: "Back to version 2" }).click();
  await page.getByRole("button", { name: "What changed with version 4" }).waitFor();
  expect(await entities()).toEqual([entity]);
});

test("who saves what somebody else has saved since is told so, and loses nothing of what they typed", async () => {
  await page.getByRole("button", { name: "Add an entity" }).click();
  await field("Name").fill("mine");
  await field("Value").fill("42");
  await console_.ask("PUT", `v1/sites/${site}`, { name: "Shop", origins: [console_.shop.origin] });
  await page.getByRole("button", { name: "Save" }).click();
  expect(await page.getByRole("alert").textContent()).toContain("somebody has since saved version 2");
  expect(await field("Name").inputValue()).toBe("mine");
});

test("what is removed is asked for first", async () => {
  await console_.ask("PUT", `v1/sites/${site}`, {
    name: "Shop",
    entities: [{ name: "plan", type: "simple", scope: "session", value: '"gold"' }],
  });
  await page.reload();
  await page.getByRole("link", { name: "plan" }).click();
  await page.getByRole("button", { name: "Remove it" }).click();
  await page.getByRole("button", { name: "Keep it" }).click();
  expect(await entities()).toHaveLength(1);
  await page.getByRole("button", { name: "Remove it" }).click();
  await page.getByRole("button", { name: "Remove plan" }).click();
  await page.getByText("No entities yet.").waitFor();
  expect(await entities()).toEqual([]);
});

test("what is being written is still there after a look at another page, until it is given up", async () => {
  await page.getByRole("button", { name: "Add an entity" }).click();
  await field("Name").fill("half_written");
  await page.getByRole("link", { name: "Vendors" }).click();
  await page.getByRole("heading", { name: "Vendors" }).waitFor();
  await page.goBack();
  expect(await field("Name").inputValue()).toBe("half_written");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Add an entity" }).click();
  expect(await field("Name").inputValue()).toBe("");
});

test("a reader sees how entities do, and no button that saves", async () => {
  await console_.ask("PUT", `v1/sites/${site}`, {
    name: "Shop",
    entities: [{ name: "plan", type: "simple", scope: "session", value: '"gold"' }],
  });
  const { token } = await console_.ask("POST", "v1/tokens", { name: `agency-${sites}`, role: "reader", sites: [site] });
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Admin token").waitFor();
  await page.getByLabel("Admin token").fill(String(token));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("cell", { name: "plan" }).waitFor();
  for (const path of ["entities", "webhooks", "vendors", "set-up"]) {
    await page.goto(`${console_.home}${site}/${path}`);
    await page.locator("main h1").waitFor();
    await page.waitForFunction(() => !document.querySelector(".loading"));
    const buttons = await page.getByRole("button").allTextContents();
    expect(buttons.filter((name) => /Add|Save|Remove|Make|Back to|Resend|Send/.test(name))).toEqual([]);
    expect(await page.getByRole("alert").allTextContents()).toEqual([]);
  }
});
