import type { Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Console, openConsole } from "./harness";

/** What runs wherever a page takes it for more than text. */
const HOSTILE = `"><img src=x onerror="document.title='taken'"><script>document.title='taken'</script>{{a}}\u202E`;
const CONTEXT = "6o2diu81w9o-0irxltk5b-u9t1cv4";

let console_: Console;
let page: Page;

beforeAll(async () => {
  console_ = await openConsole();
  await console_.ask("PUT", "v1/sites/shop", {
    name: HOSTILE,
    entities: [{ name: "plan", type: "simple", scope: "page_view", value: '"gold"' }],
    vendors: [{ name: "infinity" }],
    goals: [{ name: "any" }],
  });
  const { token } = await console_.ask("POST", "v1/sites/shop/vendors/infinity/token");
  const now = Date.now();
  const snapshots = [
    {
      view_id: "m4x0c1a9q2",
      session_id: "k2v9f7e0zz",
      seq: 0,
      at: now - 5_000,
      view: {
        number: 1,
        session_number: 1,
        session_view_number: 1,
        session_at: now - 5_000,
        url: `https://shop.example/?q=${HOSTILE}`,
        referrer: `javascript:document.title='taken'`,
        title: HOSTILE,
      },
      entities: { plan: HOSTILE },
    },
  ];
  await console_.ask("POST", "v1/snapshots", { v: 1, site: "shop", context_id: CONTEXT, sent_at: now, snapshots });
  const event = (id: string, rest: object) => ({
    meta: { type: "ecBasketTransactionSummary", ts: now, url: "javascript:alert(1)", source: HOSTILE },
    transaction: { id, total: 5 },
    ...rest,
  });
  const events = [
    event(HOSTILE, { context: { id: CONTEXT } }),
    event(`${HOSTILE} of nobody`, { context: { id: HOSTILE } }),
    { meta: { type: HOSTILE }, transaction: { id: HOSTILE } },
  ];
  await fetch(new URL(`../v1/calls/shop?token=${token}`, console_.home), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ events }),
  });
  page = await console_.enter("shop");
});
afterAll(() => console_.close());

/** The page has shown the text as it is, and nothing in it ran or became an element. */
async function showsText() {
  await page.getByText(`"><img src=x onerror=`).filter({ visible: true }).first().waitFor();
  expect(await page.locator("img, a[href^='javascript:']").count()).toBe(0);
  expect(await page.title()).not.toBe("taken");
}

test("what pages and vendors send is text on every page that shows it", async () => {
  const { calls } = (await console_.ask("GET", "v1/sites/shop/calls")) as { calls: { id: string }[] };
  expect(calls.length).toBe(2);
  for (const at of ["calls", ...calls.map(({ id }) => `calls/${id}`), "entities", `visitors/${CONTEXT}`]) {
    await page.goto(`${console_.home}shop/${at}`);
    await showsText();
  }
});

test("what a vendor sent raw is text, too, and so is a rejected event's body", async () => {
  const { calls } = (await console_.ask("GET", "v1/sites/shop/calls?status=matched")) as { calls: { id: string }[] };
  await page.goto(`${console_.home}shop/calls/${calls[0]?.id}`);
  await page.getByText("What the vendor sent").first().click();
  await showsText();
  await page.goto(`${console_.home}shop/rejected`);
  await page.getByRole("button", { name: "Details" }).first().click();
  await showsText();
  expect(console_.faults).toEqual([]);
});
