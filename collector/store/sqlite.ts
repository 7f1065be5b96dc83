/** The embedded engine: one SQLite file, write-ahead log, every commit on disk before it is acknowledged. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { type SqliteDatabase as KyselySqlite, SqliteDialect } from "kysely";
import type { Engine } from "./engine";

/** Distinct SQL texts kept prepared; batched inserts make some of every length. */
const MAX_PREPARED = 500;

/**
 * Opens (and makes, where missing) `<folder>/calljoin.db`; `alone` lets no other process open it until it is closed.
 * Throws where the folder cannot be made or the file cannot be opened, or another process has it open that should not.
 */
export function sqlite(folder: string, alone = false): Engine {
  const file = open(folder, alone);
  return {
    name: "sqlite",
    dialect: new SqliteDialect({ database: prepared(file) }),
    clustered: true,
    text: "text",
    // One writer at a time, and every transaction is one from its beginning: nothing has to be locked.
    locksRows: false,
    sharded: false,
    unhurried: (work) => work(),
    shareSites: () => Promise.resolve(),
    ownSite: () => Promise.resolve(),
    leads: () => Promise.resolve(true),
    passes: () => false,
    compact: async () => {
      file.pragma("wal_checkpoint(TRUNCATE)");
    },
    close: async () => {
      file.close();
    },
  };
}

/** The file, made where there is none, and set up. Throws an error that names it. */
function open(folder: string, alone: boolean): SqliteDatabase.Database {
  const path = join(folder, "calljoin.db");
  try {
    mkdirSync(folder, { recursive: true });
    const file = new SqliteDatabase(path, { timeout: 5_000 });
    // Before the first access: the file itself is locked then, and not only while somebody writes (https://sqlite.org/wal.html#use_of_wal_without_shared_memory).
    if (alone) file.pragma("locking_mode = EXCLUSIVE");
    file.pragma("journal_mode = WAL");
    // better-sqlite3 is built with NORMAL, which may lose acknowledged commits at a power cut (https://sqlite.org/pragma.html#pragma_synchronous).
    file.pragma("synchronous = FULL");
    // Deleted rows are overwritten with zeros: an erased visitor leaves nothing in free pages.
    file.pragma("secure_delete = ON");
    // Each visitor's keys lie on pages of their own: the longer the log, the more often a page is overwritten in it before it is copied.
    file.pragma("wal_autocheckpoint = 4000");
    return file;
  } catch (error) {
    // A plain error: better-sqlite3's own arrives empty from another thread.
    const { message, code } = error as Error & { code?: string };
    throw Object.assign(new Error(`CALLJOIN_DATA: ${path} cannot be used: ${message}`), { code });
  }
}

/** The database with its statements kept prepared: Kysely prepares anew at each query. */
function prepared(file: SqliteDatabase.Database): KyselySqlite {
  const statements = new Map<string, ReturnType<KyselySqlite["prepare"]>>();
  return {
    close: () => {
      file.close();
    },
    prepare(sql) {
      // A transaction that reads first and writes later must take the write lock at once: with a second process on the file, the
      // upgrade fails at once with SQLITE_BUSY_SNAPSHOT, whatever the timeout (https://sqlite.org/isolation.html).
      const text = sql === "begin" ? "begin immediate" : sql;
      let statement = statements.get(text);
      if (!statement) {
        if (statements.size >= MAX_PREPARED) statements.clear();
        statement = file.prepare(text) as ReturnType<KyselySqlite["prepare"]>;
        statements.set(text, statement);
      }
      return statement;
    },
  };
}
