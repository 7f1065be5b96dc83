/** What the collector says when it cannot start on what is there: which variable, which file, why, and what to do. */
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

async function makeStore(): Promise<void> {
  await (await openStore(sqlite(folder))).close();
}

function change(sql: string): void {
  const db = new SqliteDatabase(file);
  db.exec(sql);
  db.close();
}

describe("a start on a store that cannot be used is refused, and changes nothing, where", () => {
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

  it("its place is a file", async () => {
    writeFileSync(join(folder, "x"), "");
    expect(await refusal(join(folder, "x"))).toMatch(/CALLJOIN_DATA: .*x.calljoin\.db cannot be used: /);
  });
});

describe("a start on an admin-token that lets in whoever guesses it is refused, and named, where", () => {
  const token = () => join(folder, "admin-token");
  const made = { CALLJOIN_ADMIN_TOKEN: "" };

  it.each([
    ["it is empty, as a full disk has left it", ""],
    ["it was cut off", "cja_x\n"],
    ["it is two words", "two words of twenty characters\n"],
  ])("%s", async (_what, text) => {
    writeFileSync(token(), text);
    const said = await refusal(folder, made);
    expect(said).toContain(`CALLJOIN_DATA: ${token()} must be at least 16 characters, without spaces`);
    expect(said).toContain("delete it, and the next start makes a new one");
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
