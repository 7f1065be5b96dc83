/** A store's backup while its collector is at work, and back from it. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { backup as copy } from "../../../collector/cli/backup";
import { restore as putBack } from "../../../collector/cli/restore";
import { readConfig } from "../../../collector/config";
import { createErasures } from "../../../collector/forget";
import { createJoiner } from "../../../collector/join/joiner";
import { STEP_NAMES } from "../../../collector/store/migrations";
import { sqlite } from "../../../collector/store/sqlite";
import { openStore } from "../../../collector/store/store";
import { contextOf } from "../../../collector/store/visitor";
import { siteSchema } from "../../../collector/wire/site";
import { runToEnd, startCollector } from "../contract/process";
import { newContext, openShop, THEN, view } from "../contract/shop";
import { CONTEXT, SITE, snapshot, write } from "../store/rows";

const SQLITE = { DATABASE_URL: "", CALLJOIN_SHARDED: "" };

let folder: string;
let data: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "calljoin-backup-"));
  data = join(folder, "data");
  file = join(folder, "backup.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

const backup = (from = data) => copy(readConfig({ CALLJOIN_DATA: from }), file);
const restore = async (to = data) => (await putBack(readConfig({ CALLJOIN_DATA: to }), file)).join("\n");

/** A store with one view of a visitor, whose context_id it answers. */
async function fill(contextId: string = CONTEXT): Promise<void> {
  const store = await openStore(sqlite(data));
  await store.saveSite({
    site: SITE,
    document: JSON.stringify(siteSchema.parse({ name: "Shop" })),
    at: 1,
    identifying: [],
    secrets: [],
  });
  await store.write([write({ snapshots: [snapshot({ context_id: contextId })], events: [], rejected: [] })], [], 1);
  await store.close();
}

async function erase(contextId: string): Promise<void> {
  const store = await openStore(sqlite(data));
  const log = { info: () => undefined };
  const joiner = createJoiner({ store, clock: Date.now, log, wake: () => undefined });
  await createErasures({ store, joiner, clock: Date.now }).erase(SITE, contextId);
  await store.close();
}

function contexts(path: string): string[] {
  const db = new SqliteDatabase(path, { readonly: true });
  const found = db.prepare("select distinct visitor from snapshots").pluck().all() as string[];
  db.close();
  return found.map(contextOf).sort();
}

describe("calljoin backup", () => {
  it("holds all that was acknowledged before it began, while the collector takes more, and is a store again", async () => {
    const collector = await startCollector({ ...SQLITE, CALLJOIN_DATA: data });
    try {
      const shop = await openShop(collector.request, collector.adminToken);
      const acknowledged: string[] = [];
      let isOver = false;
      const post = async () => {
        while (!isOver) {
          const contextId = newContext();
          const receipt = await shop.post(contextId, [view("v1", THEN)]);
          if (receipt.accepted === 1) acknowledged.push(contextId);
        }
      };
      const load = Promise.all([post(), post(), post(), post()]);
      while (acknowledged.length < 300) await new Promise((done) => setTimeout(done, 10));
      const before = [...acknowledged];
      const { code, output } = await runToEnd(["backup", file], { ...SQLITE, CALLJOIN_DATA: data });
      const after = acknowledged.length;
      isOver = true;
      await load;
      expect([code, output]).toEqual([0, expect.stringMatching(/^backed up to .*backup\.db: .* views/)]);
      expect(after).toBeGreaterThan(before.length);
      const kept = new Set(contexts(file));
      expect(before.filter((contextId) => !kept.has(contextId))).toEqual([]);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readdirSync(folder).sort()).toEqual(["backup.db", "data"]);

      const elsewhere = join(folder, "elsewhere");
      expect(await restore(elsewhere)).toMatch(new RegExp(`^restored .* views, at ${STEP_NAMES.at(-1)}$`));
      expect(contexts(join(elsewhere, "calljoin.db")).length).toBe(kept.size);
      await expect(restore()).rejects.toThrow(/is used by another collector, process \d+.*stop it first/);
    } finally {
      await collector.stop();
    }
  });

  it("refuses to overwrite, and leaves nothing where it cannot be made", async () => {
    await fill();
    writeFileSync(file, "precious");
    await expect(backup()).rejects.toThrow(`${file} already exists; name a new file`);
    expect(readFileSync(file, "utf8")).toBe("precious");
    rmSync(file);
    await expect(backup(join(folder, "none"))).rejects.toThrow(/none.calljoin\.db does not exist$/);
    file = join(folder, "no", "such", "folder.db");
    await expect(backup()).rejects.toThrow(/cannot copy the store to .*folder\.db: ENOENT/);
    expect(readdirSync(folder)).toEqual(["data"]);
  });

  it("of PostgreSQL names its own tools", async () => {
    const config = readConfig({
      DATABASE_URL: "postgres://me:secret@db.example/calls",
      CALLJOIN_ADMIN_TOKEN: "x".repeat(16),
    });
    const where = "^the store is PostgreSQL \\(db\\.example/calls\\)";
    await expect(copy(config, file)).rejects.toThrow(new RegExp(`${where}: .*pg_dump`));
    await expect(putBack(config, file)).rejects.toThrow(new RegExp(`${where}: .*pg_restore`));
  });
});

describe("calljoin restore", () => {
  it("refuses a folder that cannot be made", async () => {
    await fill();
    await backup();
    await expect(restore("/proc/calljoin/data")).rejects.toThrow(/^CALLJOIN_DATA: .* cannot be created: ENOENT/);
  });

  it("puts the backup in the store's place, and keeps what was there", async () => {
    await fill();
    await backup();
    await fill("a-later-visitor");
    const output = await restore();
    const [, kept = ""] = /is kept in (\S+);/.exec(output) ?? [];
    expect(contexts(join(data, "calljoin.db"))).toEqual([CONTEXT]);
    expect(contexts(kept)).toEqual([CONTEXT, "a-later-visitor"].sort());
    expect(statSync(kept).mode & 0o777).toBe(0o600);
  });

  it("takes the place of a store that is damaged, whose log is not read into it", async () => {
    await fill();
    await backup();
    const own = join(data, "calljoin.db");
    writeFileSync(own, readFileSync(own).fill(0x55, 0, 8_192));
    writeFileSync(`${own}-wal`, "x".repeat(5_000));
    expect(await restore()).toMatch(/^restored /);
    expect(existsSync(`${own}-wal`)).toBe(false);
    expect(contexts(own)).toEqual([CONTEXT]);
  });

  it.each([
    ["is damaged", () => writeFileSync(file, readFileSync(file).fill(0x55, 12_288, 40_960)), /damaged|malformed/],
    ["is cut short", () => truncateSync(file, 40_000), /damaged|malformed/],
    ["is empty", () => writeFileSync(file, ""), /it is empty/],
    ["is no database", () => writeFileSync(file, "x".repeat(9_000)), /not a database/],
    ["is not there", () => rmSync(file), /backup\.db does not exist/],
    ["is another program's", () => change("pragma application_id = 7"), /another program's database/],
    [
      "is of a newer version",
      () => change("insert into kysely_migration values ('901_99.4.0_x', '')"),
      /start Calljoin 99\.4\.0 or newer/,
    ],
    ["has only a part of the tables", () => change("drop table views"), /there only in part \(no such table: views\)/],
  ])("refuses a backup that %s, and changes nothing", async (_what, spoil, said) => {
    await fill();
    await backup();
    await fill("a-later-visitor");
    spoil();
    await expect(restore()).rejects.toThrow(said);
    expect(contexts(join(data, "calljoin.db"))).toEqual([CONTEXT, "a-later-visitor"].sort());
    expect(readdirSync(data).filter((name) => /restoring|replaced/.test(name))).toEqual([]);
  });

  it("erases again who was erased since, if the store that was there is of a newer version, too", async () => {
    await fill();
    await backup();
    await erase(CONTEXT);
    // A later version's store, from which its owner goes back to this one.
    const own = new SqliteDatabase(join(data, "calljoin.db"));
    own.exec("insert into kysely_migration values ('901_99.4.0_x', ''); alter table erased add column later text");
    own.close();
    expect(await restore()).toContain("visitors erased since the backup: 1");
  });

  it("says so where nobody can tell any more who was erased since", async () => {
    await fill();
    await backup();
    const own = join(data, "calljoin.db");
    writeFileSync(own, readFileSync(own).fill(0x55, 0, 8_192));
    expect(await restore()).toContain(
      "the previous store cannot tell who was erased since the backup: erase those visitors again",
    );
  });

  it("erases again who was erased since the backup", async () => {
    await fill();
    await backup();
    await erase(CONTEXT);
    expect(contexts(join(data, "calljoin.db"))).toEqual([]);
    expect(await restore()).toContain("visitors erased since the backup: 1");
    expect(contexts(join(data, "calljoin.db"))).toEqual([CONTEXT]);
    const collector = await startCollector({ CALLJOIN_DATA: data, DATABASE_URL: undefined });
    try {
      // Nobody can ask before that is done.
      const { status } = await collector.request("GET", `/v1/sites/${SITE}/contexts/${CONTEXT}`, {
        token: collector.adminToken,
      });
      expect(status).toBe(404);
    } finally {
      await collector.stop();
    }
  });

  function change(sql: string): void {
    const db = new SqliteDatabase(file);
    db.exec(sql);
    db.close();
  }
});
