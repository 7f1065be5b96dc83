import { afterAll, beforeAll, expect, test } from "vitest";
import { axe, type Console, openConsole, signIn } from "./harness";

let console_: Console;
beforeAll(async () => {
  console_ = await openConsole();
});
afterAll(() => console_.close());

test("a wrong token is told at its field, and the right one opens the console", async () => {
  const page = await console_.open();
  const field = page.getByLabel("Admin token");
  await field.fill("not-the-admin-token");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  expect(await field.getAttribute("aria-invalid")).toBe("true");
  const described = (await field.getAttribute("aria-describedby"))?.split(" ")[0];
  expect(await page.locator(`[id="${described}"]`).textContent()).toContain("is not the admin token");
  expect(await axe(page)).toEqual([]);
  await signIn(page);
  expect(await page.getByRole("navigation").getByRole("link").allTextContents()).toEqual([
    "Overview",
    "Calls",
    "Entities",
    "Webhooks",
    "Vendors",
    "Rejected",
    "Visitors",
    "Set-up",
    "System",
  ]);
  expect(console_.faults).toEqual([]);
});

test("signing out ends it, and an address that was open asks who one is and then shows its page", async () => {
  const page = await console_.enter("-/set-up");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Admin token").waitFor();
  await page.goto(`${console_.home}-/system`);
  await signIn(page);
  expect(await page.getByRole("link", { name: "System" }).getAttribute("aria-current")).toBe("page");
});

test("a one-time link signs in, and is not left in the address", async () => {
  const { path } = await console_.ask("POST", "v1/session/link", {});
  const page = await console_.enter("-/set-up");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Admin token").waitFor();
  await page.goto("about:blank");
  await page.goto(new URL(String(path), console_.home).href);
  await page.getByRole("link", { name: "Overview" }).waitFor();
  expect(page.url()).not.toContain("sign-in");
});
