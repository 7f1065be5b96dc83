import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  contextId,
  eventually,
  flush,
  inPage,
  openWorld,
  pageSays,
  ready,
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

const ENTITIES = [
  { name: "sku", type: "simple", scope: "page_view", value: "sku" },
  { name: "price", type: "expression", scope: "page_view", value: "window.price" },
];
const VENDORS = { vendors: [{ name: "v" }] };
const wait = (page: Page, ms: number) => inPage(page, `new Promise((resolve) => setTimeout(resolve, ${ms}))`);

/** A shop whose data come `delay` ms after its route; until then it shows a skeleton that rests. */
const SLOW = `<!doctype html><title>Shoe A</title><body><main id="m">Shoe A</main><script>
  var sku = "A"; window.price = 10;
  function go(name, amount, delay) {
    history.pushState({}, "", "/slow/" + name); m.textContent = "Loading";
    setTimeout(() => { sku = name; price = amount; document.title = "Shoe " + name; m.textContent = name }, delay);
  }</script>{{script}}`;

async function slowShop(): Promise<{ shop: Shop; page: Page; id: string; token: string }> {
  const shop = await world.shop({ site: VENDORS, entities: ENTITIES });
  const token = await world.collector.vendorToken(shop.id, "v");
  shop.pages.set("/slow", SLOW);
  const page = await shop.visit("slow");
  return { shop, page, token, id: await contextId(page) };
}

async function callAt(shop: Shop, token: string, context: string, ts: number) {
  const meta = { type: "ecBasketTransactionSummary", ts, url: "", source: "test@1" };
  await world.collector.postCall(shop.id, token, [{ context: { id: context }, meta, transaction: { id: `at-${ts}` } }]);
  const found = (await world.collector.calls(shop.id)).find((call) => call.ts === ts);
  if (!found) throw new Error("the call is not listed");
  return found;
}

describe("a route whose data come late", () => {
  it.each([300, 1500, 5000])("(after %i ms) has its own values from its start, and its own title", async (delay) => {
    const { shop, page, id, token } = await slowShop();
    const routed = await inPage<number>(page, `go("B", 99, ${delay}); Date.now()`);
    await pageSays(page, "sku === 'B'");
    await wait(page, 1200);
    await flush(page);
    const [, view] = await shop.views(id);
    expect(valuesOf("sku", view ? [view] : [])).toEqual(["B"]);
    expect(valuesOf("price", view ? [view] : [])).toEqual([99]);
    expect(view?.title).toBe("Shoe B");
    const call = await callAt(shop, token, id, routed + 20);
    expect(call.entities).toEqual({ sku: "B", price: 99 });
  });

  it("ends with the right values, be those of its predecessor sent meanwhile", async () => {
    const { shop, page, id, token } = await slowShop();
    const routed = await inPage<number>(page, `go("B", 99, 5000); Date.now()`);
    await wait(page, 3000);
    await flush(page); // tells what is in doubt, too
    await pageSays(page, "sku === 'B'");
    await wait(page, 1200);
    await flush(page);
    const call = await callAt(shop, token, id, routed + 2000);
    expect(call.entities).toEqual({ sku: "B", price: 99 });
  });

  it("keeps a value that is its own and its predecessor's alike", async () => {
    const { shop, page, id, token } = await slowShop();
    const routed = await inPage<number>(page, `go("A", 10, 100); Date.now()`);
    await eventually(async () => expect((await shop.views(id))[1]?.snapshots.length).toBeGreaterThan(1));
    const call = await callAt(shop, token, id, routed + 500);
    expect(call.entities).toEqual({ sku: "A", price: 10 });
  });

  it.each([
    [
      "a replaceState of the same address, as Next.js does it",
      "history.replaceState({ ...history.state, tree: 1 }, '')",
    ],
    [
      "a click on a download",
      "(() => { const a = document.createElement('a'); a.href = '/plain'; a.download = 'x.txt'; document.body.append(a); a.click() })()",
    ],
  ])("is not read early by %s", async (_what, act) => {
    const { shop, page, id } = await slowShop();
    await inPage(page, `go("B", 99, 1500); ${act}; undefined`);
    await pageSays(page, "sku === 'B'");
    await wait(page, 1200);
    await flush(page);
    const views = (await shop.views(id)).slice(1);
    expect([valuesOf("sku", views), valuesOf("price", views)]).toEqual([["B"], [99]]);
  });
});

/** How many views an act makes. */
async function viewsMadeBy(page: Page, act: string): Promise<number> {
  await inPage(
    page,
    "window.views = 0; window.off?.(); window.off = calljoin.on('view', () => { views += 1 }); undefined",
  );
  await inPage(page, `${act}; undefined`);
  await wait(page, 900);
  return inPage<number>(page, "views");
}

describe.each([
  ["with the Navigation API", ""],
  ["without it", "delete window.navigation; Object.defineProperty(window, 'navigation', { value: undefined })"],
])("a view (%s) is made", (_api, script) => {
  it.each([
    [1, "by a push of another path", "history.pushState({}, '', '/spa/2')"],
    [1, "by a push of another query", "history.pushState({}, '', '?page=2')"],
    [1, "by a replace of the path", "history.replaceState({}, '', '/spa/3')"],
    [1, "by a fragment that is a path", "location.hash = '#/list'"],
    [1, "by a fragment of the older kind", "location.hash = '#!list'"],
    [1, "by a push that no event tells of", "History.prototype.pushState.call(history, {}, '', '/spa/4')"],
    [
      0,
      "not by a search box that writes itself into the query",
      "for (const q of 'shoe') history.replaceState({}, '', '?q=' + q)",
    ],
    [0, "not by a fragment that is a place", "location.hash = '#reviews'"],
    [0, "not by a scroll spy", "history.replaceState({}, '', '#section-2'); history.pushState({}, '', '#section-3')"],
    [
      0,
      "not by href='#'",
      "(() => { const a = document.createElement('a'); a.href = '#'; document.body.append(a); a.click() })()",
    ],
    [0, "not by a push of the same address", "history.pushState({ open: true }, '', location.href)"],
  ])("%i %s", async (count, _what, act) => {
    const shop = await world.shop();
    const page = await world.browser.newPage();
    if (script) await page.addInitScript({ content: script });
    await page.goto(shop.url("spa"));
    await ready(page);
    expect(await viewsMadeBy(page, act)).toBe(count);
  });
});

describe("in a frame", () => {
  it("the tag does nothing, unless its element says data-frames", async () => {
    const shop = await world.shop();
    const tag = `src="${shop.collector}/t/${shop.id}.js"`;
    shop.pages.set("/inner", `<!doctype html><script ${tag}></script>`);
    shop.pages.set("/meant", `<!doctype html><script ${tag} data-frames></script>`);
    shop.pages.set(
      "/outer",
      `<!doctype html><title>Outer</title><iframe src="/inner"></iframe><iframe src="/meant"></iframe>`,
    );
    const page = await world.browser.newPage();
    await page.goto(shop.url("outer"));
    await page.waitForLoadState("load");
    const found = await Promise.all(page.frames().map((frame) => frame.evaluate("typeof window.calljoin")));
    expect(found).toEqual(["undefined", "undefined", "object"]);
    expect(await page.frames()[2]?.evaluate("typeof calljoin.contextId")).toBe("string");
  });
});

describe("a view's title", () => {
  it("is the one it ends up with", async () => {
    const shop = await world.shop();
    const page = await shop.visit("spa");
    const id = await contextId(page);
    await flush(page);
    await inPage(page, "document.title = 'Loading'");
    await wait(page, 1200);
    await inPage(page, "document.title = 'Blue shoe'");
    await page.goto(shop.url("bare"));
    await eventually(async () => expect((await shop.views(id)).map((view) => view.title)).toEqual(["Blue shoe"]));
  });
});

describe("a view's title that the page changes", () => {
  const BLINK = `document.addEventListener("visibilitychange", () => {
    if (document.hidden) { window.shown = document.title; document.title = "Come back!" } else document.title = window.shown })`;

  it("while it is hidden, is not told, and the one it had in that moment is", async () => {
    const shop = await world.shop();
    const page = await shop.visit("spa");
    const id = await contextId(page);
    await flush(page);
    await inPage(page, `${BLINK}; document.title = "Blue shoe"`);
    const other = await world.browser.newPage();
    await pageSays(page, "document.title === 'Come back!'");
    await eventually(async () => expect((await shop.views(id)).map((view) => view.title)).toEqual(["Blue shoe"]));
    await page.goto(shop.url("bare"));
    await other.close();
    await wait(page, 1000);
    expect((await shop.views(id)).map((view) => view.title)).toEqual(["Blue shoe"]);
  });

  it("a dozen times, is the last one", async () => {
    const shop = await world.shop();
    const page = await shop.visit("spa");
    for (let n = 1; n <= 12; n++) {
      await inPage(page, `document.title = "(${n}) Chat"`);
      await flush(page);
    }
    const views = await shop.views(await contextId(page));
    expect(views.map((view) => view.title)).toEqual(["(12) Chat"]);
  });
});

describe("a restless value", () => {
  const slider = { name: "slider", type: "expression", value: "window.slider" };

  it("is told within a second of coming to rest, and not at each of its steps", async () => {
    const shop = await world.shop({ entities: [slider] });
    const page = await shop.visit("plain");
    const id = await contextId(page);
    await inPage(page, "window.slider = 0; window.drag = setInterval(() => { slider += 1 }, 50); undefined");
    await wait(page, 12_000);
    const end = await inPage<number>(page, "clearInterval(drag); window.ended = Date.now(); slider");
    const ended = await inPage<number>(page, "ended");
    await eventually(async () => expect(valuesOf("slider", await shop.views(id))).toContain(end));
    const snapshots = (await shop.views(id)).flatMap((view) => view.snapshots);
    const last = snapshots.find(({ entities }) => entities.slider === end);
    expect((last?.at ?? 0) - ended).toBeLessThan(1000);
    expect(snapshots.filter(({ entities }) => "slider" in entities).length).toBeLessThan(20);
  });

  it.each(["click", "key"])("of a calm page is read within a second of a %s", async (how) => {
    const shop = await world.shop({ entities: [slider] });
    const page = await shop.visit("plain");
    const id = await contextId(page);
    await wait(page, 7000); // calm
    await inPage(
      page,
      `addEventListener("${how === "key" ? "keydown" : "click"}", () => setTimeout(() => { window.slider = "${how}"; window.set = Date.now() }, 100))`,
    );
    if (how === "key") await page.keyboard.press("a");
    else await page.mouse.click(50, 50);
    await eventually(async () => expect(valuesOf("slider", await shop.views(id))).toContain(how));
    const snapshots = (await shop.views(id)).flatMap((view) => view.snapshots);
    const at = snapshots.find(({ entities }) => entities.slider === how)?.at ?? 0;
    expect(at - (await inPage<number>(page, "window.set"))).toBeLessThan(1000);
  });

  it("costs by its cost: an expression of 300 ms leaves the page its time", async () => {
    const shop = await world.shop({
      entities: [{ name: "slow", type: "expression", value: "window.read()" }],
    });
    const page = await world.browser.newPage();
    await page.addInitScript({
      content:
        "window.reads = 0; window.read = () => { const end = Date.now() + 300; while (Date.now() < end); return ++window.reads }",
    });
    await page.goto(shop.url());
    await ready(page);
    const before = await inPage<number>(page, "reads");
    await wait(page, 10_000);
    expect((await inPage<number>(page, "reads")) - before).toBeLessThanOrEqual(1);
    expect(await viewId(page)).toBeTruthy();
  });
});
