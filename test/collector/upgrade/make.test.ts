/** Makes the stores of a release (`release.ts`), where one is named. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Kysely } from "kysely";
import { expect, it } from "vitest";
import { backup } from "../../../collector/cli/backup";
import { copyStore } from "../../../collector/cli/copy";
import { readConfig } from "../../../collector/config";
import { migrations } from "../../../collector/store/migrations";
import { postgres } from "../../../collector/store/postgres";
import { startCollector } from "../contract/process";
import { MINUTE } from "../contract/shop";
import { run, startPostgres } from "../store/database";
import { FOLDER, fill, read } from "./release";

const version = process.env.CALLJOIN_RELEASE;

it.runIf(version)(`makes the stores of ${version}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "calljoin-release-"));
  const file = join(folder, "calljoin.db");
  const collector = await startCollector({ DATABASE_URL: undefined, CALLJOIN_SHARDED: undefined });
  const then = Date.now() - 10 * MINUTE;
  const token = await fill(collector.request, collector.adminToken, then);
  await new Promise((done) => setTimeout(done, 3_000));
  const answers = await read(collector.request, collector.adminToken);
  await backup(readConfig({ CALLJOIN_DATA: collector.data }), file);
  await collector.stop();
  const server = await startPostgres();
  try {
    const sql = await dumpOf(folder, await server.database(), await server.database());
    writeFileSync(join(FOLDER, `${version}.sql.gz`), gzipSync(sql, { level: 9 }));
  } finally {
    await server.stop();
  }
  writeFileSync(join(FOLDER, `${version}.db.gz`), gzipSync(readFileSync(file), { level: 9 }));
  writeFileSync(join(FOLDER, `${version}.json`), `${JSON.stringify({ token, then, answers }, null, 1)}\n`);
  rmSync(folder, { recursive: true });
  expect(Object.keys(answers).length).toBeGreaterThan(5);
});

/** The store in a folder, copied to a database, as the statements that make it; `empty` is another database. */
async function dumpOf(folder: string, url: string, empty: string): Promise<string> {
  for await (const _ of copyStore(folder, url));
  const tables = await run<{ name: string }>(
    url,
    "select tablename as name from pg_tables where schemaname = 'public' order by 1",
  );
  const lines = await statementsOf(empty);
  for (const { name } of tables.filter(({ name }) => !name.startsWith("kysely"))) {
    const [row] = await run<{ rows: string | null }>(url, `select json_agg(t)::text as rows from ${name} as t`);
    const rows = row?.rows?.replaceAll("'", "''");
    if (rows) lines.push(`insert into ${name} select * from json_populate_recordset(null::${name}, '${rows}')`);
  }
  return `${lines.join(";\n")};\n`;
}

/** What the migrations say to an empty database, and what Kysely keeps of them. */
async function statementsOf(url: string): Promise<string[]> {
  const lines: string[] = [];
  const engine = postgres(url);
  const db = new Kysely<unknown>({ dialect: engine.dialect, log: ({ query }) => void lines.push(query.sql) });
  const steps = Object.entries(await migrations(engine).getMigrations());
  for (const [, { up }] of steps) await up(db);
  await db.destroy();
  await engine.close();
  return [
    ...lines,
    "create table kysely_migration (name varchar(255) not null primary key, timestamp varchar(255) not null)",
    "create table kysely_migration_lock (id varchar(255) not null primary key, is_locked integer not null default 0)",
    "insert into kysely_migration_lock values ('migration_lock', 0)",
    ...steps.map(([name]) => `insert into kysely_migration values ('${name}', '${new Date().toISOString()}')`),
  ];
}
