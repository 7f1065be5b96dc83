import type { Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Receiver, startReceiver, status } from "../collector/forward/receiver";
import { axe, type Console, openConsole } from "./harness";

const CONTEXT = "6o2diu81w9o-0irxltk5b-u9t1cv4";

let console_: Console;
let receiver: Receiver;
let page: Page;

beforeAll(async () => {
  console_ = await openConsole();
  receiver = await startReceiver();
  await console_.ask("PUT", "v1/sites/shop", {
    name: "Shop",
    origins: [console_.shop.origin],
    entities: [{ name: "plan", type: "simple", scope: "session", value: '"gold"' }],
    vendors: [{ name: "infinity" }],
  });
  page = await console_.enter("shop/webhooks");
});
afterAll(async () => {
  await receiver.stop();
  await console_.close();
});

/** A visitor on a page of a site; answers what makes a vendor report their calls, one an order. */
async function visitOf(site: string): Promise<(...orders: string[]) => Promise<void>> {
  const { token } = await console_.ask("POST", `v1/sites/${site}/vendors/infinity/token`, {});
  const began = Date.now() - 5_000;
  const view = { number: 1, session_number: 1, session_view_number: 1, session_at: began };
  const page = { url: "https://shop.example/p/9", referrer: "", title: "" };
  const of = { view_id: "m4x0c1a9q2", session_id: "k2v9f7e0zz", seq: 0, at: began };
  const snapshots = [{ ...of, view: { ...view, ...page }, entities: { plan: "gold" } }];
  await console_.ask("POST", "v1/snapshots", { v: 1, site, context_id: CONTEXT, sent_at: Date.now(), snapshots });
  return (...orders) =>
    console_.collector.postCall(
      site,
      String(token),
      orders.map((id) => ({
        context: { id: CONTEXT },
        meta: { type: "ecBasketTransactionSummary", ts: Date.now() },
        transaction: { id },
      })),
    );
}

const field = (label: string) => page.getByLabel(label, { exact: true });

test("a webhook is written with its body beside it, as typed, and saved", async () => {
  await page.getByRole("button", { name: "Add a webhook" }).click();
  await field("Name").fill("crm");
  await field("Address").fill(receiver.url);
  await field("Parameter name").fill("order");
  await field("Parameter value").selectOption("entities.plan");
  const request = page.getByLabel("The request");
  await expect.poll(() => request.textContent()).toContain('"order": "test plan"');
  expect(await request.textContent()).toContain(`POST ${receiver.url}`);
  await field("Parameter name").fill("membership");
  await expect.poll(() => request.textContent()).toContain('"membership": "test plan"');
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Send a test" }).waitFor();
  const { webhooks } = await console_.ask("GET", "v1/sites/shop");
  expect(webhooks).toMatchObject([
    { name: "crm", url: receiver.url, parameters: [{ name: "membership", value: "entities.plan" }] },
  ]);
});

test("each value of the catalogue has an example beside it", async () => {
  await field("Parameter value").selectOption("transaction.id");
  await expect.poll(() => page.getByText("such as test-transaction").count()).toBe(1);
  await field("Parameter value").selectOption("entities.plan");
});

test("a test is sent, and the receiver's answer shown as the text that it is", async () => {
  receiver.behave((_request, response) => response.writeHead(418).end("<b>short and stout</b>"));
  await page.getByRole("button", { name: "Send a test" }).click();
  await page.getByText("answered 418").waitFor();
  expect(await page.getByLabel("The receiver's answer").textContent()).toBe("<b>short and stout</b>");
  expect(JSON.parse(receiver.received.at(-1)?.body ?? "")).toMatchObject({
    event: "call.test",
    membership: "test plan",
  });
  expect(console_.faults).toEqual([]);
});

test("a secret is shown once", async () => {
  await page.getByRole("button", { name: "Make a new secret" }).click();
  const secret = page.getByLabel("the signing secret", { exact: true });
  await expect.poll(() => secret.textContent()).toMatch(/^whsec_/);
  await page.reload();
  await page.getByRole("button", { name: "Make a new secret" }).waitFor();
  expect(await secret.count()).toBe(0);
});

test("a value that the site does not have is told at its field", async () => {
  await field("Parameter value").selectOption("a constant…");
  await field("Constant").fill("not json");
  await expect.poll(() => field("Constant").getAttribute("aria-invalid")).toBe("true");
  await field("Constant").fill('"shop"');
  await expect.poll(() => field("Constant").getAttribute("aria-invalid")).toBeNull();
});

test("the log tells what became of a delivery, and filters by state", async () => {
  receiver.behave(status(500));
  const phones = await visitOf("shop");
  await phones("order-1");
  await page.goto(`${console_.home}shop/webhooks`);
  const row = page.getByRole("row").filter({ hasText: "call.matched" });
  await row.getByText("pending").waitFor();
  await row.getByRole("button", { name: "Details" }).click();
  await page.getByText("answered 500").waitFor();
  expect(await page.getByLabel("The body").textContent()).toContain('"membership": "gold"');
  await field("State").selectOption("delivered");
  await page.getByText("No delivery matches.").waitFor();
  expect(page.url()).toContain("state=delivered");
  await field("State").selectOption("all");
  await row.waitFor();
});

test("which filter kept a call from being sent is told, and why", async () => {
  const [call] = await console_.collector.calls("shop");
  await field("Call id").fill(call?.id ?? "");
  await page.getByRole("button", { name: "Look" }).click();
  await page.getByRole("region", { name: "What each webhook was told" }).getByText("crm").waitFor();
});

test("what a receiver will have no more is dead; on again, one is resent, then all, and the receiver has each of them", async () => {
  receiver.behave(status(410));
  const crm = { name: "crm", url: receiver.url, parameters: [{ name: "order", value: "transaction.id" }] };
  await console_.ask("PUT", "v1/sites/gone", { name: "Gone", vendors: [{ name: "infinity" }], webhooks: [crm] });
  const phones = await visitOf("gone");
  await phones("order-2", "order-3", "order-4");
  await page.goto(`${console_.home}gone/webhooks?state=dead`);
  const dead = page.getByRole("region", { name: "Delivery log" }).getByRole("row").filter({ hasText: "call.matched" });
  await expect.poll(() => dead.count(), { timeout: 20_000 }).toBe(3);
  receiver.behave(status(204));
  await page.goto(`${console_.home}gone/webhooks/crm`);
  await page.getByText("Nothing is sent: answered 410 Gone").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved crm").waitFor();
  const before = receiver.received.length;
  await page.goto(`${console_.home}gone/webhooks?state=dead`);
  await dead.first().getByRole("button", { name: "Resend" }).click();
  await expect.poll(() => dead.count()).toBe(2);
  await page.getByRole("button", { name: "Resend all that are dead" }).click();
  await page.getByText("Resend all that are dead: 2 of 2").waitFor();
  await page.getByText("No delivery matches.").waitFor();
  await expect.poll(() => receiver.received.length).toBe(before + 3);
  const calls = receiver.received.slice(before).map(({ body }) => JSON.parse(body).order);
  expect(calls.sort()).toEqual(["order-2", "order-3", "order-4"]);
});

test("a filter is ticked, saved, and told where it keeps a call back", async () => {
  await page.goto(`${console_.home}shop/webhooks/crm`);
  await page.getByText("Only some calls (now: all)").click();
  await field("trPackageTransactionSummary").check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved crm").waitFor();
  const { webhooks } = await console_.ask("GET", "v1/sites/shop");
  expect(webhooks).toMatchObject([{ name: "crm", filter: { type: ["trPackageTransactionSummary"] } }]);
  await (await visitOf("shop"))("order-5");
  const { calls } = await console_.ask("GET", "v1/sites/shop/calls?transaction_id=order-5");
  const [call] = calls as { id: string }[];
  await page.goto(`${console_.home}shop/webhooks`);
  await field("Call id").fill(call?.id ?? "");
  await page.getByRole("button", { name: "Look" }).click();
  const told = page.getByRole("region", { name: "What each webhook was told" });
  await told.getByText("not sent", { exact: true }).waitFor();
  expect(await told.textContent()).toContain("type");
});

test("Google Analytics asks for what is its own, and its secret is never shown again", async () => {
  await page.goto(`${console_.home}shop/webhooks`);
  await page.getByRole("button", { name: "Add a webhook" }).first().click();
  await field("Name").fill("analytics");
  await field("Format").selectOption("ga4");
  expect(await field("Address").count()).toBe(0);
  await field("Measurement id").fill("wrong");
  await page.getByText("Google accepts any id").waitFor();
  await field("Measurement id").fill("G-1A2B3C4D5E");
  await page.getByText("Google accepts any id").waitFor({ state: "detached" });
  await field("API secret").fill("the-secret-of-ga4");
  await field("Parameter name").fill("client_id");
  await field("Parameter value").selectOption("entities.plan");
  await page.getByRole("button", { name: "Add a parameter" }).click();
  await field("Parameter name").nth(1).fill("session_id");
  await field("Parameter value").nth(1).selectOption("join.session_id");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Send a test" }).waitFor();
  const { webhooks } = await console_.ask("GET", "v1/sites/shop");
  expect(webhooks).toMatchObject([{ name: "crm" }, { name: "analytics", measurement_id: "G-1A2B3C4D5E" }]);
  await page.reload();
  await page.getByRole("button", { name: "Send a test" }).waitFor();
  expect(await field("API secret").inputValue()).toBe("");
  expect(await page.content()).not.toContain("the-secret-of-ga4");
  expect(console_.faults).toEqual([]);
});

test("an advertising platform asks for what is its own, says what last week's calls would have come to, and gives its file's address once", async () => {
  await console_.ask("PUT", "v1/sites/ads", {
    name: "Ads",
    origins: [console_.shop.origin],
    entities: [{ name: "gclid", type: "simple", scope: "session", value: "gclid" }],
    vendors: [{ name: "infinity" }],
    goals: [{ name: "phone_order" }],
  });
  const { token } = await console_.ask("POST", "v1/sites/ads/vendors/infinity/token");
  const event = {
    meta: { type: "ecBasketTransactionSummary", ts: Date.now() - 1_000 },
    transaction: { id: "no-visit" },
  };
  await fetch(new URL("../v1/calls/ads", console_.home), {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ events: [event] }),
  });
  const tab = await console_.enter("ads/webhooks");
  const named = (label: string) => tab.getByLabel(label, { exact: true });
  await tab.getByRole("button", { name: "Add a webhook" }).first().click();
  await named("Name").fill("google-file");
  await named("Format").selectOption("google_ads_csv");
  expect(await named("Address").count()).toBe(0);
  expect(await tab.getByText("Sent when a call is").count()).toBe(0);
  await expect
    .poll(() => tab.getByLabel("The request").textContent())
    .toContain("The file, as the platform fetches it:\n");
  await named("Conversion name").fill("Phone order");
  await tab.getByRole("button", { name: "Save" }).click();
  await tab.getByRole("button", { name: "Try last week's calls" }).click();
  await tab.getByText("Of 1 calls 0 would be sent.").waitFor();
  await tab.getByRole("button", { name: "Make a new address" }).click();
  const address = (await tab.getByLabel("the file's address", { exact: true }).textContent()) ?? "";
  const file = await fetch(address);
  expect([file.status, await file.text()]).toEqual([200, expect.stringContaining("Google Click ID")]);
  const corrections = (await tab.getByLabel("the corrections' address", { exact: true }).textContent()) ?? "";
  expect(await (await fetch(corrections)).text()).toContain("Adjustment Type");
  await tab.getByRole("link", { name: "Webhooks" }).click();
  const platforms = tab.getByRole("region", { name: "Calls at advertising platforms" });
  const cells = (key: string) =>
    platforms.getByRole("row").filter({ hasText: key }).getByRole("cell").allTextContents();
  await platforms.getByRole("cell", { name: "google-file" }).waitFor();
  expect(await cells("google-file")).toEqual([
    "google-file",
    "0",
    "0",
    "1",
    "The visit has no click from this platform: 1",
  ]);
  await platforms.getByLabel("By", { exact: true }).selectOption("reason");
  await platforms.getByRole("region", { name: "Calls at platforms by reason" }).waitFor();
  expect(await cells("The visit has no click")).toEqual(["The visit has no click from this platform", "0", "0", "1"]);
  await platforms.getByLabel("By", { exact: true }).selectOption("day");
  await platforms.getByRole("cell", { name: new Date().toISOString().slice(0, 10) }).waitFor();
  expect(await axe(tab)).toEqual([]);
  expect(console_.faults).toEqual([]);
  await tab.close();
});
