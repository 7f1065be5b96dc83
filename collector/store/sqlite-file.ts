/** A SQLite store as a file: checks whose it is, and copies it whole. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type SqliteDatabase from "better-sqlite3";

/** "cjon". The file's header has a field for such an id (https://sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x63_6a_6f_6e;

/** Tables that every store has. */
const OURS = ["kysely_migration", "site_versions"];

/**
 * Throws if a log lies beside a store that is gone. SQLite would delete the log, with everything that only the log
 * holds (its pager.c, pagerOpenWalIfPresent).
 */
export function refuseOrphanedLog(path: string): void {
  const size = (name: string) => statSync(name, { throwIfNoEntry: false })?.size ?? 0;
  if (size(path) > 0 || size(`${path}-wal`) === 0) return;
  const name = basename(path);
  throw new Error(
    `${name}-wal is there without ${name}, and may hold the newest data; put ${name} back, or move ${name}-wal away`,
  );
}

/** Throws if the file belongs to another program. Marks a new file as ours. A store from before 1.0.0 has no mark. */
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
 * Copies a database as it is at this moment. Others may write to it meanwhile. What `path` names in the end is
 * complete: it is on disk before it gets that name. Throws if `path` already exists, or if there is no room.
 */
export function copyTo(file: SqliteDatabase.Database, path: string): void {
  const part = `${path}.part`;
  // Reserves the name. A second copy of the same name is refused.
  closeSync(openSync(path, "wx", 0o600));
  try {
    for (const left of [part, `${part}-journal`]) rmSync(left, { force: true });
    // SQLite also writes into an existing file if it is empty. We create it, so that nobody else may read it from the
    // start.
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
