/** An upgrade that is killed at work: the store is what it was or what it becomes, and the next start goes on. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import SqliteDatabase from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STEP_NAMES } from "../../../collector/store/migrations";
import { runToEnd } from "../contract/process";
import { noPostgres, type Postgres, run, startPostgres } from "../store/database";
import { dump, unpack } from "./release";

const VERSION = "1.1.0";
const DONE = ["001_first", "002_1.1.0_console", "003_1.1.0_filed"];
const TABLES = ["calls", "call_events", "deliveries", "delivery_attempts", "rejected", "snapshots", "views", "erased"];

/** Runs the upgrade and kills it as soon as `isTime` says so. */
async function killed(env: Record<string, string>, isTime: () => boolean | Promise<boolean>): Promise<void> {
  const child = spawn(process.execPath, ["dist/collector/calljoin.mjs", "migrate"], {
    env: { ...process.env, ...env },
  });
  child.stdout.resume();
  child.stderr.resume();
  const closed = once(child, "close");
  while (child.exitCode === null && !(await isTime())) await wait(1);
  child.kill("SIGKILL");
  await closed;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "calljoin-killed-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("an upgrade of a SQLite store", { tags: ["long"] }, () => {
  const COPY = `calljoin-before-${STEP_NAMES[DONE.length]}.db`;
  const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  let seed: string;

  beforeAll(() => {
    seed = join(folder, "seed");
    unpack(VERSION, seed);
    const db = new SqliteDatabase(join(seed, "calljoin.db"));
    // Enough for the upgrade to be seen at work: rows of one refusal and of one call, under other ids.
    for (const [table, id] of [
      ["rejected", "id"],
      ["calls", "call_id"],
    ] as const) {
      const columns = db.prepare(`select name from pragma_table_info('${table}')`).pluck().all() as string[];
      const said = columns.map((column) => (column === id ? "printf('%032d', n.value)" : column));
      db.exec(`insert into ${table} with recursive n (value) as (select 1 union all select value + 1 from n where value < 10000)
        select ${said.join(", ")} from (select * from ${table} limit 1) cross join n`);
    }
    db.close();
  });

  /** The steps that were taken, and all rows, as far as both versions have them. */
  function look(path: string): { steps: unknown[]; rows: unknown[] } {
    const db = new SqliteDatabase(path, { readonly: true });
    try {
      expect(db.pragma("integrity_check(1)", { simple: true })).toBe("ok");
      const sums = TABLES.map((table) => {
        const columns = before.get(table) ?? columnsOf(db, table);
        before.set(table, columns);
        const text = columns.map((column) => `quote(${column})`).join(" || ',' || ");
        return db.prepare(`select count(*), sum(length(${text})), max(${text}), min(${text}) from ${table}`).get();
      });
      return { steps: db.prepare("select name from kysely_migration order by 1").pluck().all(), rows: sums };
    } finally {
      db.close();
    }
  }
  const before = new Map<string, string[]>();
  const columnsOf = (db: SqliteDatabase.Database, table: string) =>
    db.prepare(`select name from pragma_table_info('${table}')`).pluck().all() as string[];

  it.each<[string, (data: string) => boolean]>([
    ["while it is copied", (data) => existsSync(join(data, `${COPY}.part`))],
    ["when the copy is made", (data) => size(join(data, COPY)) > 0],
    ["when the first rows are written", (data) => size(join(data, "calljoin.db-wal")) > 100_000],
    ["in the middle of them", (data) => size(join(data, "calljoin.db-wal")) > 5_000_000],
  ])("that is killed %s has lost nothing and left nothing half, and goes on", async (_when, isTime) => {
    const data = mkdtempSync(join(folder, "data-"));
    const file = join(data, "calljoin.db");
    copyFileSync(join(seed, "calljoin.db"), file);
    const { steps, rows } = look(file);
    expect(steps).toEqual(DONE);
    const env = { CALLJOIN_DATA: data, DATABASE_URL: "" };
    await killed(env, () => isTime(data));
    const found = look(file);
    // All of them where it was done before it was seen, on a machine that is busy with others.
    expect([DONE, STEP_NAMES]).toContainEqual(found.steps);
    expect(found.rows).toEqual(rows);

    expect((await runToEnd(["migrate"], env)).code).toBe(0);
    expect(look(file)).toEqual({ steps: STEP_NAMES, rows });
    expect(look(join(data, COPY))).toEqual({ steps: DONE, rows });
    expect(existsSync(join(data, `${COPY}.part`))).toBe(false);
  });
});

describe.skipIf(noPostgres)("an upgrade of a store on PostgreSQL", { tags: ["long"] }, () => {
  let server: Postgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  const indexes = (url: string) =>
    run(url, "select indexname, indexdef from pg_indexes where tablename not like 'kysely%' order by 1");
  const count = async (url: string, table: string) => (await run(url, `select count(*)::int as n from ${table}`))[0];

  it.each(["create index rejected_by_vendor", "create index rejected_by_call"])(
    "that is killed at %s has lost nothing and left nothing half, and goes on",
    async (statement) => {
      const [url, fresh] = [await server.database(), await server.database()];
      await run(url, dump(VERSION));
      await run(
        url,
        `insert into rejected (site, id, route, vendor, received_at, reason, detail, body)
          select 'shop', lpad(n::text, 32, '0'), 'calls', 'infinity', n, 'invalid', 'made up', '{}' from generate_series(1, 200000) as n`,
      );
      const rejected = await count(url, "rejected");
      const env = { DATABASE_URL: url, CALLJOIN_ADMIN_TOKEN: "x".repeat(16) };
      const asked = `select 1 from pg_stat_activity where datname = current_database() and state = 'active'
        and query like '${statement}%'`;
      await killed(env, async () => (await run(url, asked)).length > 0);
      // At once: what the server still does for who was killed is waited for.
      expect((await runToEnd(["migrate"], env)).code).toBe(0);
      expect(await run(url, "select name from kysely_migration order by 1")).toEqual(
        STEP_NAMES.map((name) => ({ name })),
      );
      expect(await count(url, "rejected")).toEqual(rejected);
      await runToEnd(["migrate"], { ...env, DATABASE_URL: fresh });
      expect(await indexes(url)).toEqual(await indexes(fresh));
    },
  );
});
