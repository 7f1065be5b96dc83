import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contextId, eventually, inPage, openWorld, valuesOf, type World } from "./harness/world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

describe("the ES module", () => {
  it("follows functions in a page, runs once, and hands its id to bridges", async () => {
    const shop = await world.shop({
      entities: [{ name: "total", type: "expression", scope: "page_view", value: "0" }],
    });
    const page = await shop.visit("module");
    const id = await contextId(page);
    await eventually(async () => expect(valuesOf("total", await shop.views(id))).toEqual([10]));
    await inPage(page, "setTotal(49.9)");
    await eventually(async () => expect(valuesOf("total", await shop.views(id))).toEqual([10, 49.9]));
    expect(await inPage(page, "api === calljoin && second === api")).toBe(true);
    expect(await inPage(page, "handed")).toEqual([id]);
  });

  it("can be imported where there is no window, and does nothing there", () => {
    const code = `
      import { start } from ${JSON.stringify(new URL("../../dist/sdk/calljoin.mjs", import.meta.url).href)};
      const api = start({ site: "s", collector: "https://calls.example", entities: [{ name: "n", type: "simple", scope: "session", value: () => 1 }] });
      api.push(() => { throw new Error("called") });
      api.page(); api.consent("granted"); api.on("view", () => {})();
      await api.flush();
      console.log(JSON.stringify([api.contextId, api.sessionId, api.viewId, api.get("n") ?? null, api.entities(), api.inspect()]));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
      encoding: "utf8",
    });
    expect({ stdout: stdout.trim(), stderr }).toEqual({ stdout: "[null,null,null,null,[],[]]", stderr: "" });
  });

  it.each([
    ["no scheme", "{ site: 's', collector: 'calls.example', consent: 'required' }", /collector must be a full address/],
    ["no site", "{ collector: 'https://calls.example', consent: 'required' }", /site must be/],
    [
      "a bad name",
      "{ site: 's', collector: 'https://calls.example', consent: 'required', entities: [{ name: 'a b', type: 'simple', scope: 'session', value: () => 1 }] }",
      /entities\[0\]: name must be/,
    ],
    [
      "text for code",
      "{ site: 's', collector: 'https://calls.example', consent: 'required', entities: [{ name: 'a', type: 'simple', scope: 'session', value: 'a' }] }",
      /a: value must be a function/,
    ],
    [
      "a consent that there is not",
      "{ site: 's', collector: 'https://calls.example', consent: 'maybe' }",
      /consent must be/,
    ],
    ["nothing", "undefined", /site must be/],
    ["a getter that throws", "{ get site() { throw 1 } }", undefined],
  ])("never throws into an app, and names what is wrong: %s", async (_what, options, message) => {
    const shop = await world.shop();
    const page = await world.browser.newPage();
    const said: string[] = [];
    page.on("console", (each) => said.push(each.text()));
    page.on("pageerror", (error) => said.push(`thrown: ${error.message}`));
    await page.goto(shop.url("bare"));
    const ids = await inPage<unknown[]>(
      page,
      `import("/dist/sdk/calljoin.mjs").then(({ start }) => { const api = start(${options}); api.page(); return [api.contextId, document.cookie] })`,
    );
    expect(ids).toEqual([null, ""]);
    if (message) expect(said.join("\n")).toMatch(message);
    expect(said.join("\n")).not.toContain("thrown");
  });

  it("says that it cannot know the site document's consent where it is not told", async () => {
    const shop = await world.shop();
    const page = await world.browser.newPage();
    const said: string[] = [];
    page.on("console", (each) => said.push(each.text()));
    await page.goto(shop.url("module"));
    await contextId(page);
    expect(said.filter((line) => line.includes("consent is missing"))).toHaveLength(1);
  });
});
