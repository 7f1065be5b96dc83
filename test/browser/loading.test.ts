/** The ways in which a page may load the tag. */
import { createServer } from "node:http";
import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listen } from "./harness/wire.js";
import { contextId, eventually, flush, inPage, openWorld, type Shop, valuesOf, type World } from "./harness/world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const basket = { name: "basket", type: "expression", value: "window.basket" };

const inline = async (shop: Shop): Promise<string> =>
  (await fetch(`${shop.collector.replace(/\/\/[^:]+/, "//127.0.0.1")}/t/${shop.id}.js`)).text();

describe("the tag that is loaded in another way works where it can know the collector:", () => {
  it.each([
    ["as a module", (src: string) => `<script type="module" src="${src}"></script>`],
    ["by import()", (src: string) => `<script>import("${src}")</script>`],
    [
      "in a shadow root",
      (src: string) => `<div id="host"></div><script>
        const script = document.createElement("script"); script.src = "${src}";
        host.attachShadow({ mode: "open" }).append(script)</script>`,
    ],
    [
      "by Google Tag Manager's Custom HTML, which makes each script of its text once more",
      (src: string) => `<script>
        const text = document.createElement("div"); text.innerHTML = '<script async src="${src}"></' + "script>";
        const script = document.createElement("script"); script.async = true; script.src = text.firstChild.src;
        document.body.append(script)</script>`,
    ],
    ["with a query", (src: string) => `<script async src="${src}?v=1#x"></script>`],
  ])("%s", async (_how, markup) => {
    const shop = await world.shop({ entities: [basket] });
    const src = `${shop.collector}/t/${shop.id}.js`;
    shop.pages.set("/other", `<!doctype html><title>A page</title><body><script>basket = 1</script>${markup(src)}`);
    const page = await shop.visit("other");
    await flush(page);
    await eventually(async () => expect(valuesOf("basket", await shop.views(await contextId(page)))).toEqual([1]));
  });

  it("else says so once in the console, and does nothing", async () => {
    const shop = await world.shop();
    const code = await inline(shop);
    shop.pages.set("/inline", `<!doctype html><title>Inline</title><script>${code}</script>`);
    const page = await world.browser.newPage();
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    await page.goto(shop.url("inline"));
    await page.waitForLoadState("load");
    expect(said.filter((line) => line.includes("CALLJOIN_PUBLIC_URL"))).toHaveLength(1);
    expect(await inPage(page, "[window.calljoin, document.cookie]")).toEqual([undefined, ""]);
  });

  it("by the address that is compiled in, where it is inline", async () => {
    const shop = await world.shop({ entities: [basket] });
    const code = (await inline(shop)).replace(`site:"${shop.id}"`, `site:"${shop.id}",collector:"${shop.collector}"`);
    shop.pages.set("/inline", `<!doctype html><title>Inline</title><script>basket = 2;${code}</script>`);
    const page = await shop.visit("inline");
    await flush(page);
    await eventually(async () => expect(valuesOf("basket", await shop.views(await contextId(page)))).toEqual([2]));
  });
});

describe("the tag that is loaded through a redirect", () => {
  /** Serves the tag at `/loader`, which redirects to it. */
  async function openLoader(shop: Shop, collector: string): Promise<{ said: string[]; page: Page; close: () => void }> {
    const code = (await inline(shop)).replace(`site:"${shop.id}"`, `site:"${shop.id}"${collector}`);
    const server = createServer((request, response) => {
      if (request.url === "/loader") response.writeHead(302, { location: "/file" }).end();
      else response.writeHead(200, { "content-type": "text/javascript" }).end(code);
    });
    const port = await listen(server, 0);
    const tag = `<script src="http://127.0.0.1:${port}/loader"></script>`;
    shop.pages.set("/redirect", `<!doctype html><title>A page</title><script>basket = 3</script>${tag}`);
    const page = await world.browser.newPage();
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    await page.goto(shop.url("redirect"));
    return { said, page, close: () => server.close() };
  }

  it("knows its collector by the address that is compiled in", async () => {
    const shop = await world.shop({ entities: [basket] });
    const { page, close } = await openLoader(shop, `,collector:"${shop.collector}"`);
    const id = await contextId(page);
    await flush(page);
    expect(valuesOf("basket", await shop.views(id))).toEqual([3]);
    close();
  });

  it("else says so once in the console, and does nothing", async () => {
    const shop = await world.shop({ entities: [basket] });
    const { page, said, close } = await openLoader(shop, "");
    expect(said.filter((line) => line.includes("CALLJOIN_PUBLIC_URL"))).toHaveLength(1);
    expect(await inPage(page, "[window.calljoin, document.cookie]")).toEqual([undefined, ""]);
    close();
  });
});
