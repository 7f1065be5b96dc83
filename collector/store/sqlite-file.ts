/** A SQLite store as a file: whose it is, and how it is copied whole. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type SqliteDatabase from "better-sqlite3";

/** "cjon", at a place in the file's header that is there for it (https://sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x63_6a_6f_6e;

/** What of a store's tables is there in any of them. */
const OURS = ["kysely_migration", "site_versions"];

/** Throws where a log lies beside a store that is gone: SQLite would delete it, with all that is in it alone (its pager.c, pagerOpenWalIfPresent). */
export function refuseOrphanedLog(path: string): void {
  const size = (name: string) => statSync(name, { throwIfNoEntry: false })?.size ?? 0;
  if (size(path) > 0 || size(`${path}-wal`) === 0) return;
  const name = basename(path);
  throw new Error(
    `${name}-wal is there without ${name}, and may hold the newest data; put ${name} back, or move ${name}-wal away`,
  );
}

/** Throws where a file is another program's; a new one is marked as ours. A store from before 1.0.0 has no mark. */
export function claim(file: SqliteDatabase.Database): void {
  const id = file.pragma("application_id", { simple: true });
  const tables = file.prepare("select name from sqlite_schema where type = 'table'").pluck().all() as string[];
  const isOurs = tables.length === 0 || tables.some((name) => OURS.includes(name));
  if (id !== APPLICATION_ID && (id !== 0 || !isOurs)) {
    const what = tables.length > 0 ? ` (its tables: ${tables.slice(0, 5).join(", ")})` : "";
    throw new Error(`it is another program's database${what}; give Calljoin a folder of its own`);
  }
  if (tables.length === 0 && !file.readonly) file.pragma(`application_id = ${APPLICATION_ID}`);
}

/**
 * Copies a database, as it is at this moment, to a file that is not there yet; others may write to it meanwhile. What is at `path` in the end is whole:
 * it is on disk before it has that name. Throws where the file is there, or there is no room.
 */
export function copyTo(file: SqliteDatabase.Database, path: string): void {
  const part = `${path}.part`;
  // Reserves the name; a second copy of the same name is refused.
  closeSync(openSync(path, "wx", 0o600));
  try {
    for (const left of [part, `${part}-journal`]) rmSync(left, { force: true });
    // SQLite writes into a file that is empty: nobody else may read it from its beginning.
    closeSync(openSync(part, "wx", 0o600));
    file.prepare("vacuum into ?").run(part);
    sync(part);
    renameSync(part, path);
    sync(dirname(path));
  } catch (error) {
    for (const left of [part, `${part}-journal`, path]) rmSync(left, { force: true });
    throw error;
  }
}

/** Waits until a file, or a folder's names, are on disk. */
export function sync(path: string): void {
  if (!existsSync(path)) return;
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
