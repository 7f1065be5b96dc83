/**
 * `npm run bench:sdk -- [rounds] [seconds at rest]` compares the SDK with other trackers. One run loads one page for
 * each of them, by turns, in Chromium with its CPU slowed down four times. It prints medians, from which the time of a
 * page without any tracker is subtracted.
 */
import { cpus } from "node:os";
import { chromium } from "playwright";
import { findChromium } from "../../browser/harness/find-chromium.mjs";
import { counter, median } from "./measure.mjs";
import { servePages } from "./page.mjs";
import { gzipBytes, trackers } from "./trackers.mjs";

const ROUNDS = Number(process.argv[2] ?? 5);
const REST_S = Number(process.argv[3] ?? 20);
const THROTTLE = 4;
/**
 * Start-up is what happens within this time after the navigation. It is long enough to include what trackers put off.
 */
const STARTUP_MS = 5000;

const executablePath = await findChromium();
if (!executablePath) throw new Error("no Chromium found: name one in CALLJOIN_CHROMIUM");
const list = await trackers();
const pages = await servePages(list);
const browser = await chromium.launch({
  executablePath,
  args: ["--disable-background-networking", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
});
const results = list.map(() => []);
/** The routes that each tracker posted to. A tracker that did not run has posted nothing. */
const sent = list.map(() => new Set());

/** Measures a visitor's first page view: nothing is stored, and no code is cached. */
async function visit(number) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on("request", (request) => {
    if (request.method() === "POST") sent[number].add(new URL(request.url()).pathname);
  });
  const client = await context.newCDPSession(page);
  await client.send("Emulation.setCPUThrottlingRate", { rate: THROTTLE });
  const read = await counter(client);
  await page.goto(`${pages.origin}/${number}/`);
  await page.waitForTimeout(STARTUP_MS);
  const startup = await read();
  await page.waitForTimeout(REST_S * 1000);
  const end = await read();
  await context.close();
  const aMinute = 60 / REST_S;
  return {
    script: startup.script,
    tasks: startup.tasks,
    restScript: (end.script - startup.script) * aMinute,
    restTasks: (end.tasks - startup.tasks) * aMinute,
  };
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

const medianOf = (number, key) => median(results[number].map((row) => row[key]));
const rows = list.map(({ name, code }, number) => {
  const beyond = (key) => medianOf(number, key) - (number ? medianOf(0, key) : 0);
  const share = (key) => `${((beyond(key) / 60_000) * 100).toFixed(3)} %`;
  const row = {
    "bytes, gzip -9": code ? gzipBytes(code) : 0,
    "start-up: script, ms": beyond("script").toFixed(1),
    "all tasks, ms": beyond("tasks").toFixed(1),
    "a minute at rest: script, ms": beyond("restScript").toFixed(1),
    "of the thread": share("restScript"),
    "all tasks of a minute, ms": beyond("restTasks").toFixed(1),
    "posted to": [...sent[number]].sort().join(" "),
  };
  return [name, row];
});
console.log(
  `Chromium ${version}, CPU throttled ${THROTTLE}x, ${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}`,
);
console.log(
  `${ROUNDS} rounds by turns, medians of main-thread time beyond the page without a tracker (whose own row is as it is);` +
    ` start-up is the first ${STARTUP_MS / 1000} s, rest the ${REST_S} s after it`,
);
console.table(Object.fromEntries(rows));
