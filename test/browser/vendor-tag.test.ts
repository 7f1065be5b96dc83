import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contextId, eventually, inPage, openWorld, pageSays, ready, type World } from "./harness/world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const BRIDGES = {
  vendors: [
    { name: "infinity", bridge: { type: "infinity", name: "visitor_id" } },
    { name: "cookie_vendor", bridge: { type: "cookie", name: "vendor_visitor" } },
    { name: "form_vendor", bridge: { type: "field", name: "visitor" } },
    { name: "tel_vendor", bridge: { type: "tel", attribute: "data-visitor" } },
  ],
};

describe("a vendor's tag on the page", () => {
  it("is handed the context_id by its bridge: a tag's queue, a cookie, a form field, a tel: link", async () => {
    const shop = await world.shop({ site: BRIDGES });
    const page = await shop.visit("vendor-tag");
    const id = await contextId(page);
    await eventually(async () => {
      expect(await inPage(page, "window._ictt")).toEqual([["_setCustomVar", ["visitor_id", id]]]);
      expect(await inPage(page, "document.cookie.split('; ')")).toContain(`vendor_visitor=${id}`);
      expect(await inPage(page, "document.querySelector('[name=visitor]').value")).toBe(id);
      expect(await inPage(page, "document.getElementById('call').dataset.visitor")).toBe(id);
    });
  });

  it("finds it in a form that the page adds later, when that is sent", async () => {
    const shop = await world.shop({ site: BRIDGES });
    const page = await shop.visit("vendor-tag");
    const id = await contextId(page);
    await inPage(page, "void (window.submitted = addLater())");
    await page.click("button");
    expect(await inPage(page, "window.submitted")).toEqual([id, id]);
  });

  it("is handed nothing before consent", async () => {
    const shop = await world.shop({ site: { ...BRIDGES, consent: "required" } });
    const page = await world.browser.newPage();
    await page.goto(shop.url("vendor-tag"));
    await pageSays(page, "window.calljoin && !Array.isArray(window.calljoin)");
    await page.click("h1, form");
    expect(
      await inPage(page, "[window._ictt, document.cookie, document.querySelector('[name=visitor]').value]"),
    ).toEqual([undefined, "", ""]);
    await inPage(page, "calljoin.consent('granted')");
    await ready(page);
    const id = await contextId(page);
    await eventually(async () => {
      expect(await inPage(page, "window._ictt")).toEqual([["_setCustomVar", ["visitor_id", id]]]);
    });
  });

  it("that ran before the script had loaded is called with the api, and a fault of its own costs no other", async () => {
    const shop = await world.shop();
    const page = await shop.visit("queued");
    const id = await contextId(page);
    await eventually(async () => {
      const handed = await inPage<string[]>(page, "handed");
      expect(handed).toHaveLength(3);
      expect(handed).toEqual(expect.arrayContaining([id, "ready"]));
    });
    expect(
      await inPage(page, "(() => { let got; calljoin.push((api) => { got = api.contextId }); return got })()"),
    ).toBe(id);
  });
});
