import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "playwright";
import type { Browser, Wishes } from "./browser.js";
import { findChromium } from "./find-chromium.mjs";

/**
 * Chromium as visitors have it. Playwright's own launch turns off what these tests are about (back/forward cache,
 * hidden tabs, timer throttling), so the browser is started here and Playwright only steers it.
 */
const FLAGS = [
  "--headless",
  "--remote-debugging-port=0",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-extensions",
  "--disable-dev-shm-usage",
  "--disable-popup-blocking",
  "--disable-search-engine-choice-screen",
  "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable",
  "--password-store=basic",
  "--use-mock-keychain",
  // Shops have real domains here, so that cookies meet real domain rules, and are secure contexts, as https sites are.
  "--host-resolver-rules=MAP *.test 127.0.0.1",
];

export async function openChromium(secureHosts: string[], { cookies }: Wishes): Promise<Browser> {
  const preferences = cookies === "blocked" ? { profile: { default_content_setting_values: { cookies: 2 } } } : {};
  const { address, end } = await start(secureHosts, preferences, "about:blank");
  try {
    const browser = await chromium.connectOverCDP(address, { noDefaults: true });
    const context = browser.contexts()[0];
    if (!context) throw new Error("Chromium started without a window");
    context.setDefaultTimeout(100_000);
    const newWindow = async () => {
      const opened = context.waitForEvent("page");
      const client = await browser.newBrowserCDPSession();
      await client.send("Target.createTarget", { url: "about:blank", newWindow: true });
      return opened;
    };
    const ask = async <T>(page: Page, expression: string) => {
      const client = await context.newCDPSession(page);
      try {
        const { result } = await client.send("Runtime.evaluate", { expression, returnByValue: true });
        return result.value as T;
      } finally {
        await client.detach();
      }
    };
    // Not context.setOffline(), which needs Playwright's own launch.
    const goOffline = async (page: Page) => {
      const client = await context.newCDPSession(page);
      const network = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
      await client.send("Network.enable");
      await client.send("Network.emulateNetworkConditions", { offline: true, ...network });
      return async () => void (await client.send("Network.emulateNetworkConditions", { offline: false, ...network }));
    };
    const [home] = context.pages(); // stays: a browser without a tab ends
    const closeTabs = async () => {
      await Promise.all(context.pages().map((page) => page !== home && page.close()));
    };
    const close = () => browser.close().then(end, end);
    return { context, newPage: () => context.newPage(), newWindow, ask, goOffline, closeTabs, close };
  } catch (error) {
    await end();
    throw error;
  }
}

/** A browser on `url` that nothing steers: Chromium prerenders nothing in a tab that a debugger is attached to. */
export async function openUnsteered(secureHosts: string[], url: string): Promise<{ close: () => Promise<void> }> {
  const { end } = await start(secureHosts, {}, url);
  return { close: end };
}

async function start(secureHosts: string[], preferences: object, url: string) {
  const executable = await findChromium();
  if (!executable) throw new Error("no Chromium found: name one in CALLJOIN_CHROMIUM, or run npm test");
  const profile = mkdtempSync(join(tmpdir(), "calljoin-browser-"));
  mkdirSync(join(profile, "Default"));
  writeFileSync(join(profile, "Default", "Preferences"), JSON.stringify(preferences));
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const forProfile = [
    `--user-data-dir=${profile}`,
    `--unsafely-treat-insecure-origin-as-secure=${secureHosts.join(",")}`,
  ];
  const child = spawn(executable, [...FLAGS, ...asRoot, ...forProfile, url], { stdio: ["ignore", "ignore", "pipe"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const end = async () => {
    child.kill("SIGTERM");
    const stuck = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await exited;
    clearTimeout(stuck);
    await remove(profile);
  };
  try {
    return { address: await devtoolsAddress(child), end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Chromium's children go on writing for a moment after it has ended. */
async function remove(profile: string): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    try {
      return rmSync(profile, { recursive: true, force: true });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Chromium prints where its DevTools listen once it is up. */
function devtoolsAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      if (output.length > 64_000) return; // read on, so that the pipe never fills
      output += chunk.toString();
      const address = /DevTools listening on (ws:\S+)/.exec(output)?.[1];
      if (address) resolve(address);
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`Chromium ended at its start: ${output.slice(-2000)}`)));
  });
}
