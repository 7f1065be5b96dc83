import type { Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Console, openConsole } from "./harness";

let console_: Console;
let page: Page;

beforeAll(async () => {
  console_ = await openConsole({ CALLJOIN_PUBLIC_URL: "https://calls.shop.example" });
  await console_.ask("PUT", "v1/sites/shop", { name: "Shop", origins: [console_.shop.origin] });
  page = await console_.enter("shop/vendors");
});
afterAll(() => console_.close());

const field = (label: string) => page.getByLabel(label, { exact: true });

test("a vendor is added, its token shown once, and the exact request to give it", async () => {
  await page.getByRole("button", { name: "Add a vendor" }).click();
  await field("Name").fill("whatconverts");
  await field("Adapter").selectOption("whatconverts");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Make a token" }).click();
  const token = (await page.getByLabel("the token", { exact: true }).textContent()) ?? "";
  expect(token).toMatch(/^cjv_/);
  expect(await page.getByLabel("the URL", { exact: true }).textContent()).toBe(
    `https://calls.shop.example/v1/calls/shop/whatconverts?token=${token}`,
  );
  await page.reload();
  await page.getByRole("button", { name: "Make a token" }).waitFor();
  expect(await page.getByLabel("the token", { exact: true }).count()).toBe(0);
});

test("a payload is tried: what would come of it is told, and nothing is stored", async () => {
  const lead = { lead_id: 153928, lead_type: "Phone Call", date_created: "2026-11-27T05:00:00Z", call_duration: "35" };
  await field("Payload").fill(JSON.stringify(lead));
  await page.getByRole("button", { name: "Try", exact: true }).click();
  await page.getByText("accepted").waitFor();
  expect(await page.locator("dl").textContent()).toContain("153928");
  expect(await console_.collector.calls("shop")).toEqual([]);
  await field("Payload").fill("{");
  await page.getByRole("button", { name: "Try", exact: true }).click();
  await page.getByRole("alert").waitFor();
  expect(console_.faults).toEqual([]);
});

test("a vendor of any other format is read by a mapping, whose faults stand at it", async () => {
  await page.getByRole("button", { name: "Add a vendor" }).click();
  await field("Name").fill("pbx");
  await field("Adapter").selectOption("custom");
  await field("Mapping").fill("{ not json");
  await expect.poll(() => field("Mapping").getAttribute("aria-invalid")).toBe("true");
  await field("Mapping").fill('{ "id": "uid", "time": { "from": "began", "nonsense": 1 } }');
  await expect.poll(() => field("Mapping").getAttribute("aria-invalid")).toBe("true");
  await field("Mapping").fill('{ "id": "uid", "time": { "from": "began" } }');
  await expect.poll(() => field("Mapping").getAttribute("aria-invalid")).toBeNull();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Make a token" }).waitFor();
  expect((await console_.ask("GET", "v1/sites/shop")).vendors).toMatchObject([
    { name: "whatconverts" },
    { name: "pbx", adapter: "custom", mapping: { id: "uid" } },
  ]);
});

test("a vendor's rules and the way that its tag gets the context_id are written like the rest, and a fault stands at its field", async () => {
  await page.getByRole("link", { name: "Vendors" }).click();
  await page.getByRole("button", { name: "Add a vendor" }).click();
  await field("Name").fill("responsetap");
  await field("Adapter").selectOption("responsetap");
  await page.getByText("More settings").click();
  await page.getByRole("button", { name: "Add a rule" }).click();
  await field("Matches").fill("(");
  await expect.poll(() => field("Matches").getAttribute("aria-invalid")).toBe("true");
  await field("Matches").fill("^test");
  await expect.poll(() => field("Matches").getAttribute("aria-invalid")).toBeNull();
  await page.getByRole("button", { name: "Add a rule" }).click();
  await page.getByRole("button", { name: "Remove rule 2" }).click();
  await field("The page hands the context_id to").selectOption("tel");
  await field("Attribute").fill("title");
  await expect.poll(() => field("Attribute").getAttribute("aria-invalid")).toBe("true");
  await field("Attribute").fill("data-visit");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Make a token" }).waitFor();
  const saved = async () => {
    const { vendors } = (await console_.ask("GET", "v1/sites/shop")) as { vendors: object[] };
    return vendors.at(-1) ?? {};
  };
  expect(await saved()).toMatchObject({
    unusable: [{ field: "source", matches: "^test" }],
    bridge: { type: "tel", attribute: "data-visit" },
  });
  await page.getByText("More settings").click();
  await field("The page hands the context_id to").selectOption("nothing");
  await page.getByRole("button", { name: "Save" }).click();
  await expect.poll(async () => "bridge" in (await saved())).toBe(false);
  expect(console_.faults).toEqual([]);
});
