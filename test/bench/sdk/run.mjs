/**
 * `npm run bench:sdk [rounds] [idle seconds]`: the SDK beside other trackers, in one run of one page each, by turns, in
 * Chromium with its CPU throttled four times. Prints medians.
 */
import { cpus } from "node:os";
import { chromium } from "playwright";
import { findChromium } from "../../browser/harness/find-chromium.mjs";
import { CATEGORIES, median, scripting } from "./measure.mjs";
import { servePages } from "./page.mjs";
import { gzipBytes, NO_TRACKER, trackers } from "./trackers.mjs";

const ROUNDS = Number(process.argv[2] ?? 5);
const IDLE_S = Number(process.argv[3] ?? 20);
const THROTTLE = 4;
/** Start-up is what happens in this time after the page's commit: late enough for what trackers put off. */
const SETTLE_MS = 5000;

const executablePath = await findChromium();
if (!executablePath) throw new Error("no Chromium found: name one in CALLJOIN_CHROMIUM");
const list = await trackers();
const pages = await servePages(list);
const browser = await chromium.launch({
  executablePath,
  args: ["--disable-background-networking", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
});

const results = list.map(() => []);
/** The routes that a tracker posted to: who did not run, posted nothing. */
const sent = list.map(() => new Set());
/** A visitor's first page view: nothing stored, no code cached. */
async function visit(number) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const client = await context.newCDPSession(page);
  await client.send("Emulation.setCPUThrottlingRate", { rate: THROTTLE });
  const url = `${pages.origin}/${number}/`;
  page.on("request", (request) => {
    if (request.method() === "POST") sent[number].add(new URL(request.url()).pathname);
  });
  await browser.startTracing(page, { categories: CATEGORIES });
  await page.goto(url);
  await page.waitForTimeout(SETTLE_MS + IDLE_S * 1000);
  const trace = await browser.stopTracing();
  await context.close();
  return scripting(trace, url, SETTLE_MS);
}

await visit(0); // the browser's own first page
for (let round = 0; round < ROUNDS; round += 1) {
  for (let turn = 0; turn < list.length; turn += 1) {
    const number = (round + turn) % list.length;
    results[number].push(await visit(number));
  }
  console.error(`round ${round + 1} of ${ROUNDS}`);
}
const version = browser.version();
await browser.close();
pages.close();

const own = results[list.findIndex(({ name }) => name === NO_TRACKER)];
const of = (rows, key) => median(rows.map((row) => row[key]));
const table = list.map(({ name, code }, number) => {
  const rows = results[number];
  const startup = of(rows, "startupMs") - (name === NO_TRACKER ? 0 : of(own, "startupMs"));
  const idle = of(rows, "idleMs") - (name === NO_TRACKER ? 0 : of(own, "idleMs"));
  return {
    tracker: name,
    "bytes, gzip -9": code && gzipBytes(code),
    "start-up, ms": startup.toFixed(1),
    "longest piece, ms": of(rows, "longestMs").toFixed(1),
    "a minute at rest, ms": ((idle * 60) / IDLE_S).toFixed(1),
    "of the main thread": `${((idle / (IDLE_S * 1000)) * 100).toFixed(3)} %`,
    "posted to": [...sent[number]].sort().join(" "),
  };
});
console.log(
  `Chromium ${version}, CPU throttled ${THROTTLE}x, ${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}`,
);
console.log(
  `${ROUNDS} rounds by turns, medians; start-up is the first ${SETTLE_MS / 1000} s, rest the ${IDLE_S} s after it`,
);
console.table(Object.fromEntries(table.map(({ tracker, ...row }) => [tracker, row])));
