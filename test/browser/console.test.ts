import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
  type Shop,
  sessionId,
  viewId,
  type World,
} from "./harness/world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const ENTITIES = [
  { name: "visit", value: "r7k12_si" },
  { name: "cart", type: "expression", scope: "page_view", value: "basket.total" },
  { name: "broken", type: "expression", value: "throwing()" },
  { name: "absent", value: "window.absent" },
];

/** Requests for scripts other than the site's own. */
const extras = (shop: Shop) =>
  world.wire.seen.filter(
    (seen) => seen.method === "GET" && seen.path.includes("inspector") && seen.headers.referer?.includes(shop.id),
  );

describe("inspect()", () => {
  it("shows identity, consent, queue and each entity with value, status and error, and returns the rows", async () => {
    const shop = await world.shop({ entities: ENTITIES });
    const page = await world.browser.newPage();
    const said = consoleOf(page);
    await page.goto(shop.url("basket"));
    await ready(page);
    await page.addScriptTag({ content: "function throwing() { throw new RangeError('out of shoes') }" });
    await flush(page);
    await eventually(async () => {
      const statuses = await inPage(
        page,
        "Object.fromEntries(calljoin.entities().map((row) => [row.name, row.status]))",
      );
      expect(statuses).toMatchObject({ visit: "sent", cart: "sent", broken: "error" });
    });
    expect(extras(shop)).toEqual([]);
    expect(said).toEqual([]);
    const rows = await inPage<{ name: string; value: unknown; status: string; error: unknown }[]>(
      page,
      "calljoin.inspect()",
    );
    expect(rows.map((row) => row.name)).toEqual(["visit", "cart", "broken", "absent"]);
    expect(rows[0]).toMatchObject({ type: "simple", scope: "session", value: "v-81", status: "sent" });
    expect(rows[1]).toMatchObject({ type: "expression", scope: "page_view", value: 10, status: "sent" });
    expect(String(rows[2]?.error)).toContain("out of shoes");
    expect(rows[3]?.status).toMatch(/empty|pending/);
    await eventually(async () => {
      const all = said.join("\n");
      for (const part of [await contextId(page), await sessionId(page), await viewId(page)])
        expect(all).toContain(part);
      expect(all).toMatch(/consent/i);
      expect(all).toMatch(/queue/i);
    });
    expect(extras(shop).length).toBeLessThanOrEqual(1);
    await inPage(page, "calljoin.inspect()");
    expect(extras(shop).length).toBeLessThanOrEqual(1);
  });

  it("works under a policy that allows own origins only and requires Trusted Types", async () => {
    const shop = await world.shop({
      entities: [{ name: "visit", value: "visit" }],
      headers: (collector) => ({
        "content-security-policy": `default-src 'none'; img-src 'self'; script-src 'self' ${collector}; connect-src ${collector}; require-trusted-types-for 'script'`,
      }),
    });
    const page = await world.browser.newPage();
    const said = consoleOf(page);
    await page.goto(shop.url("strict"));
    await ready(page);
    await page.evaluate("calljoin.inspect()");
    const id = await contextId(page);
    await eventually(() => expect(said.join("\n")).toContain(id));
    expect(await inPage(page, "violations")).toEqual([]);
  });
});

describe("?calljoin_debug", () => {
  it("shows each value as it is read, on any page", async () => {
    const shop = await world.shop({ entities: ENTITIES });
    const page = await world.browser.newPage();
    const said = consoleOf(page);
    await page.goto(shop.url("basket?calljoin_debug"));
    await ready(page);
    const id = await contextId(page);
    await eventually(() => expect(said.join("\n")).toContain(id));
    await inPage(page, "basket.total = 31.25");
    await eventually(() => expect(said.join("\n")).toContain("31.25"));
  });
});

describe("entities()", () => {
  it("says sent only of what the collector has answered, and queued until then", async () => {
    const shop = await world.shop({ entities: ENTITIES });
    let release = () => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    const pass = world.wire.onRequest((seen) => (isOf(shop)(seen) ? { kind: "hold", until } : undefined));
    const page = await shop.visit("basket");
    const status = () => inPage(page, "calljoin.entities().find((row) => row.name === 'visit').status");
    await eventually(async () => expect(await status()).toBe("queued"));
    release();
    await eventually(async () => expect(await status()).toBe("sent"));
    pass();
  });
});

describe("on()", () => {
  it("tells of ready, of each view and of each entity's value, until it is unsubscribed", async () => {
    const shop = await world.shop({ entities: ENTITIES });
    const page = await shop.visit("basket");
    await inPage(
      page,
      `window.heard = { ready: 0, view: 0, entity: 0 };
       window.off = ["ready", "view", "entity"].map((event) => calljoin.on(event, () => { heard[event] += 1 }));`,
    );
    await inPage(page, "history.pushState({}, '', '/basket/2'); basket.total = 77");
    await pageSays(page, "heard.view > 0 && heard.entity > 0");
    expect(await inPage(page, "heard.ready")).toBe(1);
    await inPage(page, "off.forEach((unsubscribe) => unsubscribe()); window.then = { ...heard }");
    const view = await viewId(page);
    await inPage(page, "history.pushState({}, '', '/basket/3'); basket.total = 78");
    await eventually(async () => expect(await viewId(page)).not.toBe(view));
    await flush(page);
    expect(await inPage(page, "heard")).toEqual(await inPage(page, "window.then"));
  });
});
