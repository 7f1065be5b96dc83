/**
 * `npm run bench [-- --rounds 5 --seconds 5 --connections 100 --minutes 10 --stored 10000000]`: the collector beside a bare Express app, in one run by
 * turns, the load generator on the same machine; then one call's join beside few and beside many stored snapshots.
 * `--minutes` adds a long run for its memory, `--stored` sets the greater number of snapshots (100,000 if left out: then one row).
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bodies } from "./bodies.mjs";
import { load } from "./load.mjs";
import { start } from "./process.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "100" },
  },
});
const [rounds, seconds, connections] = [values.rounds, values.seconds, values.connections].map(Number);
const BIN = "dist/collector/calljoin.mjs";
if (!existsSync(BIN)) throw new Error("nothing to measure: npm run build comes first");

const ADMIN = "admin-token-of-the-benchmark";
const folder = mkdtempSync(join(tmpdir(), "calljoin-bench-"));
const peer = await start([join(import.meta.dirname ?? "test/bench/collector", "peer.mjs")]);
const collector = await start([...(process.env.NODE_ARGS?.split(" ") ?? []), BIN, "serve"], {
  CALLJOIN_DATA: folder,
  CALLJOIN_ADMIN_TOKEN: ADMIN,
  CALLJOIN_RATE_LIMIT: "0",
});
await fetch(`http://127.0.0.1:${collector.port}/v1/sites/shop`, {
  method: "PUT",
  headers: { authorization: `Bearer ${ADMIN}` },
  body: JSON.stringify({ name: "Shoes", origins: ["https://shop.example"] }),
});

const turns = { peer: [], collector: [] };
for (let round = 0; round <= rounds; round++) {
  for (const [name, { port }] of [
    ["peer", peer],
    ["collector", collector],
  ]) {
    const server = name === "peer" ? peer : collector;
    const before = server.cpu();
    const result = await load({ port, connections, seconds, nextBody: bodies("shop") });
    const after = server.cpu();
    result.main = (after.main - before.main) / result.count;
    result.all = (after.all - before.all) / result.count;
    console.log(
      round,
      name,
      Math.round(result.rate),
      result.p50.toFixed(1),
      result.p99.toFixed(1),
      "cpu",
      result.main.toFixed(0),
      result.all.toFixed(0),
    );
    if (round > 0) turns[name].push(result);
  }
}
const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
const of = (name, key) => median(turns[name].map((t) => t[key]));
console.log({
  ratio: of("collector", "rate") / of("peer", "rate"),
  p99: of("collector", "p99") / of("peer", "p99"),
  memory: collector.memory(),
  ready: collector.readyMs,
});
await peer.stop();
await collector.stop();
rmSync(folder, { recursive: true, force: true });
