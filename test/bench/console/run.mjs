// Measures what the console's routes cost, and how they slow down snapshots that arrive meanwhile.
// Run `npm run build`, then `node test/bench/console/run.mjs [calls]`.
// It makes a store of that many calls and ten times as many snapshots, and asks each route ten times.
// Then it posts snapshots 100 times a second: for 15 s while nobody looks, and for 15 s while the overview, the calls
// and the system are reloaded each second.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fill } from "./fill.mjs";

const CALLS = Number(process.argv[2] ?? 200_000);
const TOKEN = "admin-token-of-the-console-bench";
const SNAPSHOTS = 10; // of each call's visitor
const DAY = 86_400_000;
const PORT = 18_787;
const ORIGIN = `http://127.0.0.1:${PORT}`;
const SITE = {
  name: "Bench",
  origins: ["https://shop.example"],
  goals: [{ name: "order" }],
  vendors: [{ name: "infinity" }],
  webhooks: [{ name: "ads", format: "google_ads_csv" }],
};
const ENTITIES = [{ name: "plan", type: "simple", scope: "session", value: "shop_plan" }];

const folder = mkdtempSync(join(tmpdir(), "calljoin-console-bench-"));
let child = await start();
try {
  await ask("PUT", "/v1/sites/bench", { ...SITE, entities: ENTITIES });
  await stop();
  const began = Date.now();
  fill(folder, "bench", CALLS, SNAPSHOTS);
  console.log(`${CALLS} calls, ${CALLS * SNAPSHOTS} snapshots: ${Math.round((Date.now() - began) / 1000)} s to make`);
  child = await start();
  await measure();
  console.log(`intake alone         ${await intake(15_000)}`);
  const until = Date.now() + 15_000;
  const reloads = reload(until);
  console.log(`with the console     ${await intake(15_000)}`);
  console.log(`reloads of it: ${await reloads}`);
} finally {
  await stop();
  rmSync(folder, { recursive: true });
}

async function start() {
  const env = {
    ...process.env,
    PORT: String(PORT),
    CALLJOIN_DATA: folder,
    CALLJOIN_ADMIN_TOKEN: TOKEN,
    LOG_LEVEL: "error",
    CALLJOIN_RATE_LIMIT: "0",
    DATABASE_URL: "",
  };
  const running = spawn(process.execPath, ["dist/collector/calljoin.mjs", "serve"], {
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
  for (;;) {
    if ((await fetch(`${ORIGIN}/readyz`).catch(() => null))?.ok) return running;
    await wait(50);
  }
}

async function stop() {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

async function ask(method, path, json) {
  const body = json === undefined ? undefined : JSON.stringify(json);
  const response = await fetch(ORIGIN + path, { method, body, headers: { authorization: `Bearer ${TOKEN}` } });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text;
}

async function measure() {
  const at = "/v1/sites/bench";
  const month = `from=${Date.now() - 30 * DAY}`;
  const routes = {
    "match rate by day, 30 days": `${at}/match-rate?by=day&${month}`,
    "match rate by day, 90 days": `${at}/match-rate?by=day&from=${Date.now() - 90 * DAY}`,
    "match rate by day, all": `${at}/match-rate?by=day`,
    "match rate by vendor, 30 days": `${at}/match-rate?by=vendor&${month}`,
    "conversions by day, 30 days": `${at}/conversions?by=day&standing=0&${month}`,
    "conversions by day, 90 days": `${at}/conversions?by=day&standing=0&from=${Date.now() - 90 * DAY}`,
    "conversions by source, 30 days": `${at}/conversions?by=source&${month}`,
    "conversions by source, all": `${at}/conversions?by=source&from=0`,
    "conversions by reason, 30 days": `${at}/conversions?by=reason&${month}`,
    "entities, 7 days": `${at}/entities?days=7`,
    attention: `${at}/attention`,
    progress: `${at}/progress`,
    "calls, newest 50": `${at}/calls`,
    "calls by reason": `${at}/calls?reason=unknown_context`,
    "calls by number": `${at}/calls?caller=%2B14045550123`,
    "calls by an entity's rare value": `${at}/calls?entity=plan&value=gold`,
    "calls by a value that none has": `${at}/calls?entity=plan&value=none`,
    deliveries: `${at}/deliveries`,
    system: "/v1/system",
  };
  for (const [name, path] of Object.entries(routes)) {
    const times = [];
    for (let n = 0; n < 10; n += 1) {
      const began = performance.now();
      await ask("GET", path);
      times.push(performance.now() - began);
    }
    const [first] = times;
    times.sort((a, b) => a - b);
    console.log(`${name.padEnd(34)} ${times[5].toFixed(0).padStart(6)} ms (first ${first.toFixed(0)})`);
  }
}

/** Posts snapshots at a steady pace. Answers how long they took, each from the time when it was due. */
async function intake(ms) {
  const times = [];
  const began = performance.now();
  const pending = [];
  for (let n = 0; n * 10 < ms; n += 1) {
    const due = began + n * 10;
    await wait(Math.max(0, due - performance.now()));
    const now = Date.now();
    const context_id = `6o2diu81w9o-${`0${now.toString(36)}`}-${(n % 36 ** 4).toString(36).padStart(7, "0")}`;
    const snapshots = [
      {
        view_id: `v${now}`,
        session_id: "s1",
        seq: 0,
        at: now,
        view: { number: 1, url: "https://shop.example/" },
        entities: { plan: "gold" },
      },
    ];
    const body = JSON.stringify({ v: 1, site: "bench", context_id, sent_at: now, snapshots });
    pending.push(
      fetch(`${ORIGIN}/v1/snapshots`, { method: "POST", body }).then(async (response) => {
        await response.text();
        if (response.status !== 202) throw new Error(`snapshots: ${response.status}`);
        times.push(performance.now() - due);
      }),
    );
  }
  await Promise.all(pending);
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.floor(times.length * share)].toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${times.at(-1).toFixed(1)} ms`;
}

async function reload(until) {
  const at = "/v1/sites/bench";
  const month = `from=${Date.now() - 30 * DAY}`;
  const pages = [
    `${at}/match-rate?by=day&${month}`,
    `${at}/match-rate?by=vendor&${month}`,
    `${at}/conversions?by=day&standing=0&${month}`,
    `${at}/entities?days=7`,
    `${at}/attention`,
    `${at}/calls`,
    "/v1/system",
  ];
  const times = [];
  while (Date.now() < until) {
    const began = performance.now();
    await Promise.all(pages.map((path) => ask("GET", path)));
    times.push(performance.now() - began);
    await wait(Math.max(0, 1_000 - (performance.now() - began)));
  }
  times.sort((a, b) => a - b);
  return `${times.length}, all of it in ${times[Math.floor(times.length / 2)].toFixed(0)} ms, the longest ${times.at(-1).toFixed(0)} ms`;
}
