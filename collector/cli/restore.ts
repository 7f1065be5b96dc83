/** `calljoin restore`: puts a backup in the store's place after checking it, and keeps what was there. */
import { chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import type { Config } from "../config";
import { makeDataFolder } from "../folder";
import { sha256 } from "../hash";
import { databasePlace } from "../store/engine";
import { inspect } from "../store/schema";
import { sqlite } from "../store/sqlite";
import { copyTo, sync } from "../store/sqlite-file";
import { contextOf } from "../store/visitor";
import { holdAlone } from "../thread/alone";
import { contents, openStoreFile } from "./backup";
import { openAlone } from "./copy";

/** The files that SQLite keeps next to a database while it is open, or after a crash. */
const PARTS = ["", "-wal", "-shm"];

/**
 * Puts the backup at `path` in the store's place. Returns lines that say what was done. If a collector is running, or
 * if the backup is damaged, from a newer version or not a store of Calljoin's, it throws and has changed nothing. If it
 * is killed at any moment, it leaves either the old store or the new one, intact.
 */
export async function restore({ databaseUrl, dataFolder }: Config, path: string): Promise<string[]> {
  if (databaseUrl !== undefined)
    throw new Error(
      `the store is PostgreSQL (${databasePlace(databaseUrl)}): stop the collectors and restore with pg_restore`,
    );
  const backup = openStoreFile(path);
  const own = join(dataFolder, "calljoin.db");
  const beside = join(dataFolder, "restoring");
  try {
    checkPages(backup, path);
    makeDataFolder(dataFolder);
    const lock = holdAlone(dataFolder);
    try {
      await closeOwn(dataFolder, own);
      rmSync(beside, { recursive: true, force: true });
      mkdirSync(beside, { mode: 0o700 });
      const next = join(beside, "calljoin.db");
      copyTo(backup, next);
      const { done, pending } = await inspect(sqlite(beside));
      const erased = eraseAgain(own, next);
      const kept = keep(dataFolder);
      for (const part of PARTS.slice(1)) rmSync(own + part, { force: true });
      renameSync(next, own);
      sync(dataFolder);
      return [
        `restored ${path}: ${contents(backup)}, at ${done.at(-1)}`,
        ...(pending.length > 0 ? [`calljoin serve upgrades it to ${pending.at(-1)} when it starts`] : []),
        ...(erased ? [`visitors erased since the backup: ${erased}; calljoin serve erases them again`] : []),
        ...(kept === null ? [] : [`the previous store is kept in ${kept}; delete it when you no longer need it`]),
        ...(erased === null
          ? ["the previous store cannot tell who was erased since the backup: erase those visitors again"]
          : []),
      ];
    } finally {
      rmSync(beside, { recursive: true, force: true });
      lock.close();
      giveToOwner(dataFolder);
    }
  } finally {
    backup.close();
  }
}

function checkPages(file: SqliteDatabase.Database, path: string): void {
  const [found] = file.pragma("integrity_check(1)") as { integrity_check: string }[];
  if (found?.integrity_check === "ok") return;
  throw new Error(`${path} is damaged: ${found?.integrity_check.split("\n").join(" ")}`);
}

/**
 * Writes the existing store's log into its file. A damaged store may be replaced, but not one that somebody has open.
 */
async function closeOwn(folder: string, own: string): Promise<void> {
  if (!existsSync(own)) return;
  try {
    const engine = openAlone(folder);
    await engine.close();
  } catch (error) {
    if (/stop it first$/.test((error as Error).message)) throw error;
  }
}

/**
 * Carries over the list of visitors erased since the backup was made, and marks those that are in the backup. The
 * collector then erases them again, as after a crash. Returns how many they are, or null if the old store cannot tell.
 */
function eraseAgain(own: string, next: string): number | null {
  if (!existsSync(own)) return 0;
  let erased: Record<string, unknown>[];
  try {
    const old = openStoreFile(own);
    erased = old.prepare("select site, hash, erased_at from erased").all() as Record<string, unknown>[];
    old.close();
  } catch {
    return null;
  }
  const file = new SqliteDatabase(next);
  const insert = file.prepare(
    "insert into erased (site, hash, erased_at) values (:site, :hash, :erased_at) on conflict do nothing",
  );
  file.function("sha256", (text) => sha256(String(text)));
  file.function("context_of", (visitor) => contextOf(String(visitor)));
  const mark = file.prepare(`update erased set pending = here.context_id from
    (select site, context_of(visitor) as context_id from snapshots
      union select site, context_id from calls where context_id is not null) as here
    where erased.pending is null and erased.site = here.site and erased.hash = sha256(here.context_id)`);
  const found = file.transaction(() => {
    const added = erased.filter((row) => insert.run(row).changes > 0).length;
    return added > 0 ? mark.run().changes : 0;
  })();
  file.close();
  return found;
}

/** Copies all existing parts of the store to new names. Null if there is nothing. */
function keep(folder: string): string | null {
  const own = join(folder, "calljoin.db");
  if (!existsSync(own)) return null;
  const name = join(folder, `calljoin-replaced-${new Date().toISOString().replace(/[-:]|\.\d+/g, "")}.db`);
  for (const part of PARTS) {
    if (!existsSync(own + part)) continue;
    copyFileSync(own + part, name + part);
    sync(name + part);
  }
  return name;
}

/** If root made files in a folder of the collector's user, gives them to that user. */
function giveToOwner(folder: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  for (const name of readdirSync(folder)) chownSync(join(folder, name), uid, gid);
}
