/**
 * Tags of earlier versions, as they wait in browsers' caches: `releases/VERSION.js` is what that version's collector served as
 * `/t/SITE-OF-THE-TEST.js` for the entities below. A release adds its own, which never changes afterwards. (0.1.0 is what main had on
 * 25 November 2026; of 1.0.0 no script was kept.)
 */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  contextId,
  eventually,
  flush,
  inPage,
  openWorld,
  ready,
  sessionId,
  valuesOf,
  type World,
} from "./harness/world.js";

const FOLDER = "test/browser/releases";
const RELEASES = readdirSync(FOLDER).map((name) => name.replace(/\.js$/, ""));
const ENTITIES = [
  { name: "visit", value: "visit" },
  { name: "total", type: "expression", scope: "page_view", value: "window.total" },
];
const VENDOR = "infinity";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** A shop in a browser that has an earlier version's tag in its cache, and no snapshot of which arrives until `arrive` is called. */
async function shopWithTagOf(version: string) {
  const shop = await world.shop({ entities: ENTITIES, site: { vendors: [{ name: VENDOR }] } });
  const page = await world.browser.newPage();
  const cached = readFileSync(`${FOLDER}/${version}.js`, "utf8").replaceAll("SITE-OF-THE-TEST", shop.id);
  const address = `${shop.collector}/t/${shop.id}.js`;
  await page.route(address, (route) => route.fulfill({ contentType: "text/javascript", body: cached }));
  return { shop, page, refresh: () => page.unroute(address) };
}

describe.each(RELEASES)("the tag of %s", (version) => {
  it("is understood: a call finds its view, and the values of that moment", async () => {
    const { shop, page } = await shopWithTagOf(version);
    await page.goto(shop.url());
    await ready(page);
    await inPage(page, "window.visit = 'v-81'; window.total = 49.9");
    const id = await contextId(page);
    await eventually(async () => {
      const views = await shop.views(id);
      expect([valuesOf("visit", views), valuesOf("total", views)]).toEqual([["v-81"], [49.9]]);
    });
    const token = await world.collector.vendorToken(shop.id, VENDOR);
    const meta = { type: "ecBasketTransactionSummary", ts: Date.now() };
    await world.collector.postCall(shop.id, token, [{ context: { id }, meta, transaction: { id: "order-1" } }]);
    expect(await world.collector.calls(shop.id)).toMatchObject([
      { join: { status: "matched", rule: "context_id" }, entities: { visit: "v-81", total: 49.9 } },
    ]);
  });

  // Sessions of before 1.0 are told otherwise, and begin anew.
  it.skipIf(version < "1")(
    "hands its visitor, the session and what it could not send over to the tag of now",
    async () => {
      const { shop, page, refresh } = await shopWithTagOf(version);
      const arrive = world.wire.onRequest(({ path }) =>
        path.startsWith("/v1/snapshots") ? { kind: "cut" } : undefined,
      );
      await page.goto(shop.url());
      await ready(page);
      await inPage(page, "window.visit = 'v-82'");
      const [id, session] = [await contextId(page), await sessionId(page)];
      await eventually(async () => expect(await inPage(page, "JSON.stringify(localStorage)")).toContain("v-82"));
      await refresh();
      arrive();
      await page.goto(shop.url("basket"));
      await ready(page);
      expect([await contextId(page), await sessionId(page)]).toEqual([id, session]);
      await flush(page);
      await eventually(async () => {
        const views = await shop.views(id);
        expect(views.map(({ number, url }) => [number, url])).toEqual([
          [1, shop.url()],
          [2, shop.url("basket")],
        ]);
        expect(valuesOf("visit", views)).toEqual(["v-82"]);
      });
    },
  );
});
