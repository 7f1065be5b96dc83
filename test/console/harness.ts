import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright";
import { type Browser, openBrowser } from "../browser/harness/browser";
import { ADMIN_TOKEN, type Collector, openCollector } from "../browser/harness/collector";
import { openShops, type Served } from "../browser/harness/shop";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A collector with its console in a browser, and a shop whose pages can carry the tag. */
export interface Console {
  collector: Collector;
  browser: Browser;
  /** `https`-like addresses of the shop: its hosts are secure contexts here. */
  shop: { origin: string; served: Served };
  /** The console's address, with a slash at its end. */
  home: string;
  /** A tab on the console, whose faults are noted: what its policy stopped, and what it threw. */
  open: (path?: string) => Promise<Page>;
  /** The same, signed in. */
  enter: (path?: string, token?: string) => Promise<Page>;
  /** What the console's pages did that no page may do. */
  faults: string[];
  /** Asks the collector as its operator. */
  ask: (method: string, path: string, body?: object) => Promise<Record<string, unknown>>;
  close: () => Promise<void>;
}

const SHOP_HOST = "shop.test";

export async function openConsole(settings: Record<string, string> = {}): Promise<Console> {
  const collector = await openCollector({ CALLJOIN_ALLOW_PRIVATE: "127.0.0.1", ...settings });
  const at = `http://127.0.0.1:${collector.port}`;
  const served: Served = {
    script: "",
    collector: at,
    site: "",
    headers: {},
    pages: new Map(),
    told: [],
    go: Promise.resolve(),
  };
  const shops = await openShops(new Map([[SHOP_HOST, served]]));
  const origin = `http://${SHOP_HOST}:${shops.port}`;
  const browser = await openBrowser([origin]);
  const home = `${at}/console/`;
  const faults: string[] = [];

  async function open(path = ""): Promise<Page> {
    const page = await browser.newPage();
    page.on("pageerror", (error) => faults.push(String(error.stack)));
    page.on("console", (message) => {
      // What the policy stopped, and not what a route has answered.
      if (/Content Security Policy|TrustedHTML|TrustedScript/i.test(message.text())) faults.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(at) && !/^(data|blob|about):/.test(request.url())) faults.push(request.url());
    });
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`Content Security Policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
    await page.goto(home + path);
    return page;
  }
  async function enter(path = "", token = ADMIN_TOKEN): Promise<Page> {
    const page = await open(path);
    await page.getByRole("link", { name: "Overview" }).or(page.getByLabel("Admin token")).waitFor();
    if (await page.getByLabel("Admin token").isVisible()) await signIn(page, token);
    return page;
  }
  async function ask(method: string, path: string, body?: object) {
    const response = await fetch(`${at}/${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : {};
  }
  async function close() {
    await browser.close();
    shops.close();
    await collector.close();
  }
  return { collector, browser, shop: { origin, served }, home, open, enter, faults, ask, close };
}

export async function signIn(page: Page, token = ADMIN_TOKEN): Promise<void> {
  await page.getByLabel("Admin token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "Overview" }).waitFor();
}

/** What axe has to say against a page as it is now, best practices included: one line a fault. */
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: () => Promise<AxeResults> } };
    return axe.run();
  });
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`));
}

/** How many px a page is wider than its window. */
export function sideways(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
