import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ANNA, fill, SITE } from "./fill";
import { axe, type Console, openConsole, sideways } from "./harness";

let console_: Console;
beforeAll(async () => {
  console_ = await openConsole();
  await fill(console_);
}, 120_000);
afterAll(() => console_.close());

async function settled(page: Page): Promise<void> {
  await page.locator("main h1").first().waitFor();
  await page.waitForFunction(() => !document.querySelector(".loading"));
}

describe("the overview", () => {
  test("says the match rate, draws it beside the incumbents' band, and has each day's reasons as a table", async () => {
    const page = await console_.enter(`${SITE}/overview`);
    const rate = page.getByRole("region", { name: "Calls matched" });
    await rate.getByText("79.9%").first().waitFor();
    await rate.getByText("67–96 %, what the incumbents reach").waitFor();
    const drawing = rate.getByRole("img", { name: "Calls by day, by status and reason" });
    expect(await drawing.locator("rect.unmatched").count()).toBeGreaterThan(5);
    await rate.getByText("As a table").click();
    const table = rate.getByRole("table").first();
    const heads = await table.getByRole("columnheader").allTextContents();
    expect(heads).toContain("unmatched: the visitor is unknown");
    expect(heads).toContain("match rate");
    // Every one of the last 30 days, and all 301 calls.
    expect(await table.getByRole("rowheader").count()).toBe(30);
    const all = await table.locator(`tbody td:nth-child(${heads.indexOf("all") + 2})`).allTextContents();
    expect(all.reduce((sum, text) => sum + Number(text), 0)).toBe(301);
    const vendor = rate.getByRole("row").filter({ hasText: "responsetap" });
    expect(await vendor.getByRole("cell").allTextContents()).toEqual([
      ...["responsetap", "77.8%", "100", "70", "0", "10", "10", "10"],
    ]);
    await page.close();
  });

  test("counts conversions and their worth by day, by source and by goal", async () => {
    const page = await console_.enter(`${SITE}/overview`);
    const conversions = page.getByRole("region", { name: "Conversions" });
    await conversions.getByRole("img", { name: "Conversions by day" }).waitFor();
    await conversions.getByLabel("By", { exact: true }).selectOption("goal");
    const row = conversions.getByRole("row").filter({ hasText: "phone_order" });
    await row.waitFor();
    expect(await row.textContent()).toMatch(/£[\d,.]+ \+ €|€[\d,.]+ \+ £/);
    await conversions.getByLabel("By", { exact: true }).selectOption("source");
    await conversions.getByRole("row").filter({ hasText: "google / cpc" }).waitFor();
    await page.close();
  });

  test("what needs attention leads to where it is mended", async () => {
    const page = await console_.enter(`${SITE}/overview`);
    const attention = page.getByRole("region", { name: "What needs attention" });
    await attention.getByRole("link", { name: /refused/ }).click();
    await page.getByRole("heading", { level: 1, name: "Rejected" }).waitFor();
    await page.close();
  });
});

describe("a visitor", () => {
  test("has their sessions, the history of each entity, and the timeline with what lies between folded", async () => {
    const page = await console_.enter(`${SITE}/visitors`);
    await page.getByLabel("Visitor's context_id").fill(ANNA);
    await page.getByRole("button", { name: "Show this visitor" }).click();
    await page.getByRole("img", { name: "3 views in 2 tabs" }).waitFor();
    expect(await page.locator(".fold title").allTextContents()).toEqual([expect.stringContaining("23 h")]);
    await page.getByText("Session 1", { exact: false }).waitFor();
    await page.getByText(/Session 2, begun/).click();
    await page.getByRole("cell", { name: "Page /p/9 (/p/9)" }).waitFor();
    await page
      .getByText(/^member/)
      .last()
      .click();
    const history = page.getByRole("region", { name: "Values of member, newest first" });
    await history.getByRole("row").nth(1).waitFor();
    expect(await history.getByRole("row").allTextContents()).toEqual([
      expect.stringContaining("gold"),
      expect.stringContaining("none"),
    ]);
    expect(await axe(page)).toEqual([]);
    await page.close();
  });

  test("is erased when the id is typed, and not before", async () => {
    const { calls } = await console_.ask("GET", `v1/sites/${SITE}/calls?status=matched&vendor=responsetap`);
    const [call] = calls as { id: string; join: { context_id: string } }[];
    const id = String(call?.join.context_id);
    const page = await console_.enter(`${SITE}/visitors/${id}`);
    await page.getByRole("button", { name: "Erase this visitor" }).click();
    const dialog = page.getByRole("dialog", { name: "Erase this visitor" });
    await dialog.getByLabel("Type the context_id to confirm").fill(id.slice(1));
    await dialog.getByRole("button", { name: "Erase this visitor" }).click();
    await dialog.getByRole("alert").waitFor();
    expect(await axe(page)).toEqual([]);
    await console_.ask("GET", `v1/sites/${SITE}/contexts/${id}`);
    await dialog.getByLabel("Type the context_id to confirm").fill(id);
    await dialog.getByRole("button", { name: "Erase this visitor" }).click();
    await page.getByText(/The visitor is erased/).waitFor();
    await expect(console_.ask("GET", `v1/sites/${SITE}/contexts/${id}`)).rejects.toThrow("404");
    await page.goto(`${console_.home}${SITE}/visitors/${id}`);
    await page.getByText("Nothing is known of this visitor.").waitFor();
    await page.close();
  });
});

test("what was rejected says why again until its cause is mended; then one is replayed, and all alike", async () => {
  const page = await console_.enter(`${SITE}/rejected`);
  const own = page.getByRole("row").filter({ has: page.getByRole("cell", { name: "own", exact: true }) });
  await own.first().waitFor();
  expect(await own.count()).toBe(3);
  await own.first().getByRole("button", { name: "Details" }).click();
  expect(await page.getByRole("region", { name: "The event" }).textContent()).toContain('"number"');
  await own.first().getByRole("button", { name: "Replay" }).first().click();
  await page.getByText(/It is rejected again/).waitFor();

  const { tracking_id: _id, version: _version, ...saved } = await console_.ask("GET", `v1/sites/${SITE}`);
  const vendors = (saved.vendors as { name: string; mapping?: object }[]).map((vendor) =>
    vendor.name === "own" ? { ...vendor, mapping: { ...vendor.mapping, id: "number" } } : vendor,
  );
  await console_.ask("PUT", `v1/sites/${SITE}`, { ...saved, warnings: undefined, vendors });
  await own.last().getByRole("button", { name: "Replay" }).click();
  await page.getByText("It was read.").waitFor();
  await expect.poll(() => own.filter({ has: page.getByRole("button", { name: "Details" }) }).count()).toBe(2);
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: /Replay all alike/ }).click();
  await expect.poll(() => own.count()).toBe(0);
  const { calls } = await console_.ask("GET", `v1/sites/${SITE}/calls?vendor=own`);
  expect(calls).toHaveLength(3);
  await page.close();
});

test("the system page shows what runs; a token is made, shown once, reads, and is revoked", async () => {
  const page = await console_.enter(`${SITE}/system`);
  const { version } = await console_.ask("GET", "v1/system");
  await page.getByRole("region", { name: "This collector" }).getByText(String(version)).waitFor();
  await page.getByRole("region", { name: "Store" }).getByText("calls", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Make a token" }).click();
  await page.getByLabel("Whose").fill("agency");
  await page.getByRole("checkbox", { name: /Shop UK/ }).check();
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Make the token" }).click();
  const token = String(await page.getByRole("region", { name: "token", exact: true }).textContent());
  await page.reload();
  await page.getByRole("cell", { name: "agency", exact: true }).waitFor();
  expect(await page.getByText(token).count()).toBe(0);

  const reader = await (await console_.browser.newPage()).context().browser()?.newContext();
  const other = await reader?.newPage();
  if (!other) throw new Error("no second browser");
  await other.goto(`${console_.home}${SITE}/visitors/${ANNA}`);
  await other.getByLabel("Admin token").fill(token);
  await other.getByRole("button", { name: "Sign in" }).click();
  await other.getByRole("heading", { name: "Sessions and views" }).waitFor();
  expect(await other.getByRole("button", { name: "Erase this visitor" }).count()).toBe(0);
  for (const path of ["overview", "calls", "rejected", "system"]) {
    await other.goto(`${console_.home}${SITE}/${path}`);
    await settled(other);
    expect(await other.getByRole("alert").allTextContents()).toEqual([]);
    expect(await other.getByRole("button", { name: /Replay|Erase|Make a token|Revoke/ }).count()).toBe(0);
  }

  await page.bringToFront();
  await page.getByRole("button", { name: "Revoke the token of agency" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke agency" }).click();
  await page.getByText("There is only the admin token.").waitFor();
  await other.goto(`${console_.home}${SITE}/calls`);
  await other.getByLabel("Admin token").waitFor();
  await other.context().close();
  await page.close();
});

describe("full of calls", { tags: ["long"] }, () => {
  test.each(["overview", "calls", "rejected", "visitors", `visitors/${ANNA}`, "system"])(
    "%s is sound in light, in dark, on a phone and at fourfold size",
    async (path) => {
      const page = await console_.enter(`${SITE}/${path}`);
      await settled(page);
      expect(await page.getByRole("alert").allTextContents()).toEqual([]);
      expect(await axe(page)).toEqual([]);
      // With motion, colours would be on their way.
      await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
      expect(await axe(page)).toEqual([]);
      for (const width of [360, 320]) {
        await page.setViewportSize({ width, height: 640 });
        expect(await sideways(page)).toBeLessThanOrEqual(0);
      }
      await page.close();
    },
  );
});

test("nothing was done on these pages that their policy forbids", () => {
  expect(console_.faults).toEqual([]);
});
