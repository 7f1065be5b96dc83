/**
 * `node test/bench/sqlite/run.mjs better-sqlite3|node:sqlite` measures what a driver of SQLite costs. It writes
 * transactions of 30 rows, as the store does, and reads each row again. `node:sqlite` needs Node 22.13.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SECONDS = 6;
const driver = process.argv[2] ?? "better-sqlite3";
const folder = mkdtempSync(join(tmpdir(), "calljoin-sqlite-"));
const path = join(folder, "bench.db");
const db =
  driver === "node:sqlite"
    ? new (await import("node:sqlite")).DatabaseSync(path)
    : new (await import("better-sqlite3")).default(path);
for (const setting of ["journal_mode = WAL", "synchronous = FULL", "locking_mode = EXCLUSIVE"])
  db.exec(`pragma ${setting}`);
db.exec(`create table snapshots (site text, visitor text, view_id text, seq int, at int, entities text,
  primary key (site, visitor, view_id, seq));
  create index by_time on snapshots (site, at, visitor)`);
const insert = db.prepare("insert into snapshots values (?, ?, ?, ?, ?, ?) on conflict do nothing returning seq");
const find = db.prepare("select * from snapshots where site = ? and visitor = ? order by seq");
const entities = JSON.stringify({ basket: "x".repeat(300), total: 1, plan: "gold" });

let rows = 0;
const cpu = process.cpuUsage();
for (const began = performance.now(); performance.now() - began < SECONDS * 1_000; ) {
  db.exec("begin");
  for (let n = 0; n < 30; n += 1) {
    rows += 1;
    const visitor = Math.random().toString(36);
    insert.all("shop", visitor, `v${rows}`, 0, rows, entities);
    find.all("shop", visitor);
  }
  db.exec("commit");
}
const { user, system } = process.cpuUsage(cpu);
const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
console.log(
  `${driver}, Node ${process.version}: ${Math.round(rows / SECONDS)} rows/s, ${((user + system) / rows).toFixed(1)} µs of the processor a row, ${memory} MB`,
);
db.close();
rmSync(folder, { recursive: true });
