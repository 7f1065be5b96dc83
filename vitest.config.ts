import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { FIREFOX } from "./test/browser/harness/find-firefox.mjs";

/** Most tests wait: for a process that starts, a disk, a browser. They fail by what they see, and only what hangs by its time. */
const HANGS_MS = 240_000;

/**
 * What drives a browser or whole processes depends on a machine that nobody knows, where CI runs: a failure there has to happen twice. It is
 * told as `retry x1` where it was once.
 */
const retry = process.env.CI ? 1 : 0;

const common = {
  environment: "node",
  testTimeout: HANGS_MS,
  hookTimeout: HANGS_MS,
  // No file changes what others import: each module is read once for all the files of a worker.
  isolate: false,
  maxWorkers: Math.max(4, availableParallelism()),
} as const;

/** One file at a time, after all others: who crashes and kills is not to be starved by others who do the same. */
const alone = {
  environment: "node",
  testTimeout: HANGS_MS,
  hookTimeout: HANGS_MS,
  fileParallelism: false,
  sequence: { groupOrder: 1 },
} as const;

/** For tests that need a PostgreSQL, or no more than a site of a collector: one of each for the whole run. */
const globalSetup = "test/postgres/global.ts";
const shared = [globalSetup, "test/collector/contract/global.ts"];

/** Of the contract on PostgreSQL, what `npm test` asks: the rest of it is long. */
const SHORT_CONTRACT = ["join-matched", "join-view", "late", "erase", "crash", "snapshots", "call-events"].map(
  (name) => `test/collector/contract/${name}.test.ts`,
);
const onPostgres = { ...common, globalSetup: shared, setupFiles: "test/postgres/contract.ts" } as const;

/** In a browser, what is beside its main promises, or waits for real seconds. */
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

/** Of the console, what is beside signing in, the way from nothing to the first call, and its size. */
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

/** What measures how long others wait. */
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
      // What is asked of Chromium, of the other engines where they are installed: of Firefox all, of WebKitGTK the most important.
      { test: { name: "engines", retry, include: ["test/engines/**/*.test.ts"], ...alone } },
      { test: { name: "firefox", retry, include: inFirefox, env: { CALLJOIN_ENGINE: "firefox" }, ...alone } },
    ],
  },
});
