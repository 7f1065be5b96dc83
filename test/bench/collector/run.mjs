/**
 * `npm run bench [-- --rounds 5 --seconds 5 --connections 100 --minutes 0 --stored 100000,10000000]` measures:
 *
 * 1. The collector beside a bare Express app, in one run and by turns. The load generator is on the same machine.
 *    `--minutes` adds a long run, to measure memory.
 * 2. A vendor's calls, in the vendor's own format.
 * 3. With many snapshots stored (`--stored`) and a tenth as many calls: one call's join, and the rate of snapshots,
 *    by turns with that of an empty site. The site is one as the seeds' users have it: an entity that identifies,
 *    goals, a webhook, retention at work. Ten million snapshots take some 8 GB of disk and minutes to make.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bodies, postCalls } from "./bodies.mjs";
import { fill, timeJoins } from "./join.mjs";
import { load } from "./load.mjs";
import { start } from "./process.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "100" },
    minutes: { type: "string", default: "0" },
    stored: { type: "string", default: "100000" },
  },
});
const [rounds, seconds, connections, minutes] = [values.rounds, values.seconds, values.connections, values.minutes].map(
  Number,
);
/** The number of connections for calls. Vendors post over few. */
const CALLING = 16;
const BIN = "dist/collector/calljoin.mjs";
const PEER = "test/bench/collector/peer.mjs";
const ADMIN = "admin-token-of-the-benchmark";
if (!existsSync(BIN)) throw new Error("nothing to measure: npm run build comes first");

const folders = [];
const newFolder = () => {
  folders.push(mkdtempSync(join(tmpdir(), "calljoin-bench-")));
  return folders.at(-1);
};
const collectorOn = (folder, onLine) => {
  const env = {
    CALLJOIN_DATA: folder,
    CALLJOIN_ADMIN_TOKEN: ADMIN,
    CALLJOIN_RATE_LIMIT: "0",
    CALLJOIN_ALLOW_PRIVATE: "127.0.0.1",
    LOG_LEVEL: onLine ? "info" : "warn",
  };
  return start([...(process.env.NODE_ARGS?.split(" ") ?? []), BIN, "serve"], env, onLine);
};
const simple = (name, more = {}) => ({ name, type: "simple", scope: "session", value: name, ...more });
const EMPTY = { name: "Shoes", origins: ["https://shop.example"] };
/**
 * A site as in the two documents that the project was made from: a CRM's visit, a vendor's visitor, calls as
 * conversions, a webhook.
 */
const SEEDS = {
  ...EMPTY,
  vendors: [
    { name: "infinity" },
    { name: "callrail", adapter: "callrail" },
    { name: "responsetap", offline_prefixes: ["gbr0", "clarity"] },
  ],
  entities: [simple("basket"), simple("crm"), simple("rtap_visitor", { identifies: "responsetap" })],
  goals: [{ name: "phone_order" }],
  webhooks: [{ name: "crm", url: "http://127.0.0.1:9/hook", parameters: [{ name: "visit", value: "entities.crm" }] }],
};
const saveSite = (port, document = SEEDS) =>
  fetch(`http://127.0.0.1:${port}/v1/sites/shop`, {
    method: "PUT",
    headers: { authorization: `Bearer ${ADMIN}` },
    body: JSON.stringify(document),
  });
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

const rows = [];
async function beside() {
  const servers = { peer: await start([PEER]), collector: await collectorOn(newFolder()) };
  await saveSite(servers.collector.port, EMPTY);
  const turns = { peer: [], collector: [] };
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, server] of Object.entries(servers)) {
      const before = server.cpu();
      const result = await load({ port: server.port, connections, seconds, nextBody: bodies("shop") });
      const cpu = server.cpu() && (server.cpu().all - before.all) / result.count;
      // The first turn only warms up.
      if (round > 0) turns[name].push({ ...result, cpu });
    }
  }
  const row = (what, key, goal, digits, compare) => {
    const [peer, own] = ["peer", "collector"].map((name) => median(turns[name].map((turn) => turn[key])));
    rows.push([what, peer.toFixed(digits), own.toFixed(digits), (own / peer).toFixed(2), goal, compare(own / peer)]);
  };
  row("requests/s", "rate", "≥ 0.80", 0, (ratio) => ratio >= 0.8);
  row("p50, ms", "p50", "", 1, () => null);
  row("p99, ms", "p99", "≤ 3.00", 1, (ratio) => ratio <= 3);
  if (turns.peer[0].cpu !== null) row("CPU a request, µs", "cpu", "", 0, () => null);
  if (minutes > 0) {
    await load({ port: servers.collector.port, connections, seconds: minutes * 60, nextBody: bodies("shop") });
  }
  const [peer, own] = [servers.peer.memory(), servers.collector.memory()];
  const after = minutes > 0 ? `after ${minutes} min` : "at the end";
  if (own) rows.push([`memory ${after}, MB`, peer.now.toFixed(0), own.now.toFixed(0), "", "< 200", own.now < 200]);
  if (own) rows.push(["memory at its peak, MB", peer.peak.toFixed(0), own.peak.toFixed(0), "", "", null]);
  const { readyMs } = servers.collector;
  rows.push(["ready, ms", servers.peer.readyMs.toFixed(0), readyMs.toFixed(0), "", "≤ 1000", readyMs <= 1_000]);
  for (const server of Object.values(servers)) await server.stop();
}

/** Measures the rate of snapshots of a site with a history, by turns with that of an empty site. */
async function besideEmpty({ port, count }) {
  const empty = await collectorOn(newFolder());
  await saveSite(empty.port, EMPTY);
  const rates = { empty: [], full: [] };
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, at] of [
      ["empty", empty.port],
      ["full", port],
    ]) {
      const { rate } = await load({ port: at, connections, seconds, nextBody: bodies("shop") });
      if (round > 0) rates[name].push(rate);
    }
  }
  await empty.stop();
  const [none, all] = [median(rates.empty), median(rates.full)];
  const what = `snapshots/s beside ${count.toLocaleString("en")} stored, against an empty site's`;
  rows.push([what, none.toFixed(0), all.toFixed(0), (all / none).toFixed(2), "≥ 0.90", all / none >= 0.9]);
}

/** Measures calls in a vendor's own format, from the body to the joined call on disk. */
async function calls() {
  const collector = await collectorOn(newFolder());
  await saveSite(collector.port);
  const headers = { authorization: `Bearer ${ADMIN}` };
  const made = await fetch(`http://127.0.0.1:${collector.port}/v1/sites/shop/vendors/callrail/token`, {
    method: "POST",
    headers,
  });
  const { token } = await made.json();
  const turns = [];
  for (let round = 0; round <= rounds; round += 1) {
    const path = `/v1/calls/shop/callrail?token=${token}`;
    const before = collector.cpu();
    const result = await load({ port: collector.port, connections: CALLING, seconds, nextBody: postCalls(), path });
    turns.push({ ...result, cpu: before && (collector.cpu().all - before.all) / result.count });
  }
  await collector.stop();
  const of = (key) => median(turns.slice(1).map((turn) => turn[key]));
  const shown = `${of("rate").toFixed(0)}; ${of("p50").toFixed(1)}, ${of("p99").toFixed(1)}`;
  rows.push([`a vendor's calls, ${CALLING} connections: calls/s; p50, p99, ms`, "", shown, "", "", null]);
  if (turns[0].cpu !== null) rows.push(["CPU a call of them, µs", "", of("cpu").toFixed(0), "", "", null]);
}

async function joins() {
  const collectors = [];
  for (const count of values.stored.split(",").map(Number)) {
    if (count === 0) continue;
    const folder = newFolder();
    const first = await collectorOn(folder);
    await saveSite(first.port);
    await first.stop();
    fill(folder, "shop", count);
    const logged = [];
    collectors.push({ count, logged, ...(await collectorOn(folder, (line) => logged.push(JSON.parse(line)))) });
  }
  const times = await timeJoins(collectors, "shop", ADMIN);
  for (const collector of collectors) await besideEmpty(collector);
  for (const collector of collectors) await collector.stop();
  times.forEach(({ join, post }, index) => {
    const stored = `${collectors[index].count.toLocaleString("en")} snapshots stored: p50, p99, ms`;
    const both = ({ p50, p99 }) => `${p50.toFixed(1)}, ${p99.toFixed(1)}`;
    const ratio = join.p99 / times[0].join.p99;
    const [goal, shown] = index === 0 ? ["≤ 5", ""] : ["≤ 5, ≤ 1.50", ratio.toFixed(2)];
    rows.push([`one join, ${stored}`, "", both(join), shown, goal, join.p99 <= 5 && ratio <= 1.5]);
    rows.push([`the post that brings it, ${stored}`, "", both(post), "", "", null]);
  });
}

try {
  await beside();
  await calls();
  await joins();
} finally {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
const [{ model }] = cpus();
const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
console.log(
  `\n${cpus().length} × ${model}, ${memory}, Node ${process.version}, load before and during ${loadavg()[1].toFixed(1)}`,
);
console.log(`${connections} connections, ${rounds} turns of ${seconds} s each, medians\n`);
console.log("| | bare Express | collector | ratio | goal | reached |\n|---|--:|--:|--:|--:|---|");
for (const [what, peer, own, ratio, goal, reached] of rows) {
  console.log(
    `| ${what} | ${peer} | ${own} | ${ratio} | ${goal} | ${reached === null ? "" : reached ? "yes" : "no"} |`,
  );
}
