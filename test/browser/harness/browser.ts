import type { BrowserContext, Page } from "playwright";
import { openChromium } from "./chromium.js";
import { openFirefox } from "./firefox.js";

/** A browser as visitors have it: tabs get hidden, their timers slow, and pages are kept for going back. */
export interface Browser {
  context: BrowserContext;
  /** A new tab in front of the others, which so become hidden. */
  newPage: () => Promise<Page>;
  /** A tab in a window of its own: it hides no other. */
  newWindow: () => Promise<Page>;
  /** Asks a page without Playwright's own code in it, which needs what hostile pages take away; for a primitive value. */
  ask: <T>(page: Page, expression: string) => Promise<T>;
  /** Takes the page off the network; gives what brings it back. */
  goOffline: (page: Page) => Promise<() => Promise<void>>;
  /** Closes the tabs that earlier tests left: each goes on working, and many of them push pages out of the back/forward cache. */
  closeTabs: () => Promise<void>;
  close: () => Promise<void>;
}

/** What a visitor has set. */
export interface Wishes {
  cookies?: "blocked";
}

/** `npm run test:engines` has the same tests in Firefox. */
export const isFirefox = process.env.CALLJOIN_ENGINE === "firefox";

/** @param secureHosts whose pages are secure contexts, as https sites are; `*.shop.test` is any host below */
export const openBrowser = (secureHosts: string[], wishes: Wishes = {}): Promise<Browser> =>
  isFirefox ? openFirefox(secureHosts, wishes) : openChromium(secureHosts, wishes);
