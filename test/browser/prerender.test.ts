import { afterAll, beforeAll, expect, it } from "vitest";
import { isFirefox } from "./harness/browser.js";
import { eventually, openWorld, valuesOf, type World } from "./harness/world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

it("a prerendered page stores and sends nothing, and begins its view when it is activated", async ({ skip }) => {
  skip(isFirefox, "Firefox prerenders nothing");
  const shop = await world.shop({
    entities: [{ name: "product", type: "expression", scope: "page_view", value: "product" }],
  });
  await world.unsteered(shop.url("prerender-from"));
  // Prerendering, no cookie, nothing in localStorage: this also shows that Chromium did prerender.
  await eventually(() => expect(shop.told).toEqual(["loaded/true/0/0"]));
  expect(shop.sent()).toEqual([]);
  const activated = Date.now();
  shop.go();
  const sent = await eventually(() => {
    const [first] = shop.sent().filter(({ status }) => status === 202);
    if (!first) throw new Error("nothing was sent after the activation");
    return first;
  });
  await eventually(async () => {
    const views = await shop.views(sent.context_id);
    expect(views).toHaveLength(1);
    expect(views[0]?.url).toBe(shop.url("prerendered"));
    expect(valuesOf("product", views).at(-1)).toBe("activated");
    expect(views[0]?.snapshots[0]?.at).toBeGreaterThanOrEqual(activated);
  });
});
