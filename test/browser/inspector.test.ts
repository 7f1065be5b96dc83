import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Trial } from "../../sdk/boot/api.js";
import type { InspectedRow } from "../../sdk/entity/row.js";
import {
  consoleOf,
  contextId,
  eventually,
  flush,
  inPage,
  isOf,
  openWorld,
  pageSays,
  ready,
  type World,
} from "./harness/world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const expression = (name: string, value: string, scope = "page_view") => ({ name, type: "expression", scope, value });
const rowsOf = (rows: InspectedRow[]) => new Map(rows.map((row) => [row.name, row]));

describe("inspect()", () => {
  it("tells of each entity its code, its last change, its bytes, why it is empty, and its error's stack", async () => {
    const shop = await world.shop({
      entities: [
        expression("total", "window.total"),
        expression("long", "'é'.repeat(2000)"),
        expression("none", "window.none"),
        expression("nan", "NaN"),
        expression("blank", "''"),
        expression("uncalled", "window.uncalled"),
        expression("promised", "Promise.resolve(1)"),
        expression("thrown", "window.thrown()"),
      ],
    });
    const page = await shop.visit("plain");
    await inPage(
      page,
      "uncalled = () => 1; thrown = function deep() { throw new RangeError('out') }; total = 1; undefined",
    );
    await pageSays(page, "calljoin.get('total') === 1");
    const changed = await inPage<number>(page, "total = 2; Date.now()");
    await pageSays(page, "calljoin.get('total') === 2");
    const rows = rowsOf(await inPage<InspectedRow[]>(page, "calljoin.inspect()"));
    expect(rows.get("total")).toMatchObject({
      source: "window.total",
      value: 2,
      previous: 1,
      bytes: 1,
      cut: false,
      why: null,
    });
    expect(Math.abs((rows.get("total")?.changed_at ?? 0) - changed)).toBeLessThan(1000);
    expect(rows.get("long")).toMatchObject({ bytes: 1023, cut: true });
    const why = (name: string) => rows.get(name)?.why;
    expect(["none", "nan", "blank"].map(why)).toEqual(["undefined", "NaN", "an empty text"]);
    expect(why("uncalled")).toBe("a function that was not called");
    expect(why("promised")).toMatch(/^a promise/);
    expect(rows.get("thrown")).toMatchObject({
      status: "error",
      error: "RangeError: out",
      stack: expect.stringContaining("deep"),
    });
  });

  it("tells site, document version, collector, second tags, why consent is what it is, and the last body as curl", async () => {
    const shop = await world.shop({ site: { consent: "required" }, entities: [expression("n", "window.n")] });
    const page = await world.browser.newPage();
    const said = consoleOf(page);
    const second = `<script src="${shop.collector}/t/${shop.id}.js"></script>`;
    shop.pages.set("/two", `<!doctype html><title>Two</title>${second}${second}`);
    await page.goto(shop.url("two"));
    await inPage(page, "calljoin.inspect()");
    await eventually(() => expect(said.join("\n")).toContain("the page has not told the visitor's answer"));
    await inPage(page, "calljoin.consent('granted')");
    await flush(page);
    await inPage(page, "calljoin.inspect()");
    await eventually(() => {
      const all = said.join("\n");
      expect(all).toContain(`${shop.id}, document version 1`);
      expect(all).toContain(shop.collector);
      expect(all).toContain(`second tags in this page: ${shop.id}`);
      expect(all).toContain("granted: the page has told the visitor's answer");
      expect(all).toContain(`curl -i ${shop.collector}/v1/snapshots`);
      expect(all).toContain(`"site":"${shop.id}"`);
    });
  });
});

describe("a page's address", () => {
  it.each([
    [false, "plain?utm_campaign=calljoin_launch"],
    [false, "plain?q=my-calljoin=1#calljoin_"],
    [true, "plain?calljoin_debug"],
    [true, "plain?a=1&calljoin_debug"],
    [true, "plain#calljoin_debug"],
  ])("opens the inspector: %s for %s", async (isOpened, path) => {
    const shop = await world.shop();
    const page = await shop.visit(path);
    const seen = () => world.wire.seen.filter(({ path, at }) => path.startsWith("/inspector.js") && at > start).length;
    const start = Date.now() - 1;
    await page.reload();
    await ready(page);
    await flush(page);
    if (isOpened) await eventually(() => expect(seen()).toBe(1));
    else expect(seen()).toBe(0);
  });
});

describe("try()", () => {
  it("answers what would be stored, with the entity to paste, and follows it in the console", async () => {
    const shop = await world.shop();
    const page = await world.browser.newPage();
    const said = consoleOf(page);
    await page.goto(shop.url("plain"));
    await ready(page);
    await inPage(page, "document.title = 'Shoe'");
    const trial = await page.evaluate<Trial>("calljoin.try(() => document.title)");
    expect(trial).toMatchObject({
      value: "Shoe",
      bytes: 4,
      cut: false,
      entity: { name: "new_entity", type: "expression", scope: "page_view", value: "document.title" },
    });
    await inPage(page, "document.title = 'Hat'");
    await eventually(() => expect(said.join("\n")).toContain('"Hat"'));
    expect(said.join("\n")).toContain('"value": "document.title"');
  });

  it.each([
    ["() => document.title", "document.title"],
    ["()=>document.title", "document.title"],
    ["() => (document.title)", "(document.title)"],
    ["_ => document.title", "(_ => document.title)()"],
    ["function(){return document.title}", "(function(){return document.title})()"],
    ["function(){return(document.title)}", "(function(){return(document.title)})()"],
    ["function () { return document.title }", "(function () { return document.title })()"],
    ["() => { const { title } = document; return title }", "(() => { const { title } = document; return title })()"],
    ["()=>{return document.title}", "(()=>{return document.title})()"],
    ["function named() {\n  return (document.title\n);\n}", "(function named() {\n  return (document.title\n);\n})()"],
  ])("gives of %s an entity that can be saved, and reads the same", async (code, value) => {
    const shop = await world.shop();
    const page = await shop.visit("plain");
    const { entity } = await page.evaluate<Trial>(`calljoin.try(${code})`);
    expect(entity).toEqual({ name: "new_entity", type: "expression", scope: "page_view", value });
    await shop.putSite({ entities: [entity] });
    await page.goto(shop.url("plain/2"));
    await ready(page);
    expect(await inPage(page, "calljoin.get('new_entity') === document.title")).toBe(true);
  });

  it("tells why nothing would be", async () => {
    const shop = await world.shop();
    const page = await shop.visit("plain");
    const tried = (code: string) => page.evaluate<Trial>(`calljoin.try(${code})`);
    expect(await tried("() => () => 1")).toMatchObject({ value: null, why: "a function that was not called" });
    expect(await tried("() => { throw Symbol('x') }")).toMatchObject({
      value: null,
      status: "error",
      error: expect.stringMatching(/./),
    });
    expect(await tried("() => ({ sku: 's9' })")).toMatchObject({ value: '{"sku":"s9"}' });
  });
});

describe("call()", () => {
  it("answers the values that a call would be joined with now, a session's of the view before among them", async () => {
    const shop = await world.shop({
      entities: [expression("visit", "window.visit", "session"), expression("sku", "window.sku")],
    });
    const page = await shop.visit("spa");
    await inPage(page, "visit = 'v-1'; sku = 's-1'; undefined");
    await pageSays(page, "calljoin.get('sku') === 's-1'");
    expect(await inPage(page, "calljoin.call()")).toEqual({ visit: "v-1", sku: "s-1" });
    await inPage(page, "visit = sku = undefined; history.pushState({}, '', '/spa/2'); undefined");
    await pageSays(page, "calljoin.entities()[1].status === 'empty'");
    expect(await inPage(page, "calljoin.call()")).toEqual({ visit: "v-1" });
  });
});

describe("a status", () => {
  it("is sent after the collector's own receipt alone", async () => {
    const shop = await world.shop({ entities: [expression("n", "window.n")] });
    const page = await shop.visit("plain");
    await flush(page);
    const pass = world.wire.onRequest((seen) => (isOf(shop)(seen) ? { kind: "status", status: 200 } : undefined));
    await inPage(page, "window.n = 1; undefined");
    await pageSays(page, "calljoin.get('n') === 1");
    await flush(page);
    await eventually(() => expect(shop.sent().some((sent) => sent.status === 200)).toBe(true));
    expect(await inPage(page, "calljoin.entities()[0].status")).toBe("queued");
    pass();
    await pageSays(page, "calljoin.entities()[0].status === 'sent'");
    expect(JSON.stringify(await shop.stored(await contextId(page)))).toContain('"n":1');
  });

  it("is rejected, with the reason, where the collector takes the request and not the snapshot", async () => {
    const shop = await world.shop({ entities: [expression("n", "window.n")] });
    const page = await shop.visit("plain");
    await flush(page);
    await inPage(
      page,
      `window.fetch = async () => new Response('{"accepted":0,"duplicate":0,"rejected":[{"index":0,"reason":"invalid","detail":"at: must be a time"}]}');
       window.n = 1; undefined`,
    );
    await pageSays(page, "calljoin.entities()[0].status === 'rejected'");
    expect(await inPage(page, "calljoin.entities()[0].error")).toMatch(/^invalid: /);
  });

  it("is given_up where the whole request is refused", async () => {
    const shop = await world.shop({ entities: [expression("n", "window.n")] });
    const page = await shop.visit("plain");
    await flush(page);
    const pass = world.wire.onRequest((seen) => (isOf(shop)(seen) ? { kind: "status", status: 403 } : undefined));
    await inPage(page, "window.n = 1; undefined");
    await pageSays(page, "calljoin.entities()[0].status === 'given_up'");
    pass();
  });
});
