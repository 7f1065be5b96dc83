/** What the collector says when it cannot start on what is there: which variable, which file, why, and what to do. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sqlite } from "../../collector/store/sqlite";
import { openStore } from "../../collector/store/store";
import { runToEnd } from "./contract/process";

const TOKEN = "admin-token-of-the-start";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "calljoin-start-"));
  file = join(folder, "calljoin.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What `calljoin serve` says before it ends by itself, on this place. */
async function refusal(place = folder, env: Record<string, string> = {}): Promise<string> {
  const all = { CALLJOIN_DATA: place, CALLJOIN_ADMIN_TOKEN: TOKEN, PORT: "0", ...env };
  const { code, output } = await runToEnd(["serve"], all);
  expect(code).toBe(1);
  return output.split("\n").find((line) => line.startsWith("calljoin: ")) ?? output;
}

function canMount(): boolean {
  const place = mkdtempSync(join(tmpdir(), "calljoin-start-"));
  const { status } = spawnSync("sh", ["-c", 'mount -t tmpfs tmpfs "$0" && umount "$0"', place]);
  rmSync(place, { recursive: true });
  return status === 0;
}

async function makeStore(): Promise<void> {
  await (await openStore(sqlite(folder))).close();
}

function change(sql: string): void {
  const db = new SqliteDatabase(file);
  db.exec(sql);
  db.close();
}

describe("a start on a store that cannot be used is refused, and changes nothing, where", { tags: ["long"] }, () => {
  it("a newer version has been at it", async () => {
    await makeStore();
    change("insert into kysely_migration values ('002_later', '2027-01-01T00:00:00.000Z')");
    const before = readFileSync(file);
    const said = await refusal();
    expect(said).toContain(`CALLJOIN_DATA: ${file} cannot be used: a newer version of Calljoin has changed it`);
    expect(said).toContain("002_later");
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it("only a part of its tables is there", async () => {
    change("create table site_versions (site text not null)");
    expect(await refusal()).toMatch(
      /calljoin\.db cannot be used: its tables are there only in part .*restore a backup/,
    );
  });

  it("its pages are damaged", async () => {
    await makeStore();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0x55, 4_096, 40_960));
    expect(await refusal()).toMatch(/calljoin\.db cannot be used: .*malformed.*restore a backup/);
  });

  it("its lock is no database, which can be deleted", async () => {
    writeFileSync(join(folder, "collector.lock"), "x".repeat(5_000));
    const lock = join(folder, "collector.lock");
    expect(await refusal()).toContain(
      `${folder} cannot be held for this collector alone: file is not a database; delete ${lock}`,
    );
  });

  it.each(["collector.lock", "collector.pid"])("its %s cannot be written", async (name) => {
    mkdirSync(join(folder, name));
    expect(await refusal()).toMatch(/^calljoin: CALLJOIN_DATA: .* cannot be held for this collector alone: EISDIR: /);
  });

  // A disk can be mounted by root alone, and not in every container.
  it.skipIf(!canMount()).each([2, 6, 8, 20, 40])("its disk has %d free pages", async (pages) => {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${pages * 4}k,mode=700`, "tmpfs", folder]);
    try {
      expect(await refusal()).toMatch(/^calljoin: CALLJOIN_DATA: \/tmp\/.*(full|disk I\/O error|ENOSPC)/);
    } finally {
      execFileSync("umount", [folder]);
    }
  });

  it("its place is a file", async () => {
    writeFileSync(join(folder, "x"), "");
    expect(await refusal(join(folder, "x"))).toMatch(/CALLJOIN_DATA: .*x.calljoin\.db cannot be used: /);
  });
});

describe("a start on a folder that cannot be made is refused, and named, also by the doctor, where", {
  tags: ["long"],
}, () => {
  it.each([
    ["it would be in /proc", () => "/proc/calljoin", "ENOENT"],
    ["it would be deep in /proc", () => "/proc/calljoin/data", "ENOENT"],
    ["a file is above it", () => join(file, "data"), "ENOTDIR"],
    ["links lead round in a circle", () => join(folder, "circle"), "ELOOP"],
  ])("%s", async (_what, place, why) => {
    writeFileSync(file, "");
    symlinkSync("circle", join(folder, "circle"));
    const said = `CALLJOIN_DATA: ${place()} cannot be created: ${why}`;
    expect(await refusal(place())).toContain(said);
    const env = { CALLJOIN_DATA: place(), PORT: "0" };
    expect((await runToEnd(["doctor"], env)).output).toContain(`FAILED   store: ${said}`);
  });
});

describe("a start on an admin-token that lets in whoever guesses it is refused, and named, where", {
  tags: ["long"],
}, () => {
  const token = () => join(folder, "admin-token");
  const made = { CALLJOIN_ADMIN_TOKEN: "" };

  it.each([
    ["it is empty, as a full disk has left it", ""],
    ["it was cut off", "cja_x\n"],
    ["it is two words", "two words of twenty characters\n"],
  ])("%s", async (_what, text) => {
    writeFileSync(token(), text);
    const said = await refusal(folder, made);
    expect(said).toContain(
      `CALLJOIN_DATA: ${token()} must be at least 16 characters of printable ASCII without spaces`,
    );
    expect(said).toContain("delete the file, and the next start makes a new token");
    expect(readFileSync(token(), "utf8")).toBe(text);
    const doctor = await runToEnd(["doctor"], { CALLJOIN_DATA: folder, PORT: "0", ...made });
    expect(doctor).toMatchObject({ code: 1, output: expect.stringContaining(`FAILED   admin token: CALLJOIN_DATA:`) });
  });

  it("it is a folder", async () => {
    mkdirSync(token());
    expect(await refusal(folder, made)).toContain(`CALLJOIN_DATA: ${token()} cannot be read: EISDIR`);
  });

  it("it cannot be written, as the disk is full: no part of it is left", async () => {
    symlinkSync("/dev/full", `${token()}.part`);
    expect(await refusal(folder, made)).toContain(`CALLJOIN_DATA: ${token()} cannot be written: ENOSPC`);
    expect(readdirSync(folder).filter((name) => name.startsWith("admin"))).toEqual([]);
  });
});
