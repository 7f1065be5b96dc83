/** Files that are no store of this version's, or not all of one: refused by name, and not changed. `start.test.ts` has how a collector says so. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sqlite } from "../../../collector/store/sqlite";
import { openStore } from "../../../collector/store/store";
import { CONTEXT, SITE, snapshot, snapshotsOf, write } from "./rows";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "calljoin-unusable-"));
  file = join(folder, "calljoin.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A store with one snapshot; `crash` leaves its log beside it, as a process that was killed does. */
async function makeStore({ crash = false } = {}): Promise<void> {
  const engine = sqlite(folder);
  const store = await openStore(engine);
  await store.write([write({ snapshots: [snapshot()] })], [], 1);
  const log = readFileSync(`${file}-wal`);
  const rows = readFileSync(file);
  await store.close();
  if (!crash) return;
  writeFileSync(file, rows);
  writeFileSync(`${file}-wal`, log);
}

function change(sql: string): void {
  const db = new SqliteDatabase(file);
  db.exec(sql);
  db.close();
}

/** What is said of the file, which is as it was. */
async function refusal(): Promise<string> {
  const before = existsSync(file) ? readFileSync(file) : null;
  const error = await (async () => openStore(sqlite(folder)))().then(
    () => new Error("it was opened"),
    (error: Error) => error,
  );
  if (before) expect(readFileSync(file).equals(before)).toBe(true);
  expect(error.message).toContain(`CALLJOIN_DATA: ${file} cannot be used: `);
  return error.message;
}

describe("is refused, by what is the matter with it:", () => {
  it("a file that is no database", async () => {
    writeFileSync(file, "a".repeat(10_000));
    expect(await refusal()).toMatch(/not a database; it is damaged, or not a store of Calljoin's: restore a backup$/);
  });

  it.each([0.5, 0.9, 0.1])("a file that was cut off at %d of its length", async (share) => {
    await makeStore();
    truncateSync(file, Math.floor(readFileSync(file).length * share));
    expect(await refusal()).toMatch(/malformed; it is damaged/);
  });

  it("another program's database, known by its mark", async () => {
    change("create table bookmarks (url text); pragma application_id = 252006675");
    expect(await refusal()).toMatch(
      /another program's database \(its tables: bookmarks\); give Calljoin a folder of its own/,
    );
  });

  it("another program's database, known by its tables", async () => {
    change("create table wp_posts (id integer); create table wp_users (id integer)");
    expect(await refusal()).toMatch(/another program's database \(its tables: wp_posts, wp_users\)/);
  });

  it("a newer version's, which is named", async () => {
    await makeStore();
    change("insert into kysely_migration values ('002_1.3.0_tokens', ''), ('003_2.0.1_more', '')");
    expect(await refusal()).toMatch(
      /a newer version of Calljoin has changed it \(002_1\.3\.0_tokens, 003_2\.0\.1_more\); start Calljoin 2\.0\.1 or newer/,
    );
  });

  it.each([
    ["drop table due", "no such table: due"],
    ["alter table views drop column displaced", "no such column: displaced"],
  ])("one that is there only in part: %s", async (sql, said) => {
    await makeStore();
    change(sql);
    expect(await refusal()).toContain(`its tables are there only in part (${said}); restore a backup`);
  });

  it("one whose making was cut off before that could be one transaction", async () => {
    change("create table kysely_migration (name text, timestamp text); create table site_versions (site text)");
    const opening = (async () => openStore(sqlite(folder)))();
    await expect(opening).rejects.toThrow("its tables are there only in part (table site_versions already exists)");
  });

  it("a log whose store is gone, or empty: the newest data may be in it, and stays", async () => {
    await makeStore({ crash: true });
    const log = readFileSync(`${file}-wal`);
    rmSync(file);
    expect(await refusal()).toMatch(/calljoin\.db-wal is there without calljoin\.db, .* put calljoin\.db back/);
    writeFileSync(file, "");
    await refusal();
    expect(readFileSync(`${file}-wal`).equals(log)).toBe(true);
  });

  it("a folder in the file's place", async () => {
    mkdirSync(file);
    const opening = (async () => openStore(sqlite(folder)))();
    await expect(opening).rejects.toThrow(/CALLJOIN_DATA: .*calljoin\.db cannot be used: EISDIR/);
  });
});

describe("is opened:", () => {
  const snapshots = async () => {
    const store = await openStore(sqlite(folder));
    const found = await snapshotsOf(store, SITE, CONTEXT);
    await store.close();
    return found.length;
  };

  it("a store with the log that a crash has left, whose data is in it", async () => {
    await makeStore({ crash: true });
    const alone = mkdtempSync(join(tmpdir(), "calljoin-unusable-"));
    copyFileSync(file, join(alone, "calljoin.db"));
    const rows = new SqliteDatabase(join(alone, "calljoin.db"));
    // The log is where the snapshot is.
    expect(() => rows.prepare("select * from snapshots").all()).toThrow(/no such table/);
    rows.close();
    rmSync(alone, { recursive: true });
    expect(await snapshots()).toBe(1);
  });

  it("an empty file, as a new store", async () => {
    writeFileSync(file, "");
    expect(await snapshots()).toBe(0);
  });

  it("one whose upgrade was killed: a lock that was left behind locks nobody out", async () => {
    await makeStore();
    change("update kysely_migration_lock set is_locked = 1");
    expect(await snapshots()).toBe(1);
  });

  it("one from before stores had a mark", async () => {
    await makeStore();
    change("pragma application_id = 0");
    expect(await snapshots()).toBe(1);
  });
});
