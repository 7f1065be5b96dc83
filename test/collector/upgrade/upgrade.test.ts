/** Stores of every released version under this one, and what becomes of a store whose upgrade cannot be. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { type Kysely, type MigrationProvider, sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runMigrate } from "../../../collector/cli/migrate";
import { migrations, STEP_NAMES } from "../../../collector/store/migrations";
import { sqlite } from "../../../collector/store/sqlite";
import { openStore } from "../../../collector/store/store";
import { runToEnd, startCollector } from "../contract/process";
import { driveShop, event, view } from "../contract/shop";
import { ERASED, RELEASES, read, recorded, SHOP, unpack, VISITOR } from "./release";

const SQLITE = { DATABASE_URL: undefined, CALLJOIN_SHARDED: undefined };
/** Not the newest: there is something to be brought up to. */
const OLDEST = RELEASES[0] ?? "";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "calljoin-upgrade-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => join(folder, "calljoin.db");

function query<T>(text: string, path = file()): T[] {
  const db = new SqliteDatabase(path);
  try {
    return db.prepare(text).all() as T[];
  } finally {
    db.close();
  }
}

const schemaOf = () =>
  query("select type, name, tbl_name, sql from sqlite_schema where name not like 'kysely%' order by type, name");

describe.each(RELEASES)("a SQLite store of %s", (version) => {
  it("answers as it did, and goes on: with its tokens, its visitors, and who was erased", async () => {
    unpack(version, folder);
    const { answers, token, then } = recorded(version);
    const collector = await startCollector({ ...SQLITE, CALLJOIN_DATA: folder });
    try {
      expect(await read(collector.request, collector.adminToken)).toMatchObject(answers);
      const shop = driveShop(collector.request, collector.adminToken, SHOP);
      const json = { events: [event({ id: VISITOR, ts: then + 95_000, transaction: "after" })] };
      const answer = await collector.request("POST", `/v1/calls/${SHOP}`, { token, json });
      expect(answer.json()).toEqual({ accepted: 1, duplicate: 0, rejected: [] });
      expect(await shop.call("after")).toMatchObject({
        join: { status: "matched" },
        entities: { plan: "gold", cart: 99 },
      });
      const { rejected } = await shop.post(ERASED, [view("v9", then)]);
      expect(rejected).toMatchObject([{ reason: "erased" }]);
    } finally {
      await collector.stop();
    }
  });

  it("has the tables and indexes of a new one afterwards", async () => {
    unpack(version, folder);
    await (await openStore(sqlite(folder))).close();
    const upgraded = schemaOf();
    rmSync(file());
    await (await openStore(sqlite(folder))).close();
    // Where this fails: a released step was changed, or, before the release, its fixture is to be made anew (release.ts).
    expect(upgraded).toEqual(schemaOf());
  });

  it("has its wide rows as they came, and all of them", async () => {
    unpack(version, folder);
    const wide = ["calls", "call_events", "deliveries", "delivery_attempts", "rejected"];
    const rows = () => wide.map((table) => query(`select * from ${table} order by 1, 2, 3`));
    const known = rows();
    await (await openStore(sqlite(folder))).close();
    const inOrder = query<{ name: string }>("select name from pragma_table_list where wr").map(({ name }) => name);
    expect(inOrder.filter((name) => wide.includes(name))).toEqual([]);
    expect(inOrder).toContain("sessions");
    expect(known[0]?.length).toBeGreaterThan(0);
    expect(rows()).toMatchObject(known);
  });
});

const SQLITE_TABLES = { clustered: true, text: "text" };

/** This version's steps with more behind them, as a later version has them. */
function later(steps: Record<string, (db: Kysely<unknown>) => Promise<unknown>>): MigrationProvider {
  const more = Object.entries(steps).map(([name, up]) => [
    name,
    { up: async (db: Kysely<unknown>) => void (await up(db)) },
  ]);
  return {
    getMigrations: async () => ({ ...(await migrations(SQLITE_TABLES).getMigrations()), ...Object.fromEntries(more) }),
  };
}

const NOTE = "901_99.2.0_note";
/** What a store of the oldest release is brought up to. */
const NEWER = [...STEP_NAMES.slice(1), NOTE];
const note = later({ [NOTE]: (db) => sql`alter table sessions add column note text`.execute(db) });
const broken = later({
  [NOTE]: (db) => sql`alter table sessions add column note text`.execute(db),
  "902_99.3.0_broken": (db) => sql`insert into no_such_table values (1)`.execute(db),
});

describe("an upgrade of a SQLite store", () => {
  beforeEach(() => unpack(OLDEST, folder));
  const sessions = () => query<{ note?: unknown }>("select * from sessions");

  it("keeps a copy from before, for its owner alone, and tells of both", async () => {
    const told: string[] = [];
    await (await openStore(sqlite(folder), { provider: note, tell: (line) => told.push(line) })).close();
    const copy = join(folder, `calljoin-before-${STEP_NAMES[1]}.db`);
    expect(told).toEqual([
      expect.stringContaining(copy),
      ...NEWER.map((step) => `the store was brought up to ${step}`),
    ]);
    expect(sessions()[0]).toHaveProperty("note", null);
    expect(query("select * from sessions", copy)[0]).not.toHaveProperty("note");
    expect(query("select name from kysely_migration", copy)).toEqual([{ name: "001_first" }]);
  });

  it("takes all steps or none: what was there before is used on", async () => {
    const before = sessions();
    await expect(openStore(sqlite(folder), { provider: broken })).rejects.toThrow(
      /cannot be used: no such table: no_such_table/,
    );
    expect(sessions()).toEqual(before);
    await (await openStore(sqlite(folder))).close();
    // Tried again with another program, it is copied again.
    await (await openStore(sqlite(folder), { provider: note })).close();
    expect(sessions()[0]).toHaveProperty("note", null);
  });

  it("is not made where there is no room for the copy", async () => {
    // A file in its place that cannot be replaced stands for a full disk.
    const copy = join(folder, `calljoin-before-${STEP_NAMES[1]}.db.part`, "x");
    (await import("node:fs")).mkdirSync(copy, { recursive: true });
    await expect(openStore(sqlite(folder), { provider: note })).rejects.toThrow(
      /cannot be copied to .* before it is changed/,
    );
    expect(sessions()[0]).not.toHaveProperty("note");
  });

  it("is refused to a command that runs beside a collector", async () => {
    await expect(openStore(sqlite(folder), { provider: note, upgrade: false })).rejects.toThrow(/of an older version/);
    expect(readdirSync(folder).filter((name) => name.includes("before"))).toEqual([]);
  });

  it("and the program of before then names the version that is needed, and changes nothing", async () => {
    await (await openStore(sqlite(folder), { provider: note })).close();
    const { code, output } = await runToEnd(["serve"], {
      CALLJOIN_DATA: folder,
      CALLJOIN_ADMIN_TOKEN: "x".repeat(16),
      PORT: "0",
      DATABASE_URL: "",
    });
    expect([code, output]).toEqual([
      1,
      expect.stringContaining("start Calljoin 99.2.0 or newer, or restore a backup from before"),
    ]);
    expect(query<{ name: string }>("select name from kysely_migration").map(({ name }) => name)).toContain(NOTE);
  });

  it("is told of before by calljoin migrate --pending, and done by calljoin migrate", async () => {
    const run = async (onlyTell: boolean) => {
      const lines: string[] = [];
      for await (const line of runMigrate({ CALLJOIN_DATA: folder }, { to: undefined, onlyTell, provider: note }))
        lines.push(line);
      return lines.join("\n");
    };
    expect(await run(true)).toContain(
      `is at 001_first; pending: ${NEWER.join(", ")}\ncalljoin serve applies these when it starts, and first makes a copy`,
    );
    expect(sessions()[0]).not.toHaveProperty("note");
    const done = (await run(false)).split("\n");
    expect(done.slice(-1 - NEWER.length)).toEqual([
      expect.stringContaining("the store as it was is kept in "),
      ...NEWER.map((step) => `the store was brought up to ${step}`),
    ]);
    expect(done[0]).toContain(`now: ${NEWER.join(", ")}`);
    expect(await run(false)).toContain(`is up to date (${NOTE}); nothing to do`);
  });
});

it("calljoin migrate --pending makes nothing where there is no store", async () => {
  const data = join(folder, "none");
  const { code, output } = await runToEnd(["migrate", "--pending"], { CALLJOIN_DATA: data, DATABASE_URL: "" });
  expect([code, output]).toEqual([0, `there is no store in ${data} yet; calljoin serve creates one\n`]);
  expect(existsSync(data)).toBe(false);
});
