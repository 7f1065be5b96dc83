import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  contextId,
  eventually,
  inPage,
  isOf,
  openWorld,
  type Shop,
  valuesOf,
  viewId,
  type World,
} from "./harness/world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const VENDORS = { vendors: [{ name: "infinity", adapter: "qprotocol" }] };

/** The vendor's event of the contract's section 5. */
const callEvent = (id: string, ts: number, context: string, url = "") => ({
  context: { id: context },
  meta: { type: "ecBasketTransactionSummary", ts, url, source: "Response-integration@1.0.0" },
  basket: { total: { value: 9.99, currency: "GBP" } },
  transaction: { id },
});

async function joinedCall(shop: Shop, token: string, id: string, ts: number, context: string, url?: string) {
  await world.collector.postCall(shop.id, token, [callEvent(id, ts, context, url)]);
  const [call] = (await world.collector.calls(shop.id)).filter((each) => each.ts === ts);
  if (!call) throw new Error(`call ${id} is not listed`);
  return call;
}

describe("the main job", () => {
  it("joins a call to the view that was open, with every entity's value as of the call", async () => {
    const shop = await world.shop({
      site: VENDORS,
      entities: [
        { name: "visit", value: "r7k12_si" },
        { name: "tier", value: "tier", scope: "page_view" },
        { name: "user", value: "dataLayer[0].user.id" },
        { name: "campaign", value: '"spring"' },
        { name: "cart_total", type: "expression", value: "basket.total" },
        { name: "skus", type: "expression", scope: "page_view", value: "basket.items.map((item) => item.sku).join()" },
      ],
    });
    const token = await world.collector.vendorToken(shop.id, "infinity");
    const page = await shop.visit("basket");
    const id = await contextId(page);
    await eventually(async () => expect(valuesOf("cart_total", await shop.views(id))).toEqual([10]));
    await inPage(page, "basket.total = 49.9");
    await eventually(async () => expect(valuesOf("cart_total", await shop.views(id))).toEqual([10, 49.9]));

    const snapshots = (await shop.views(id)).flatMap((view) => view.snapshots);
    const readAt = (total: number) => snapshots.find(({ entities }) => entities.cart_total === total)?.at ?? 0;
    const constant = { visit: "v-81", tier: "gold", user: "u-7", campaign: "spring", skus: "shoe-9" };
    const before = await joinedCall(shop, token, "call-1", readAt(10), id);
    const after = await joinedCall(shop, token, "call-2", readAt(49.9), id);
    expect(before.join).toMatchObject({ status: "matched", rule: "context_id", view_id: await viewId(page) });
    expect(before.entities).toEqual({ ...constant, cart_total: 10 });
    expect(before.context).toMatchObject({ url: shop.url("basket"), view_number: 1, session_number: 1 });
    expect(after.entities).toEqual({ ...constant, cart_total: 49.9 });
  });

  it("keeps a route's own value on its own view, and the session's on all of them", async () => {
    const shop = await world.shop({
      site: VENDORS,
      entities: [
        { name: "product", type: "expression", scope: "page_view", value: "product" },
        { name: "visit", type: "expression", value: "window.visit" },
      ],
    });
    const token = await world.collector.vendorToken(shop.id, "infinity");
    const page = await shop.visit("spa");
    const id = await contextId(page);
    await inPage(page, "window.visit = 'v-2'; route('/spa/shoes', 'Shoes')");
    await eventually(async () => expect(valuesOf("product", await shop.views(id))).toContain("Shoes"));
    await inPage(page, "route('/spa/hats', 'Hats')");
    await eventually(async () => expect(valuesOf("product", await shop.views(id))).toContain("Hats"));

    const now = Date.now();
    const onHats = await joinedCall(shop, token, "call-1", now, id);
    const onShoes = await joinedCall(shop, token, "call-2", now + 1, id, shop.url("spa/shoes"));
    expect(onHats.context).toMatchObject({ url: shop.url("spa/hats"), view_number: 3 });
    expect(onHats.entities).toEqual({ product: "Hats", visit: "v-2" });
    expect(onShoes.context).toMatchObject({ url: shop.url("spa/shoes"), view_number: 2 });
    expect(onShoes.entities).toEqual({ product: "Shoes", visit: "v-2" });
    const views = await shop.views(id);
    expect(views.map((view) => valuesOf("product", [view]))).toEqual([["none"], ["Shoes"], ["Hats"]]);
  });

  it("finds a variable however late the page defines it, be it a top-level const", async () => {
    const shop = await world.shop({
      entities: [
        { name: "late", value: "late" },
        { name: "later", value: "later.id", scope: "page_view" },
      ],
    });
    const page = await shop.visit("plain");
    await page.addScriptTag({ content: "var late = 'l-1'" });
    const id = await contextId(page);
    await eventually(async () => expect(valuesOf("late", await shop.views(id))).toEqual(["l-1"]));
    await page.addScriptTag({ content: "const later = { id: 7 }" });
    await eventually(async () => expect(valuesOf("later", await shop.views(id))).toEqual([7]));
    await inPage(page, "late = 'l-2'");
    await inPage(page, "calljoin.flush()");
    expect(valuesOf("late", await shop.views(id))).toEqual(["l-1"]);
  });

  it("joins a call that came before its snapshots as soon as they come", async () => {
    const shop = await world.shop({ site: VENDORS, entities: [{ name: "visit", value: "r7k12_si" }] });
    const token = await world.collector.vendorToken(shop.id, "infinity");
    let release = () => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    const pass = world.wire.onRequest((seen) => (isOf(shop)(seen) ? { kind: "hold", until } : undefined));
    const page = await shop.visit("basket");
    const id = await contextId(page);
    const ts = Date.now() + 1000;
    const early = await joinedCall(shop, token, "call-1", ts, id);
    expect(early.join).toMatchObject({ status: "unmatched", reason: "unknown_context" });
    release();
    await eventually(async () => {
      const [call] = await world.collector.calls(shop.id);
      expect(call?.join).toMatchObject({ status: "matched", late: true, view_id: await viewId(page) });
      expect(call?.entities).toEqual({ visit: "v-81" });
    });
    pass();
  });
});
