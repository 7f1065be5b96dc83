import { type Browser as Driven, firefox, type Page } from "playwright";
import type { Browser, Wishes } from "./browser.js";
import { FIREFOX } from "./find-firefox.mjs";

/** Playwright's own preferences keep every tab in front and its timers fast: here they are as Firefox comes. */
const PREFERENCES = {
  "layout.testing.top-level-always-active": false,
  "dom.min_background_timeout_value": 1000,
  "dom.min_background_timeout_value_without_budget_throttling": 1000,
  "dom.timeout.enable_budget_timer_throttling": true,
  "network.dns.forceResolve": "127.0.0.1",
};

export async function openFirefox(secureHosts: string[], { cookies }: Wishes): Promise<Browser> {
  if (!FIREFOX) throw new Error("no Firefox found (Debian: firefox-esr)");
  const browser = await firefox.launch({
    channel: "moz-firefox",
    executablePath: FIREFOX,
    firefoxUserPrefs: {
      ...PREFERENCES,
      "dom.securecontext.allowlist": secureHosts.flatMap(hostsOf).join(),
      ...(cookies === "blocked" && { "network.cookie.cookieBehavior": 2 }),
    },
  });
  withoutMedia(browser);
  const context = await browser.newContext({ viewport: null });
  context.setDefaultTimeout(100_000);
  const newWindow = () => context.newPage();
  const home = await newWindow();
  return {
    context,
    newPage: async () => {
      const opened = context.waitForEvent("page");
      await home.evaluate("void window.open('about:blank', '_blank', 'noopener')");
      return opened;
    },
    newWindow,
    ask: async <T>(page: Page, expression: string) => {
      const session = inside<{ delegate: { _session: Session } }>(page).delegate._session;
      const target = { context: session.sessionId };
      const answer = await session.send("script.evaluate", { expression, target, awaitPromise: false });
      return (answer as { result?: { value: T } }).result?.value as T;
    },
    goOffline: async () => {
      await context.setOffline(true);
      return () => context.setOffline(false);
    },
    closeTabs: async () => {
      await Promise.all(context.pages().map((page) => page !== home && page.close()));
    },
    close: () => browser.close(),
  };
}

/** Firefox knows each host by its whole name only. */
const hostsOf = (pattern: string): string[] =>
  pattern.startsWith("*") ? ["www", "m", "shop.eu", "calls"].map((host) => host + pattern.slice(1)) : [pattern];

/** Playwright asks each context for a colour scheme, by a command that Firefox 153 does not know yet. */
function withoutMedia(browser: Driven): void {
  const session = inside<{ _browserSession: Session }>(browser)._browserSession;
  const send = session.send.bind(session);
  session.send = async (method, params) =>
    method === "emulation.setMediaFeaturesOverride" ? {} : send(method, params);
}

/** WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), as Playwright speaks it. */
interface Session {
  sessionId: string;
  send: (method: string, params: object) => Promise<unknown>;
}

/** What Playwright has behind its interface; its version is exact. */
function inside<T>(thing: Driven | Page): T {
  const { _connection } = thing as unknown as { _connection: { toImpl: (thing: object) => T } };
  return _connection.toImpl(thing);
}
