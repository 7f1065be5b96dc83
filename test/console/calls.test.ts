import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ANNAS_CALL, fill, SITE } from "./fill";
import { axe, type Console, openConsole } from "./harness";

let console_: Console;
let annasCall: string;
beforeAll(async () => {
  console_ = await openConsole();
  await fill(console_);
  annasCall = await idOf(`transaction_id=${ANNAS_CALL}`);
}, 120_000);
afterAll(() => console_.close());

async function idOf(query: string): Promise<string> {
  const { calls } = await console_.ask("GET", `v1/sites/${SITE}/calls?${query}`);
  const [call] = calls as { id: string }[];
  if (!call) throw new Error(`there is no call with ${query}`);
  return call.id;
}

const list = (page: Page) => page.getByRole("region", { name: "Calls, newest first" });
const rows = (page: Page) => list(page).getByRole("row");
const opened = (page: Page) => page.getByRole("region", { name: "The call" });

test("the list is found again by its address: filter, page and CSV are of the same calls", async () => {
  const page = await console_.enter(`${SITE}/calls`);
  await rows(page).nth(50).waitFor();
  await page.getByLabel("Status").selectOption("unmatched");
  await page.waitForURL(/status=unmatched/);
  await list(page).getByText("the visitor is unknown").first().waitFor();
  await page.getByLabel("Vendor", { exact: true }).selectOption("infinity");
  await page.waitForURL(/vendor=infinity/);
  const address = page.url();

  const other = await console_.enter(`${SITE}/calls`);
  await other.goto(address);
  await list(other).waitFor();
  expect(await other.getByLabel("Status").inputValue()).toBe("unmatched");
  const states = await other.locator("tbody tr td:nth-child(2)").allTextContents();
  expect(states.length).toBeGreaterThan(5);
  expect(new Set(states.map((state) => state.split(" ")[0]))).toEqual(new Set(["unmatched"]));

  // What the link gives, asked for as the page would: a browser that is steered from outside keeps no downloads.
  const link = other.getByRole("link", { name: "ecBasket" });
  expect(await link.getAttribute("download")).toBe("shop-uk-ecBasketTransactionSummary.csv");
  const csv = await link.evaluate(async (anchor: HTMLAnchorElement) => (await fetch(anchor.href)).text());
  const [heads = "", ...lines] = csv.trim().split(/\r?\n/);
  expect(heads).toContain("call_id,vendor");
  expect(lines.length).toBe(33);
  expect(lines.every((line) => line.includes("infinity") && line.includes("unmatched"))).toBe(true);
  await page.close();
  await other.close();
});

test("a call is found by its transaction, and a filter that can't be is told at its field", async () => {
  const page = await console_.enter(`${SITE}/calls`);
  await page.getByLabel("Transaction").fill(ANNAS_CALL);
  await page.keyboard.press("Enter");
  await page.waitForURL(/transaction_id=order-anna/);
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await page.goto(`${console_.home}${SITE}/calls?caller=0404`);
  await page.getByRole("alert").waitFor();
  const field = page.getByLabel("Caller's number");
  expect(await field.getAttribute("aria-invalid")).toBe("true");
  await page.getByRole("button", { name: "Show all calls" }).click();
  await rows(page).nth(50).waitFor();
  await page.close();
});

test("a search that takes long goes on by itself, says how far it is, and can be stopped", async () => {
  const page = await console_.enter(`${SITE}/calls`);
  await rows(page).nth(50).waitFor();
  const [found] = (await console_.ask("GET", `v1/sites/${SITE}/calls?transaction_id=${ANNAS_CALL}`)).calls as object[];
  const asked: (string | null)[] = [];
  // As a store of millions answers (`searched_to`): one call in the second step, and no end.
  await page.route(/\/calls\?.*reason=/, async (route) => {
    const cursor = new URL(route.request().url()).searchParams.get("cursor");
    asked.push(cursor);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const step = asked.length;
    const calls = step === 2 ? [found] : [];
    await route.fulfill({ json: { calls, next_cursor: `c${step}`, searched_to: Date.now() - step * 86_400_000 } });
  });
  await page.getByText("By time, reason, type").click();
  await page.getByLabel("Reason").selectOption("unknown_context");
  await page.getByRole("status").filter({ hasText: "Looking through the calls before" }).waitFor();
  await expect.poll(() => asked.length).toBeGreaterThan(3);
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Looked through all calls since").waitFor();
  expect(asked.slice(0, 4)).toEqual([null, "c1", "c2", "c3"]);
  expect(await page.locator("[data-call]").count()).toBe(1);
  const link = page.getByRole("link", { name: "Look further" });
  expect(await link.getAttribute("href")).toContain(`cursor=c${asked.length}`);
  await page.close();
});

describe("an opened call", () => {
  test("says in words what it was joined to, since when that was open, and how old each value was", async () => {
    const page = await console_.enter(`${SITE}/calls`);
    await page.locator(`[data-call="${annasCall}"]`).click();
    await opened(page).getByText("Joined to /p/9, open since").waitFor();
    await opened(page).getByText("The value of basket_total, 49.9, was read 3 s before the call.").waitFor();
    // In place: the list is still there.
    expect(await rows(page).count()).toBeGreaterThan(50);
    expect(page.url()).toContain(`/calls/${annasCall}`);
    expect(await axe(page)).toEqual([]);
    await page.close();
  });

  test("its timeline has a lane for each tab, and the values as of any moment, by pointer and by keys", async () => {
    const page = await console_.enter(`${SITE}/calls/${annasCall}`);
    const drawing = opened(page).getByRole("img", { name: "2 views in 2 tabs, and the call" });
    await drawing.waitFor();
    const asOf = opened(page).getByRole("region", { name: "As of this moment" });
    expect(await asOf.textContent()).toContain("49.9");
    const slider = opened(page).getByRole("slider", { name: "Moment" });
    await slider.focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => asOf.textContent()).toContain("basket_total10 ");
    expect(await slider.getAttribute("aria-valuetext")).toContain("basket_total is 10");

    const box = await drawing.boundingBox();
    if (!box) throw new Error("nothing is drawn");
    // Into the first tab, shortly after the visit began: the other page was not open yet.
    await page.mouse.move(box.x + box.width * 0.05, box.y + 30);
    await expect.poll(() => asOf.textContent()).toContain("/shoes");
    expect(await asOf.textContent()).not.toContain("basket_total");
    expect(await asOf.textContent()).toContain("before the call");
    await page.close();
  });

  test("what the vendor sent and who was told are read when they are opened, and shown as text", async () => {
    const page = await console_.enter(`${SITE}/calls/${annasCall}`);
    await opened(page).getByText("What the vendor sent").click();
    await opened(page).getByRole("region", { name: "Event 1" }).waitFor();
    expect(await opened(page).getByRole("region", { name: "Event 1" }).textContent()).toContain(ANNAS_CALL);
    await opened(page).getByText("Who was told").click();
    await opened(page)
      .getByText(/Version 1 to crm/)
      .click();
    await expect
      .poll(() => opened(page).getByRole("region", { name: "The body" }).textContent())
      .toContain(`"order": "${ANNAS_CALL}"`);
    expect(await axe(page)).toEqual([]);
    await page.close();
  });

  test("one that is not matched says why, and what would have to be there", async () => {
    const page = await console_.enter(`${SITE}/calls/${await idOf("status=unmatched")}`);
    await opened(page).getByText("Not joined: the visitor is unknown.").waitFor();
    await opened(page).getByText("To be joined it would need any snapshot of the context").waitFor();
    expect(await axe(page)).toEqual([]);
    await page.close();
  });

  test("one that nobody has is told so", async () => {
    const page = await console_.enter(`${SITE}/calls/no-such-call`);
    expect(await page.getByRole("alert").textContent()).toContain("there is no such call");
    await page.close();
  });
});

test("keys go from call to call, explain one, look for one, and are listed", async () => {
  const page = await console_.enter(`${SITE}/calls`);
  await rows(page).nth(10).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  const focused = await page.evaluate(() => (document.activeElement as HTMLElement).dataset.call);
  const second = await page.locator("[data-call]").nth(1).getAttribute("data-call");
  expect(focused).toBe(second);
  await page.keyboard.press("E");
  await opened(page).waitFor();
  expect(page.url()).toContain(`/calls/${second}`);
  await page.keyboard.press("E");
  await opened(page).waitFor({ state: "detached" });
  await page.keyboard.press("/");
  await expect
    .poll(() => page.getByLabel("Transaction").evaluate((field) => field === document.activeElement))
    .toBe(true);
  // Within a field they are letters.
  await page.keyboard.type("jkPE?");
  expect(await page.getByLabel("Transaction").inputValue()).toBe("jkPE?");
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keys" });
  await dialog.waitFor();
  const keys = await dialog.locator("kbd").allTextContents();
  expect(keys.sort()).toEqual(["/", "?", "E", "P", "j", "k"]);
  await page.close();
});

test("calls appear as they come, and not while the list is paused", async () => {
  const page = await console_.enter(`${SITE}/calls`);
  await rows(page).nth(10).waitFor();
  const { token } = await console_.ask("POST", `v1/sites/${SITE}/vendors/infinity/token`);
  const call = async (id: string) => {
    const event = {
      meta: { type: "ecBasketTransactionSummary", ts: Date.now() },
      transaction: { id },
    };
    const response = await fetch(`${console_.home.replace("console/", "")}v1/calls/${SITE}?token=${token}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ events: [event] }),
    });
    expect(response.status).toBe(202);
  };
  await call("comes-live");
  await list(page).getByText("comes-live").waitFor();
  await page.keyboard.press("P");
  await page.getByRole("button", { name: "Pause", pressed: true }).waitFor();
  await call("comes-paused");
  await page.getByRole("status").filter({ hasText: "1 more since" }).waitFor();
  expect(await list(page).getByText("comes-paused").count()).toBe(0);
  await page.keyboard.press("P");
  await list(page).getByText("comes-paused").waitFor();
  // Who has scrolled down is reading, until they are at the top again.
  await page.evaluate(() => scrollTo(0, 600));
  await call("comes-while-reading");
  await page.getByRole("status").filter({ hasText: "1 more since" }).waitFor();
  expect(await list(page).getByText("comes-while-reading").count()).toBe(0);
  await page.evaluate(() => scrollTo(0, 0));
  await list(page).getByText("comes-while-reading").waitFor();
  await page.close();
});

test("nothing was done on these pages that their policy forbids", () => {
  expect(console_.faults).toEqual([]);
});
