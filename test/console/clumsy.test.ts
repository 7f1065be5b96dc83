/** What somebody in a hurry does, and a network that is no better. */
import type { Page } from "playwright";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Console, openConsole, sideways } from "./harness";

let console_: Console;
let page: Page;
let site: string;
let sites = 0;

beforeAll(async () => {
  console_ = await openConsole();
});
afterAll(() => console_.close());
beforeEach(async () => {
  await page?.close();
  site = `shop-${++sites}`;
  await console_.ask("PUT", `v1/sites/${site}`, {
    name: "Shop",
    entities: [
      { name: "plan", type: "simple", scope: "session", value: '"gold"' },
      { name: "colour", type: "simple", scope: "session", value: '"red"' },
    ],
    vendors: [{ name: "infinity" }],
    webhooks: [{ name: "crm", url: "https://crm.example/", parameters: [{ name: "order", value: "transaction.id" }] }],
  });
});

const field = (label: string) => page.getByLabel(label, { exact: true });
const saved = () => console_.ask("GET", `v1/sites/${site}`);
const press = (name: string) => page.getByRole("button", { name, exact: true }).click();

test("a number is typed key by key, its decimals too", async () => {
  page = await console_.enter(`${site}/set-up`);
  await press("Add a goal");
  await field("Goal").pressSequentially("order");
  await field("At least this total").pressSequentially("0.01");
  expect(await field("At least this total").inputValue()).toBe("0.01");
  await press("Save");
  await page.getByText("Saved as version 2.").waitFor();
  expect((await saved()).goals).toMatchObject([{ name: "order", min_total: 0.01 }]);
});

test("what is no number stays as it was typed, with the fault beside it", async () => {
  page = await console_.enter(`${site}/set-up`);
  await field("Days kept").fill("");
  await field("Days kept").pressSequentially("a year");
  await expect.poll(() => field("Days kept").getAttribute("aria-invalid")).toBe("true");
  expect(await field("Days kept").inputValue()).toBe("a year");
});

test("a list of words is typed with the spaces between them", async () => {
  page = await console_.enter(`${site}/vendors/infinity`);
  await page.getByText("More settings").click();
  await field("Its own visitor ids begin with").pressSequentially("gbr0 clarity");
  await press("Save");
  await page.getByText("Saved infinity as version 2.").waitFor();
  expect((await saved()).vendors).toMatchObject([{ offline_prefixes: ["gbr0", "clarity"] }]);
});

test("a day and a time are typed key by key", async () => {
  page = await console_.enter(`${site}/calls`);
  await page.getByText("By time, reason").click();
  await field("From").fill("2025-01-02T09:05");
  await field("From").focus();
  await page.keyboard.type("11272026");
  expect(await field("From").inputValue()).toBe("2026-11-27T09:05");
});

test.each([
  ["entities", "plan", "colour"],
  ["vendors", "infinity", "other"],
  ["webhooks", "crm", "other"],
] as const)(
  "what is removed under %s is what was opened, whatever was typed as its new name",
  async (list, name, typed) => {
    page = await console_.enter(`${site}/${list}/${name}`);
    await field("Name").fill(typed);
    await press("Remove it");
    await press(`Remove ${name}`);
    await page.getByText(`Removed ${name}`).waitFor();
    const left = (await saved())[list] as { name: string }[];
    expect(left.map((one) => one.name)).toEqual(list === "entities" ? ["colour"] : []);
  },
);

test("a site whose name has no Latin letter is told what its tracking id lacks", async () => {
  page = await console_.enter("-/set-up");
  await field("Name").fill("متجر الشاي");
  await press("Save");
  await expect.poll(() => field("Tracking id").getAttribute("aria-invalid")).toBe("true");
  expect(await field("Name").getAttribute("aria-invalid")).toBeNull();
});

test("settings that are half written are still there after a look at another page", async () => {
  page = await console_.enter(`${site}/set-up`);
  await field("Time zone").fill("Europe/London");
  await page.getByRole("link", { name: "Vendors", exact: true }).click();
  await page.getByRole("cell", { name: "infinity" }).waitFor();
  await page.goBack();
  expect(await field("Time zone").inputValue()).toBe("Europe/London");
});

test("calls are listened to again after a proxy has answered in the collector's place", async () => {
  page = await console_.enter(`${site}/overview`);
  await page.clock.install();
  let asked = 0;
  await page.route("**/live", (route) => {
    asked += 1;
    return asked === 1 ? route.fulfill({ status: 502, body: "Bad gateway" }) : route.continue();
  });
  await page.getByRole("link", { name: "Calls", exact: true }).click();
  await expect.poll(() => asked).toBe(1);
  await expect
    .poll(async () => {
      await page.clock.runFor(1_000);
      return asked;
    })
    .toBe(2);
});

test("who was signed out while looking at calls as they come is asked who they are", async () => {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((done) => {
    end = done;
  });
  page = await console_.enter(`${site}/overview`);
  await page.route("**/live", async (route) => {
    await ended;
    await route.fulfill({ status: 401, body: "{}" });
  });
  await page.getByRole("link", { name: "Calls", exact: true }).click();
  await page.getByText("No calls yet.").waitFor();
  await console_.browser.context.clearCookies();
  end();
  await page.getByLabel("Admin token").waitFor();
});

test("an answer that takes longer than the time between two questions is waited for, and shown", async () => {
  page = await console_.enter(`${site}/overview`);
  await page.clock.install();
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((done) => {
    answer = done;
  });
  let asked = 0;
  await page.route("**/deliveries?*", async (route) => {
    asked += 1;
    await answered;
    await route.continue();
  });
  await page.getByRole("link", { name: "Webhooks", exact: true }).click();
  await expect.poll(() => asked).toBe(1);
  await page.clock.runFor(60_000);
  expect(asked).toBe(1);
  answer();
  await page.getByText("Nothing has been sent yet.").waitFor();
});

test("a page that could not be loaded is loaded when it is tried again", async () => {
  page = await console_.enter(`${site}/overview`);
  await page.route("**/calls-*.js", (route) => route.abort());
  await page.getByRole("link", { name: "Calls", exact: true }).click();
  const again = page.getByRole("button", { name: "Try again" });
  await again.waitFor();
  await page.unroute("**/calls-*.js");
  await again.click();
  await page.getByText("No calls yet.").waitFor();
});

test("another page is seen from its beginning, and the keys go on within it", async () => {
  await console_.ask("PUT", `v1/sites/${site}`, {
    name: "Shop",
    entities: Array.from({ length: 60 }, (_, index) => ({
      name: `e${index}`,
      type: "simple",
      scope: "session",
      value: "1",
    })),
  });
  page = await console_.enter(`${site}/entities`);
  await page.getByRole("link", { name: "e59" }).click();
  await field("Value").waitFor();
  expect(await page.evaluate(() => scrollY)).toBe(0);
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("MAIN");
});

test("settings that somebody else has changed meanwhile go on with the newest, and keep what was written", async () => {
  page = await console_.enter(`${site}/set-up`);
  await field("Days kept").fill("90");
  await console_.ask("PUT", `v1/sites/${site}`, { ...(await saved()), name: "Shop & Sons" });
  await press("Save");
  await press("Go on with the newest");
  await page.getByText("Somebody has changed this since you began.").waitFor();
  expect(await field("Name").inputValue()).toBe("Shop & Sons");
  expect(await field("Days kept").inputValue()).toBe("90");
  await press("Save");
  await page.getByText("Saved as version 3.").waitFor();
  expect(await saved()).toMatchObject({ name: "Shop & Sons", retention_days: 90 });
});

test("an entity of which somebody else has saved another value says so, and is saved over it only then", async () => {
  page = await console_.enter(`${site}/entities/plan`);
  await field("Value").fill("user.plan");
  const document = await saved();
  const [, colour] = document.entities as object[];
  const theirs = { name: "plan", type: "simple", scope: "session", value: "theirs" };
  await console_.ask("PUT", `v1/sites/${site}`, { ...document, entities: [theirs, colour] });
  await press("Save");
  await press("Go on with the newest");
  await page.getByText("Somebody has changed this since you began.").waitFor();
  expect(await field("Value").inputValue()).toBe("user.plan");
  await press("Save");
  await page.getByText("Saved plan as version 3.").waitFor();
  expect((await saved()).entities).toMatchObject([{ value: "user.plan" }, { name: "colour" }]);
});

test("a mapping that is half written is still there after a look at another page", async () => {
  page = await console_.enter(`${site}/vendors/+`);
  await field("Adapter").selectOption("custom");
  await field("Mapping").fill('{ "id": ');
  await page.getByRole("link", { name: "Calls", exact: true }).click();
  await page.getByText("No calls yet.").waitFor();
  await page.goBack();
  expect(await field("Mapping").inputValue()).toBe('{ "id": ');
});

test("names and values as long as may be make no page wider than a phone", async () => {
  const context = "6o2diu81w9o-0irxltk5b-u9t0000";
  const name = "e".repeat(60);
  const at = Date.now();
  await console_.ask("PUT", `v1/sites/${site}`, {
    name: "n".repeat(100),
    entities: [{ name, type: "simple", scope: "session", value: '"gold"' }],
  });
  await console_.ask("POST", "v1/snapshots", {
    ...{ v: 1, site, context_id: context, sent_at: at },
    snapshots: [
      {
        ...{ view_id: "v", session_id: "s", seq: 0, at, entities: { [name]: "x".repeat(4_000) } },
        view: {
          ...{ number: 1, session_number: 1, session_view_number: 1, session_at: at, title: "t".repeat(500) },
          ...{ url: `https://shop.example/${"u".repeat(900)}`, referrer: "" },
        },
      },
    ],
  });
  page = await console_.enter(`${site}/visitors/${context}`);
  await page.setViewportSize({ width: 390, height: 800 });
  await page.getByRole("heading", { name: "History of each entity" }).waitFor();
  expect(await sideways(page)).toBe(0);
});
