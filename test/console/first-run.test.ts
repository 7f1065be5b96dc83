import type { Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Receiver, startReceiver } from "../collector/forward/receiver";
import { type Console, openConsole } from "./harness";

let console_: Console;
let receiver: Receiver;
let page: Page;

beforeAll(async () => {
  console_ = await openConsole();
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.stop();
  await console_.close();
});

const field = (label: string) => page.getByLabel(label, { exact: true });
const button = (name: string) => page.getByRole("button", { name, exact: true });
const go = (name: string) => page.getByRole("link", { name, exact: true }).click();
const done = (what: string) => page.getByText(`${what}: done`).waitFor();

/** All that a site's owner does from an empty collector to a call in their CRM, in the browser alone; the shop's page is all there is beside it. */
test("a site, its tag on a page, an entity, a vendor, a call, why it matched, and a webhook", async () => {
  page = await console_.enter();

  await button("Add a site").click();
  await field("Name").fill("Shop UK");
  await field("Origins").fill(console_.shop.origin);
  await button("Save").click();
  const tag = (await page.getByLabel("the tag", { exact: true }).textContent()) ?? "";
  expect(tag).toMatch(/^<script async src="http:.*\/t\/shop-uk\.js"><\/script>$/);

  await go("Entities");
  await button("Add an entity").click();
  await field("Name").fill("basket_total");
  await field("Type").selectOption("Expression");
  await field("Scope").selectOption("Page view");
  await field("Value").fill("window.basket?.total");
  await button("Save").click();
  await page.getByRole("link", { name: "basket_total" }).waitFor();

  console_.shop.served.pages.set(
    "/p/9",
    `<!doctype html><title>Blue shoe</title><script>basket = { total: 49.9 }</script>${tag}`,
  );
  await go("Set-up");
  await field("Page to check").fill(`${console_.shop.origin}/p/9`);
  const opens = console_.browser.context.waitForEvent("page");
  await button("Open it").click();
  const shop = await opens;
  await page.bringToFront();
  await page.getByText("The collector has accepted what the page sent.").waitFor();
  await page.getByText("basket_total is 49.9").waitFor();
  await done("A page was seen");
  await done("An entity had a value");

  await go("Vendors");
  await button("Add a vendor").click();
  await field("Name").fill("infinity");
  await button("Save").click();
  await button("Make a token").click();
  await button("Try").click();
  await page.getByText("matched, by context_id").waitFor();

  await go("Webhooks");
  await button("Add a webhook").click();
  await field("Name").fill("crm");
  await field("Address").fill(receiver.url);
  await field("Parameter name").fill("basket");
  await field("Parameter value").selectOption("entities.basket_total");
  await button("Save").click();
  await button("Send a test").click();
  await page.getByText("answered 204").waitFor();

  await go("Vendors");
  await page.getByRole("link", { name: "infinity" }).click();
  await button("Make a token").click();
  await button("Send it for real").click();
  await expect.poll(() => page.getByLabel("The collector's answer").textContent()).toContain('"accepted":1');

  await go("Calls");
  const calls = page.getByRole("region", { name: "Calls, newest first" });
  await calls.getByRole("row").filter({ hasText: "infinity" }).getByRole("link").click();
  const why = page.getByRole("region", { name: "The call", exact: true });
  await why.getByText("Joined to /p/9, open since").waitFor();
  await why.getByText("The value of basket_total, 49.9,").waitFor();

  await go("Webhooks");
  await page.getByRole("row").filter({ hasText: "call.matched" }).getByText("delivered").waitFor();
  const told = receiver.received.map(({ body }) => JSON.parse(body)).filter(({ event }) => event === "call.matched");
  expect(told).toMatchObject([{ basket: 49.9, version: 1 }]);

  await go("Set-up");
  await done("A vendor reported a call");
  await done("A call was matched");
  await shop.close();
  expect(console_.faults).toEqual([]);
});

test("an entity is tried on a page before it is saved, live", async () => {
  await go("Entities");
  await button("Add an entity").click();
  await field("Name").fill("shoe");
  await field("Type").selectOption("Expression");
  await field("Value").fill("document.title.split(' ').at(-1)");
  await field("Page to open").fill(`${console_.shop.origin}/p/9`);
  const opens = console_.browser.context.waitForEvent("page");
  await button("Try it on my page").click();
  const shop = await opens;
  await page.bringToFront();
  const said = page.getByRole("region", { name: "What the page says" });
  await said.getByText("shoe", { exact: true }).last().waitFor();
  await shop.evaluate(() => {
    document.title = "Red boot";
  });
  await said.getByText("boot").waitFor();
  expect((await console_.ask("GET", "v1/sites/shop-uk")).entities).toHaveLength(1);
});
