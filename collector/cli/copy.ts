/** `calljoin migrate --to`: copies a whole SQLite store to PostgreSQL and compares both. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Kysely, sql } from "kysely";
import { databasePlace, type Engine } from "../store/engine";
import { postgres } from "../store/postgres";
import { sqlite } from "../store/sqlite";
import { openDatabase } from "../store/store";

type Row = Record<string, string | number | null>;
type Database = Kysely<Record<string, Row>>;

interface Table {
  name: string;
  columns: string[];
  /** The primary key's columns, in its order. */
  key: string[];
}

/** How many rows go into one commit. */
const STEP = 500;

/** How many rows to copy between two progress lines. */
const TELL_EVERY = 50_000;

/**
 * This table is in the target until everything is copied and compared. A target that has rows but not this table is in
 * use, and we do not touch it.
 */
const MARK = "calljoin_unfinished_copy";

/**
 * Copies the store in `folder` to an empty PostgreSQL database, table by table, in the order of their keys. Then it
 * compares both, row by row. It may be stopped at any moment; when run again, it continues after the last copied row.
 * Yields lines that tell its progress. Throws if another process has the store open, if the target is in use, or if the
 * two differ in the end.
 */
export async function* copyStore(folder: string, url: string): AsyncGenerator<string> {
  if (!existsSync(join(folder, "calljoin.db"))) throw new Error(`CALLJOIN_DATA: there is no store in ${folder}`);
  const to = { ...postgres(url), place: `--to: ${databasePlace(url)}` };
  const from = openAlone(folder);
  const source = (await openDatabase(from)) as unknown as Database;
  try {
    const target = (await openDatabase(to)) as unknown as Database;
    try {
      const tables = await tablesOf(source);
      await claim(target, tables, url);
      for (const table of tables) yield* copy(source, target, table);
      for (const table of tables) yield await compare(source, target, table);
      await target.schema.dropTable(MARK).execute();
      yield `verified: ${databasePlace(url)} holds everything from ${folder}`;
    } finally {
      await target.destroy();
      await to.close();
    }
  } finally {
    await source.destroy();
    await from.close();
  }
}

/** The engine on a folder that nobody else has open. Throws if somebody has. */
export function openAlone(folder: string): Engine {
  try {
    return sqlite(folder, { alone: true });
  } catch (error) {
    if ((error as { code?: string }).code !== "SQLITE_BUSY") throw error;
    throw new Error(`CALLJOIN_DATA: a collector has the store in ${folder} open; stop it first`);
  }
}

async function tablesOf(source: Database): Promise<Table[]> {
  const { rows } = await sql<{ name: string; column: string; pk: number }>`
    select t.name, c.name as "column", c.pk from sqlite_schema as t, pragma_table_info(t.name) as c
    where t.type = 'table' and t.name not like 'kysely%' and t.name not like 'sqlite%' order by t.name, c.cid`.execute(
    source,
  );
  return [...new Set(rows.map(({ name }) => name))].map((name) => {
    const columns = rows.filter((row) => row.name === name);
    const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
    return { name, columns: columns.map(({ column }) => column), key: key.map(({ column }) => column) };
  });
}

/** Marks the target as being copied to, if it is empty or already marked. */
async function claim(target: Database, tables: Table[], url: string): Promise<void> {
  const marked = (await target.introspection.getTables()).some(({ name }) => name === MARK);
  if (marked) return;
  for (const { name } of tables) {
    if (await target.selectFrom(name).selectAll().limit(1).executeTakeFirst()) {
      throw new Error(`--to: ${databasePlace(url)} already holds data (table ${name}); use an empty database`);
    }
  }
  await target.schema.createTable(MARK).addColumn("at", "bigint").execute();
}

async function* copy(source: Database, target: Database, table: Table): AsyncGenerator<string> {
  let last = await lastOf(target, table);
  let copied = 0;
  let page: Row[];
  do {
    page = await pageAfter(source, table, last);
    if (page.length > 0) await target.insertInto(table.name).values(page).execute();
    last = page.at(-1) ?? last;
    copied += page.length;
    if (page.length > 0 && copied % TELL_EVERY === 0) yield `${table.name}: ${copied} rows`;
  } while (page.length === STEP);
  yield `${table.name}: ${copied} rows copied`;
}

async function compare(source: Database, target: Database, table: Table): Promise<string> {
  const [wanted, found] = [await digest(source, table), await digest(target, table)];
  if (wanted.rows !== found.rows || wanted.hash !== found.hash) {
    throw new Error(`${table.name} differs: ${wanted.rows} rows (${wanted.hash}) became ${found.rows} (${found.hash})`);
  }
  return `${table.name}: ${found.rows} rows compared, SHA-256 ${found.hash}`;
}

/** The count and SHA-256 of all rows, in the order of their keys. */
async function digest(db: Database, table: Table): Promise<{ rows: number; hash: string }> {
  const hash = createHash("sha256");
  let rows = 0;
  let page: Row[];
  let last: Row | undefined;
  do {
    page = await pageAfter(db, table, last);
    for (const row of page) hash.update(`${JSON.stringify(table.columns.map((column) => row[column]))}\n`);
    rows += page.length;
    last = page.at(-1);
  } while (page.length === STEP);
  return { rows, hash: hash.digest("hex") };
}

function pageAfter(db: Database, { name, columns, key }: Table, last: Row | undefined): Promise<Row[]> {
  const place = last && sql<boolean>`(${refs(key)}) > (${sql.join(key.map((column) => last[column]))})`;
  const query = db.selectFrom(name).select(columns).limit(STEP);
  const ordered = key.reduce((rows, column) => rows.orderBy(column), query);
  return (place ? ordered.where(place) : ordered).execute() as Promise<Row[]>;
}

function lastOf(db: Database, { name, key }: Table): Promise<Row | undefined> {
  const query = db.selectFrom(name).select(key).limit(1);
  return key.reduce((rows, column) => rows.orderBy(column, "desc"), query).executeTakeFirst() as Promise<
    Row | undefined
  >;
}

function refs(columns: string[]) {
  return sql.join(columns.map((column) => sql.ref(column)));
}
