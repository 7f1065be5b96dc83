/** The embedded engine: one SQLite file with a write-ahead log. Every commit is on disk before it is acknowledged. */
import { closeSync, openSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { type SqliteDatabase as KyselySqlite, SqliteDialect } from "kysely";
import { makeDataFolder } from "../folder";
import { unusable } from "../unavailable";
import type { Engine } from "./engine";
import { createResidue } from "./residue";
import { claim, copyTo, refuseOrphanedLog } from "./sqlite-file";

/** How many distinct SQL texts are kept prepared. Batched inserts make a text for every length. */
const MAX_PREPARED = 500;

/**
 * How long to wait for another process that writes. A command can wait until its turn comes. Somebody who waits for an
 * answer is told within a second.
 */
export const PATIENT_MS = 5_000;
export const PROMPT_MS = 400;

/**
 * Opens `<folder>/calljoin.db`, and creates it if it is missing. With `alone`, no other process can open it until it is
 * closed. Throws if the folder cannot be made, if the file cannot be opened, or if another process has it open and
 * should not.
 */
export function sqlite(folder: string, { alone = false, waitMs = PATIENT_MS } = {}): Engine {
  const place = `CALLJOIN_DATA: ${join(folder, "calljoin.db")}`;
  const file = open(folder, place, alone);
  const residue = createResidue(file);
  return {
    name: "sqlite",
    place,
    dialect: transactional(new SqliteDialect({ database: prepared(file, waitMs) })),
    clustered: true,
    text: "text",
    // There is one writer at a time, and every transaction is a writer from its beginning. So nothing needs a lock.
    locksRows: false,
    sharded: false,
    keepCopy(name) {
      const path = join(folder, `calljoin-${name}.db`);
      // A copy that a failed upgrade left. The store is still what it was then, so the copy can go.
      rmSync(path, { force: true });
      try {
        copyTo(file, path);
      } catch (error) {
        throw new Error(`it cannot be copied to ${path} before it is changed: ${(error as Error).message}`);
      }
      return path;
    },
    unhurried: (work) => work(),
    shareSites: () => Promise.resolve(),
    ownSite: () => Promise.resolve(),
    leads: () => Promise.resolve(true),
    passes: () => false,
    compact: (db) => residue.wipe((work) => db.connection().execute(async () => work())),
    bytes: async () => {
      const sizes = ["", "-wal"].map((suffix) => statSync(file.name + suffix, { throwIfNoEntry: false })?.size ?? 0);
      return sizes.reduce((sum, size) => sum + size, 0);
    },
    close: async () => {
      file.close();
      residue.close();
    },
  };
}

/** Opens the file, creates it if there is none, and sets it up. Throws an error that names it. */
function open(folder: string, place: string, alone: boolean): SqliteDatabase.Database {
  const path = join(folder, "calljoin.db");
  let file: SqliteDatabase.Database | undefined;
  makeDataFolder(folder);
  try {
    refuseOrphanedLog(path);
    // The file holds secrets of vendors and webhooks. SQLite gives the log the same mode as the file.
    closeSync(openSync(path, "a", 0o600));
    file = new SqliteDatabase(path, { timeout: PATIENT_MS });
    // This must come before the first access. The file itself is then locked all the time, not only while somebody
    // writes (https://sqlite.org/wal.html#use_of_wal_without_shared_memory).
    if (alone) file.pragma("locking_mode = EXCLUSIVE");
    claim(file);
    file.pragma("journal_mode = WAL");
    // better-sqlite3 is built with NORMAL, which may lose acknowledged commits in a power cut
    // (https://sqlite.org/pragma.html#pragma_synchronous).
    file.pragma("synchronous = FULL");
    // Overwrites deleted rows with zeros, so that an erased visitor leaves nothing in free pages.
    file.pragma("secure_delete = ON");
    // Each visitor's keys lie on pages of their own. The longer the log, the more often a page is overwritten in it
    // before it is copied to the file.
    file.pragma("wal_autocheckpoint = 4000");
    return file;
  } catch (error) {
    file?.close();
    throw unusable(place, error);
  }
}

/**
 * Kysely believes that SQLite cannot change its schema in a transaction, and would leave an upgrade half done. SQLite
 * can (https://sqlite.org/lang_transaction.html).
 */
function transactional(dialect: SqliteDialect): SqliteDialect {
  const adapter = Object.create(dialect.createAdapter(), { supportsTransactionalDdl: { value: true } });
  dialect.createAdapter = () => adapter;
  return dialect;
}

/** The database with its statements kept prepared. Kysely would prepare them again for each query. */
function prepared(file: SqliteDatabase.Database, waitMs: number): KyselySqlite {
  const statements = new Map<string, ReturnType<KyselySqlite["prepare"]>>();
  const own = new Map([
    ["begin", begin(file, waitMs)],
    ["rollback", rollback(file)],
  ]);
  return {
    close: () => {
      file.close();
    },
    prepare(sql) {
      let statement = own.get(sql) ?? statements.get(sql);
      if (!statement) {
        if (statements.size >= MAX_PREPARED) statements.clear();
        statement = file.prepare(sql) as ReturnType<KyselySqlite["prepare"]>;
        statements.set(sql, statement);
      }
      return statement;
    },
  };
}

/**
 * A transaction that reads first and writes later must take the write lock at once. With a second process on the file,
 * the upgrade to a write lock fails immediately with SQLITE_BUSY_SNAPSHOT, whatever the timeout
 * (https://sqlite.org/isolation.html). Once a transaction has waited for the lock in vain, the next ones fail at once
 * until one of them gets it. Otherwise each would wait its full time, one after the other.
 */
function begin(file: SqliteDatabase.Database, waitMs: number) {
  const immediate = file.prepare("begin immediate");
  let wait: number | null = null;
  const waitFor = (ms: number) => {
    if (wait !== ms) file.pragma(`busy_timeout = ${ms}`);
    wait = ms;
  };
  waitFor(waitMs);
  return command(() => {
    try {
      immediate.run();
      waitFor(waitMs);
    } catch (error) {
      waitFor(0);
      throw error;
    }
  });
}

/**
 * If the disk is full or fails, SQLite has already rolled back by itself (https://sqlite.org/lang_transaction.html,
 * "Response To Errors Within A Transaction"). A second rollback is an error, and would be reported instead of the one
 * that matters.
 */
function rollback(file: SqliteDatabase.Database) {
  const statement = file.prepare("rollback");
  return command(() => {
    if (file.inTransaction) statement.run();
  });
}

/** A statement without rows, in the form in which Kysely runs it. */
function command(work: () => void): ReturnType<KyselySqlite["prepare"]> {
  const run = () => {
    work();
    return { changes: 0, lastInsertRowid: 0 };
  };
  return { reader: false, run, all: () => [], iterate: () => [][Symbol.iterator]() };
}
