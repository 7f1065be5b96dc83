/**
 * Allows one collector per data folder. A second one would join and forward at the same time, and each would think that
 * the other had crashed.
 */
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";

/** A collector that was told to stop a moment ago may still be finishing. */
const WAIT_MS = 1_000;

/**
 * Holds a folder until the process ends, however it ends. The lock is the system's own, on a file that SQLite locks. It
 * is not a process id, which might belong to another process by now. Throws an error that names the holder.
 */
export function holdAlone(folder: string): SqliteDatabase.Database {
  const path = join(folder, "collector.lock");
  const holder = join(folder, "collector.pid");
  let lock: SqliteDatabase.Database | undefined;
  try {
    closeSync(openSync(path, "a", 0o600));
    lock = new SqliteDatabase(path, { timeout: WAIT_MS });
    lock.pragma("locking_mode = EXCLUSIVE");
    lock.exec("begin exclusive");
    writeFileSync(holder, `process ${process.pid}, since ${new Date().toISOString()}\n`, { mode: 0o600 });
    return lock;
  } catch (error) {
    lock?.close();
    const { message, code } = error as Error & { code?: string };
    if (code === "SQLITE_BUSY")
      throw new Error(`CALLJOIN_DATA: ${folder} is used by another collector${saidBy(holder)}; stop it first`);
    const todo = code === "SQLITE_NOTADB" ? `; delete ${path}, which holds no data` : "";
    throw new Error(`CALLJOIN_DATA: ${folder} cannot be held for this collector alone: ${message || code}${todo}`);
  }
}

/**
 * Who holds the folder. A new holder may have the lock but not have written its name yet, so the file may still name
 * the previous one. If the process in the file is not running, we wait before we believe it.
 */
function saidBy(holder: string): string {
  for (const until = Date.now() + WAIT_MS; ; Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)) {
    const said = existsSync(holder) ? readFileSync(holder, "utf8").trim() : "";
    const [, pid] = /^process (\d+)/.exec(said) ?? [];
    if (pid && isRunning(Number(pid))) return `, ${said}`;
    // The holder may be in another container, whose processes we cannot see.
    if (Date.now() > until) return said && `, ${said}`;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}
