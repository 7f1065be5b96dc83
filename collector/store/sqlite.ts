/** The embedded engine: one SQLite file, write-ahead log, every commit on disk before it is acknowledged. */
import { closeSync, openSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { type SqliteDatabase as KyselySqlite, SqliteDialect } from "kysely";
import { makeDataFolder } from "../folder";
import { unusable } from "../unavailable";
import type { Engine } from "./engine";
import { createResidue } from "./residue";
import { claim, copyTo, refuseOrphanedLog } from "./sqlite-file";

/** Distinct SQL texts kept prepared; batched inserts make some of every length. */
const MAX_PREPARED = 500;

/** How another process that writes is waited for: a command goes on sooner or later, and who waits for an answer is told within a second. */
export const PATIENT_MS = 5_000;
export const PROMPT_MS = 400;

/**
 * Opens (and makes, where missing) `<folder>/calljoin.db`; `alone` lets no other process open it until it is closed.
 * Throws where the folder cannot be made or the file cannot be opened, or another process has it open that should not.
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
    // One writer at a time, and every transaction is one from its beginning: nothing has to be locked.
    locksRows: false,
    sharded: false,
    keepCopy(name) {
      const path = join(folder, `calljoin-${name}.db`);
      // Left by an upgrade that failed: what is there now is what it was then.
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

/** The file, made where there is none, and set up. Throws an error that names it. */
function open(folder: string, place: string, alone: boolean): SqliteDatabase.Database {
  const path = join(folder, "calljoin.db");
  let file: SqliteDatabase.Database | undefined;
  makeDataFolder(folder);
  try {
    refuseOrphanedLog(path);
    // It holds secrets of vendors and webhooks. SQLite gives its log the file's own mode.
    closeSync(openSync(path, "a", 0o600));
    file = new SqliteDatabase(path, { timeout: PATIENT_MS });
    // Before the first access: the file itself is locked then, and not only while somebody writes (https://sqlite.org/wal.html#use_of_wal_without_shared_memory).
    if (alone) file.pragma("locking_mode = EXCLUSIVE");
    claim(file);
    file.pragma("journal_mode = WAL");
    // better-sqlite3 is built with NORMAL, which may lose acknowledged commits at a power cut (https://sqlite.org/pragma.html#pragma_synchronous).
    file.pragma("synchronous = FULL");
    // Deleted rows are overwritten with zeros: an erased visitor leaves nothing in free pages.
    file.pragma("secure_delete = ON");
    // Each visitor's keys lie on pages of their own: the longer the log, the more often a page is overwritten in it before it is copied.
    file.pragma("wal_autocheckpoint = 4000");
    return file;
  } catch (error) {
    file?.close();
    throw unusable(place, error);
  }
}

/** Kysely says of SQLite that it cannot change its schema in a transaction, and would leave half of an upgrade: it can (https://sqlite.org/lang_transaction.html). */
function transactional(dialect: SqliteDialect): SqliteDialect {
  const adapter = Object.create(dialect.createAdapter(), { supportsTransactionalDdl: { value: true } });
  dialect.createAdapter = () => adapter;
  return dialect;
}

/** The database with its statements kept prepared: Kysely prepares anew at each query. */
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
 * A transaction that reads first and writes later must take the write lock at once: with a second process on the file, the upgrade fails
 * at once with SQLITE_BUSY_SNAPSHOT, whatever the timeout (https://sqlite.org/isolation.html). Where the wait for it was in vain, those who come
 * after do not wait one after the other, until one has got it.
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
 * Where the disk is full or fails, SQLite has rolled back by itself (https://sqlite.org/lang_transaction.html, "Response To Errors Within A
 * Transaction"). Doing it again is an error, and would be told instead of the one that matters.
 */
function rollback(file: SqliteDatabase.Database) {
  const statement = file.prepare("rollback");
  return command(() => {
    if (file.inTransaction) statement.run();
  });
}

/** A statement without rows, as Kysely runs it. */
function command(work: () => void): ReturnType<KyselySqlite["prepare"]> {
  const run = () => {
    work();
    return { changes: 0, lastInsertRowid: 0 };
  };
  return { reader: false, run, all: () => [], iterate: () => [][Symbol.iterator]() };
}
