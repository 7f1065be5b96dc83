import type { Page } from "playwright";
import { expect } from "vitest";
import { eventually } from "../../eventually.js";
import { type Browser, openBrowser, type Wishes } from "./browser.js";
import { openUnsteered } from "./chromium.js";
import {
  type Collector,
  openCollector,
  type StoredContext,
  type StoredSnapshot,
  type StoredView,
} from "./collector.js";
import { openShops, type Served } from "./shop.js";
import { openWire, type Seen, type Wire } from "./wire.js";

/** Every shop is on its own registrable domain, so that tests share a browser and no cookie and no storage. */
export interface Shop {
  id: string;
  /** The address of a fixture: `url("spa/products")`, on the shop's `www` host or another of its hosts. */
  url: (path?: string, host?: string) => string;
  /** Opens a fixture in a new tab and waits until its SDK has a view. */
  visit: (path?: string) => Promise<Page>;
  stored: (contextId: string) => Promise<StoredContext>;
  /** Everything the collector has for one visitor, oldest first, whatever its session. */
  views: (contextId: string) => Promise<StoredView[]>;
  /** The snapshot requests that this shop's pages made, as they passed between browser and collector. */
  sent: () => Sent[];
  putSite: (document: object) => Promise<void>;
  /** Pages of the test's own, by their paths (`/hostile`); `{{script}}` in them is the tag. */
  pages: Map<string, string>;
  /** The collector's address, as its tag has it. */
  collector: string;
  /** What its pages told the test, and the word for which they wait. */
  told: string[];
  go: () => void;
}

export interface Sent extends Seen {
  snapshots: { view_id: string; session_id: string; seq: number; entities?: Record<string, unknown>; view?: unknown }[];
  context_id: string;
}

export interface ShopOptions {
  entities?: { name: string; type?: string; scope?: string; value: string; identifies?: string }[];
  /** The rest of the site document. */
  site?: object;
  /** The pages' own headers, told where the collector is. */
  headers?: (collector: string) => Record<string, string>;
  /** More hosts that show this shop, until another shop takes them. */
  hosts?: string[];
  /** The collector answers on a host of the shop's own domain. */
  sameSite?: boolean;
}

export interface World {
  browser: Browser;
  collector: Collector;
  wire: Wire;
  shop: (options?: ShopOptions) => Promise<Shop>;
  /** A second browser, set as a visitor wishes, or on a page that nothing steers. Closed with the world. */
  otherBrowser: (wishes: Wishes) => Promise<Browser>;
  unsteered: (url: string) => Promise<void>;
  close: () => Promise<void>;
}

const SECURE_HOSTS = ["*.collector.test", ...Array.from({ length: 60 }, (_, n) => `*.shop${n + 1}.test`)];

/** Collector, wire, shops and a browser: one set for each test file. */
export async function openWorld(): Promise<World> {
  const collector = await openCollector();
  const wire = await openWire(collector.port);
  const served = new Map<string, Served>();
  const shops = await openShops(served);
  const browser = await openBrowser(SECURE_HOSTS);
  const others: { close: () => Promise<void> }[] = [];
  let count = 0;

  async function shop({
    entities = [],
    site = {},
    headers = () => ({}),
    sameSite = false,
    hosts = [],
  }: ShopOptions = {}): Promise<Shop> {
    await browser.closeTabs();
    count += 1;
    const id = `shop${count}`;
    const domain = `${id}.test`;
    const origin = `http://${sameSite ? `calls.${domain}` : "calls.collector.test"}:${wire.port}`;
    const rows = entities.map((entity) => ({ type: "simple", scope: "session", ...entity }));
    const putSite = (document: object) => collector.putSite(id, { name: `Shop ${count}`, entities: rows, ...document });
    await putSite(site);
    const script = `<script async src="${origin}/t/${id}.js"></script>`;
    const told: string[] = [];
    let go = () => {};
    const gone = new Promise<void>((resolve) => {
      go = resolve;
    });
    const pages = new Map<string, string>();
    const all = { script, collector: origin, site: id, headers: headers(origin), pages, told, go: gone };
    for (const host of ["www", "m", "shop.eu"]) served.set(`${host}.${domain}`, all);
    for (const host of hosts) served.set(host, all);
    const url = (path = "plain", host = "www") => `http://${host}.${domain}:${shops.port}/${path}`;
    const stored = (contextId: string) => collector.context(id, contextId);
    return {
      id,
      url,
      stored,
      putSite,
      pages,
      collector: origin,
      told,
      go,
      visit: async (path) => {
        const page = await browser.newPage();
        await page.goto(url(path));
        await ready(page);
        return page;
      },
      views: async (contextId) => viewsOf(await stored(contextId)),
      sent: () => wire.seen.filter((seen) => isSnapshots(seen)).flatMap((seen) => sentBy(id, seen)),
    };
  }

  return {
    browser,
    collector,
    wire,
    shop,
    otherBrowser: async (wishes) => {
      const other = await openBrowser(SECURE_HOSTS, wishes);
      others.push(other);
      return other;
    },
    unsteered: async (url) => void others.push(await openUnsteered(SECURE_HOSTS, url)),
    close: async () => {
      await Promise.all([browser, ...others].map((each) => each.close()));
      shops.close();
      await wire.down();
      await collector.close();
    },
  };
}

export const isSnapshots = (seen: Seen) => seen.path.split("?")[0] === "/v1/snapshots";

/** Whether a request brings snapshots of this shop. */
export const isOf = (shop: Shop) => (seen: Seen) => isSnapshots(seen) && seen.body.includes(`"site":"${shop.id}"`);

function sentBy(site: string, seen: Seen): Sent[] {
  const body = JSON.parse(seen.body) as { site: string; context_id: string; snapshots: Sent["snapshots"] };
  return body.site === site ? [{ ...seen, snapshots: body.snapshots, context_id: body.context_id }] : [];
}

/**
 * Waits for an expression in the page. Not by Playwright's waitForFunction, which asks from within: a hidden page is slow to answer,
 * and one that has gone into Firefox's back/forward cache never does.
 */
export const pageSays = (page: Page, expression: string): Promise<void> =>
  eventually(async () => {
    // What goes into the cache in this very moment does not answer.
    const silent = new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(Boolean(await Promise.race([page.evaluate(expression), silent])), expression).toBe(true);
  }, 20);
/** Waits until the page's SDK has a view. */
export const ready = (page: Page) => pageSays(page, "window.calljoin && window.calljoin.viewId");
const idOf = (name: string) => async (page: Page) => {
  await ready(page);
  return page.evaluate<string>(`calljoin.${name}`);
};
export const contextId = idOf("contextId");
export const viewId = idOf("viewId");
export const sessionId = idOf("sessionId");
/** All that is written to the page's console from now on, tables and objects as JSON. */
export function consoleOf(page: Page): string[] {
  const said: string[] = [];
  page.on("console", async (message) => {
    const values = await Promise.all(message.args().map((each) => each.jsonValue().catch(() => undefined)));
    said.push(values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(" "));
  });
  return said;
}

/** What was read so far is answered when this returns. */
export const flush = (page: Page) => page.evaluate<void>("calljoin.flush()");

export { eventually };

export const viewsOf = (context: StoredContext): StoredView[] => context.sessions.flatMap((session) => session.views);

/** The values of one entity over some snapshots, in the order in which they were read. */
export const valuesOf = (name: string, views: StoredView[]): unknown[] =>
  views
    .flatMap((view) => view.snapshots)
    .sort((a: StoredSnapshot, b: StoredSnapshot) => a.at - b.at || a.seq - b.seq)
    .filter((snapshot) => name in snapshot.entities)
    .map((snapshot) => snapshot.entities[name]);

/** A change of route as pages do it, in the page's own task. */
export const inPage = <T = void>(page: Page, code: string): Promise<T> => page.evaluate<T>(code);

/** Fills a page's localStorage to its last byte. */
export const FILL_STORAGE = `for (let size = 4_000_000; size >= 1; size = Math.floor(size / 2)) {
  try {
    for (let n = 0; ; n += 1) localStorage.setItem("full" + size + "-" + n, "x".repeat(size));
  } catch {}
}`;
