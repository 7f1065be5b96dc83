import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { FIREFOX } from "./test/browser/harness/find-firefox.mjs";

/**
 * Most tests wait for something: a process that starts, a disk, a browser. They fail because of what they see. Only a
 * test that hangs fails because of its time.
 */
const HANGS_MS = 240_000;

/**
 * Tests that drive a browser or whole processes depend on the machine, and in CI we do not know the machine. So there,
 * such a test fails only if it fails twice. If it fails once, the report says `retry x1`.
 */
const retry = process.env.CI ? 1 : 0;

const common = {
  environment: "node",
  testTimeout: HANGS_MS,
  hookTimeout: HANGS_MS,
  // No test file changes what others import. So a worker reads each module once for all of its files.
  isolate: false,
  maxWorkers: Math.max(4, availableParallelism()),
} as const;

/**
 * Runs one file at a time, after all others. Tests that crash and kill processes must not be starved by others that do
 * the same.
 */
const alone = {
  environment: "node",
  testTimeout: HANGS_MS,
  hookTimeout: HANGS_MS,
  fileParallelism: false,
  sequence: { groupOrder: 1 },
} as const;

/** For tests that need a PostgreSQL, or that need no more than a site of a collector. The whole run has one of each. */
const globalSetup = "test/postgres/global.ts";
const shared = [globalSetup, "test/collector/contract/global.ts"];

/** The tests of the contract that `npm test` runs on PostgreSQL. The others take long. */
const SHORT_CONTRACT = ["join-matched", "join-view", "late", "erase", "crash", "snapshots", "call-events"].map(
  (name) => `test/collector/contract/${name}.test.ts`,
);
const onPostgres = { ...common, globalSetup: shared, setupFiles: "test/postgres/contract.ts" } as const;

/** Browser tests that are not about the main promises, or that wait for real seconds. */
const LONG_BROWSER = [
  "console",
  "hostile-page",
  "inspector",
  "last-moment",
  "loading",
  "next",
  "one-visitor",
  "own-values",
  "page-safety",
  "prerender",
  "queue",
  "routers",
  "types",
].map((name) => `test/browser/${name}.test.ts`);

/**
 * Console tests that `npm test` leaves out. It runs those of signing in, of the way from nothing to the first call,
 * and of the console's size. It also runs those that need no browser.
 */
const LONG_CONSOLE = [
  "calls",
  "clumsy",
  "entities",
  "full",
  "hostile",
  "pages",
  "reading",
  "settings",
  "vendors",
  "webhooks",
].map((name) => `test/console/${name}.test.ts`);

/** Tests that measure how long others wait. */
const MEASURED = ["test/collector/neighbours.test.ts", "test/collector/erasing.test.ts"];

const inFirefox = FIREFOX ? ["test/browser/**/*.test.ts"] : [];

export default defineConfig({
  test: {
    tags: [{ name: "long", description: "Not in `npm test`, but in `npm run test:all`." }],
    projects: [
      {
        test: {
          name: "collector",
          include: ["test/collector/**/*.test.ts"],
          exclude: MEASURED,
          globalSetup: shared,
          ...common,
        },
      },
      { test: { name: "sdk", include: ["test/sdk/**/*.test.ts"], ...common, environment: "jsdom" } },
      { test: { name: "contract-on-postgres", include: SHORT_CONTRACT, ...onPostgres } },
      {
        test: {
          name: "long-contract-on-postgres",
          include: ["test/collector/contract/**/*.test.ts"],
          exclude: SHORT_CONTRACT,
          ...onPostgres,
        },
      },
      { test: { name: "neighbours", include: MEASURED, ...alone } },
      // Several collectors on one PostgreSQL.
      { test: { name: "cluster", retry, include: ["test/cluster/**/*.test.ts"], globalSetup, ...alone } },
      // The built collector, killed, stopped and starved.
      { test: { name: "durability", retry, include: ["test/durability/**/*.test.ts"], globalSetup, ...alone } },
      { test: { name: "browser", retry, include: ["test/browser/**/*.test.ts"], exclude: LONG_BROWSER, ...common } },
      // The console, driven by what its pages say.
      { test: { name: "console", retry, include: ["test/console/**/*.test.ts"], exclude: LONG_CONSOLE, ...common } },
      { test: { name: "long-console", retry, include: LONG_CONSOLE, ...alone } },
      { test: { name: "long-browser", retry, include: LONG_BROWSER, ...alone } },
      // Chromium's tests in the other engines, if installed: all of them in Firefox, the main ones in WebKitGTK.
      { test: { name: "engines", retry, include: ["test/engines/**/*.test.ts"], ...alone } },
      { test: { name: "firefox", retry, include: inFirefox, env: { CALLJOIN_ENGINE: "firefox" }, ...alone } },
    ],
  },
});
