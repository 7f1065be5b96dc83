import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isFirefox } from "./harness/browser.js";
import {
  contextId,
  eventually,
  flush,
  inPage,
  openWorld,
  pageSays,
  ready,
  valuesOf,
  type World,
} from "./harness/world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

interface Row {
  name: string;
  type: string;
  scope: string;
  value: unknown;
  status: string;
  error?: unknown;
}
const rowsOf = async (page: Awaited<ReturnType<World["browser"]["newPage"]>>): Promise<Map<string, Row>> => {
  const rows = await page.evaluate<Row[]>(
    "calljoin.entities().map((row) => ({ ...row, value: String(row.value).slice(0, 2000), error: row.error && String(row.error) }))",
  );
  return new Map(rows.map((row) => [row.name, row]));
};
const expression = (name: string, value = name) => ({ name, type: "expression", value });

describe("a simple entity", () => {
  it("is read once in each page view, as soon as it is not empty", async () => {
    const shop = await world.shop({ entities: [{ name: "visit", value: "visit" }] });
    const page = await shop.visit("spa");
    const id = await contextId(page);
    for (const empty of ["null", "''", "undefined", "NaN"]) await inPage(page, `window.visit = ${empty}`);
    await inPage(page, "window.visit = 'v-1'");
    await eventually(async () => expect(valuesOf("visit", await shop.views(id))).toEqual(["v-1"]));
    await inPage(page, "window.visit = 'v-2'");
    await flush(page);
    expect(valuesOf("visit", await shop.views(id))).toEqual(["v-1"]);
    await inPage(page, "route('/spa/2', 'Two')");
    await eventually(async () => expect(valuesOf("visit", await shop.views(id))).toEqual(["v-1", "v-2"]));
  });
});

describe("an element's name", () => {
  it("is no value of the variable that has it, nor is what the element has", async () => {
    const shop = await world.shop({
      entities: [
        { name: "sku", value: "sku" },
        { name: "size", value: "size" },
        { name: "product", value: "product.id" },
        { name: "later", value: "window.product.name" },
        expression("node", "document.querySelector('form')"),
        expression("nodes", "document.querySelectorAll('form')"),
      ],
    });
    shop.pages.set(
      "/ids",
      `<!doctype html><title>Ids</title><div id="product"><form id="sku" name="product"></form></div>
       <i id="size"></i><i id="size"></i>{{script}}`,
    );
    const page = await shop.visit("ids");
    const id = await contextId(page);
    await flush(page);
    const rows = await inPage<{ name: string; source: string; status: string; why: string }[]>(
      page,
      "calljoin.inspect()",
    );
    expect(rows.map(({ status }) => status)).toEqual(Array(6).fill("empty"));
    expect(rows.every(({ why }) => why.includes("an element"))).toBe(true);
    expect(rows.map(({ source }) => source)).toEqual(expect.arrayContaining(["product.id", "window.product.name"]));
    await inPage(page, "sku = 's-7'; size = 42; product = { id: 'p-7', name: 'Shoe' }; undefined");
    await eventually(async () => {
      const views = await shop.views(id);
      const found = ["sku", "size", "product", "later", "node", "nodes"].map((name) => valuesOf(name, views));
      expect(found).toEqual([["s-7"], [42], ["p-7"], ["Shoe"], [], []]);
    });
  });
});

describe("an expression", () => {
  it("is read at page view and each time that its value changes, and empty never overwrites", async () => {
    const shop = await world.shop({ entities: [expression("cart", "window.cart")] });
    const page = await shop.visit();
    const id = await contextId(page);
    const want: unknown[] = [];
    for (const value of [1, 2.5, "three", false, true]) {
      await inPage(page, `window.cart = ${JSON.stringify(value)}`);
      want.push(value);
      await eventually(async () => expect(valuesOf("cart", await shop.views(id))).toEqual(want));
    }
    for (const empty of ["null", "''", "undefined", "NaN"]) {
      await inPage(page, `window.cart = ${empty}`);
      await flush(page);
    }
    expect(await inPage(page, "calljoin.flush()")).toBeUndefined();
    expect(valuesOf("cart", await shop.views(id))).toEqual(want);
  });

  it("is read once more, and sent, when the page is hidden", async () => {
    const shop = await world.shop({ entities: [expression("cart", "window.cart")] });
    const page = await shop.visit();
    const id = await contextId(page);
    await inPage(
      page,
      "document.addEventListener('visibilitychange', () => { window.cart = document.visibilityState }, { once: true })",
    );
    await (await world.browser.newPage()).bringToFront();
    await eventually(async () => expect(valuesOf("cart", await shop.views(id))).toEqual(["hidden"]));
  });

  it("is read once more, and sent, when a hidden page is frozen", async ({ skip }) => {
    skip(isFirefox, "Firefox freezes no page that it does not leave");
    const shop = await world.shop({ entities: [expression("cart", "window.cart")] });
    const page = await shop.visit();
    const id = await contextId(page);
    await world.browser.newPage();
    await pageSays(page, "document.visibilityState === 'hidden'");
    await inPage(page, "window.cart = 'changed while hidden'");
    const client = await world.browser.context.newCDPSession(page);
    await client.send("Page.setWebLifecycleState", { state: "frozen" });
    await eventually(async () => expect(valuesOf("cart", await shop.views(id))).toEqual(["changed while hidden"]));
  });

  it("is read at the press of a tel: link, before any timer", async () => {
    const shop = await world.shop({ entities: [expression("answer")] });
    const page = await shop.visit("phone");
    const id = await contextId(page);
    await eventually(async () => expect(valuesOf("answer", await shop.views(id))).toEqual(["before"]));
    for (const n of [1, 2, 3]) {
      await inPage(
        page,
        `document.addEventListener('pointerdown', () => { answer = 'pressed ${n}'; window.pressed = Date.now() }, { capture: true, once: true })`,
      );
      await page.click("#call");
      const pressed = await inPage<number>(page, "window.pressed");
      await eventually(async () => expect(valuesOf("answer", await shop.views(id))).toContain(`pressed ${n}`));
      const snapshots = (await shop.views(id)).flatMap((view) => view.snapshots);
      const at = snapshots.find(({ entities }) => entities.answer === `pressed ${n}`)?.at ?? Number.POSITIVE_INFINITY;
      expect(at - pressed).toBeLessThan(150);
    }
  });

  it("is not read at all while the page is hidden", async () => {
    const shop = await world.shop({ entities: [expression("reads", "++window.reads > 0")] });
    const hidden = await world.browser.newPage();
    await hidden.addInitScript({ content: "window.reads = 0" });
    await hidden.goto(shop.url());
    await ready(hidden);
    const visible = await world.browser.newPage();
    await visible.addInitScript({ content: "window.reads = 0" });
    await visible.goto(shop.url());
    await ready(visible);
    await pageSays(hidden, "document.visibilityState === 'hidden'");
    await flush(hidden);
    const reads = await inPage<number>(hidden, "window.reads");
    const start = await inPage<number>(visible, "window.reads");
    await pageSays(visible, `window.reads > ${start} + 4`);
    expect(await inPage<number>(hidden, "window.reads")).toBe(reads);
  });

  it("that changes at every reading is told rarely, reported, and costs the others nothing", {
    tags: ["long"],
  }, async () => {
    const shop = await world.shop({
      entities: [expression("restless", "++window.restless"), expression("calm", "window.calm")],
    });
    const page = await world.browser.newPage();
    await page.addInitScript({ content: "window.restless = 0" });
    await page.goto(shop.url());
    await ready(page);
    const id = await contextId(page);
    await pageSays(page, "window.restless > 14");
    const told = valuesOf("restless", await shop.views(id)).length;
    for (const n of [1, 2, 3]) {
      await inPage(page, `window.calm = ${n}`);
      await eventually(async () => expect(valuesOf("calm", await shop.views(id))).toContain(n));
    }
    expect(valuesOf("restless", await shop.views(id)).length).toBeLessThanOrEqual(told + 1);
    expect((await rowsOf(page)).get("restless")?.error).toBeTruthy();
  });
});

describe("values that cannot be sent as they are", () => {
  const names = [
    "cyclic",
    "big",
    "symbol",
    "node",
    "megabyte",
    "list",
    "good",
    "nothing",
    "blank",
    "notANumber",
    "zero",
    "no",
  ];

  it("cost none of the others: each has its own value or its own error", async () => {
    const shop = await world.shop({
      entities: [
        expression("throwing", "throwing.value"),
        expression("absent", "neverDefined.at.all"),
        ...names.map((name) => expression(name)),
      ],
    });
    const page = await world.browser.newPage();
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(error.message));
    await page.goto(shop.url("values"));
    await ready(page);
    await flush(page);
    const views = await eventually(async () => {
      const stored = await shop.views(await contextId(page));
      expect(valuesOf("good", stored)).toEqual(["good"]);
      return stored;
    });
    const rows = await rowsOf(page);
    expect(rows.get("throwing")).toMatchObject({ status: "error", error: expect.stringContaining("not yet") });
    expect(rows.get("cyclic")).toMatchObject({ status: "error" });
    expect(rows.get("absent")?.status).toMatch(/empty|error|pending/);
    for (const empty of ["throwing", "cyclic", "absent", "nothing", "blank", "notANumber"]) {
      expect([empty, valuesOf(empty, views)]).toEqual([empty, []]);
    }
    expect(valuesOf("zero", views)).toEqual([0]);
    expect(valuesOf("no", views)).toEqual([false]);
    const [list] = valuesOf("list", views);
    expect(typeof list === "string" ? JSON.parse(list) : list).toEqual([1, "two", { three: 3 }]);
    const [megabyte] = valuesOf("megabyte", views);
    expect(String(megabyte)).toMatch(/^x{900,}/);
    expect(Buffer.byteLength(JSON.stringify(megabyte))).toBeLessThan(1200);
    expect(megabyte).not.toBe("x".repeat(String(megabyte).length));
    expect(said).toEqual([]);
  });

  it("are read rightly in a page that patched JSON.stringify, toJSON and the prototypes", async () => {
    const shop = await world.shop({ entities: [expression("cart"), expression("word")] });
    const page = await shop.visit("hostile-json");
    const id = await contextId(page);
    const views = await eventually(async () => {
      const stored = await shop.views(id);
      expect(valuesOf("word", stored)).toEqual(["plain"]);
      return stored;
    });
    expect(views.map((view) => view.url)).toEqual([shop.url("hostile-json")]);
    expect(views[0]?.snapshots.map(({ entities }) => entities)).toEqual([{ cart: '{"lines":[1,2]}', word: "plain" }]);
  });
});

it("get(name) is the value on this view, and forgets a page-view value with its view", async () => {
  const shop = await world.shop({
    entities: [{ ...expression("product", "window.product"), scope: "page_view" }, expression("visit", "window.visit")],
  });
  const page = await shop.visit("spa");
  await inPage(page, "window.visit = 'v-1'; window.product = 'Shoe'");
  await pageSays(page, "calljoin.get('product') === 'Shoe'");
  await inPage(page, "window.product = undefined; window.visit = undefined; history.pushState({}, '', '/spa/2')");
  expect(await inPage(page, "calljoin.get('product') ?? null")).toBeNull();
  expect(await inPage(page, "calljoin.get('no such entity') ?? null")).toBeNull();
});
