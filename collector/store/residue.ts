/**
 * Removes what SQLite leaves of deleted rows in its file. `secure_delete` overwrites a row where it lies last. But when
 * a page of a B-tree gets too full, rows move to the next page. What they leave behind is neither a row nor deleted:
 * the bytes stay in the page's unallocated space until other rows need it. This code overwrites only that space, some
 * pages at a time, in the file itself.
 *
 * SQLite has no means of its own to do this page by page. `VACUUM` writes the whole file again, through its log, and
 * blocks everybody meanwhile. Deleting a table's rows and inserting them again costs as much, and so does `REINDEX`.
 * `incremental_vacuum` moves pages as they are. The virtual table of raw pages (https://sqlite.org/dbpage.html) is not
 * built into better-sqlite3. So this code relies on what is promised about the file:
 * - The space between a B-tree page's cell pointers and its cells means nothing, and no other kind of page can be
 *   mistaken for a B-tree page (https://sqlite.org/fileformat2.html#b_tree_pages). It does no harm to overwrite only
 *   half of that space, so this can be interrupted anywhere.
 * - While it is done, the log is empty and nobody else can write. So each page is as it was last committed.
 * - A write changes no byte next to its own, even in a power cut. SQLite itself relies on this
 *   (https://sqlite.org/psow.html).
 *
 * A file that is not laid out like ours (somebody has turned on `auto_vacuum`, or reserves bytes on each page) is left
 * to `VACUUM`.
 */
import { closeSync, fdatasyncSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { setImmediate as others } from "node:timers/promises";
import type SqliteDatabase from "better-sqlite3";

/** Bytes that one step looks at: a whole number of pages of any size. */
const STEP = 1024 * 1024;
const ZEROS = Buffer.alloc(65_536);

/** The flags of the four kinds of B-tree pages, and the length of each one's header. */
const HEADERS = new Map([
  [2, 12],
  [5, 12],
  [10, 8],
  [13, 8],
]);

/**
 * An overflow page begins with the number of the next one. If the file has fewer pages than this, the first byte of
 * that number is none of the flags.
 */
const MAX_PAGES = 0x02_00_00_00;

/**
 * A page's unallocated space, as the first byte and the one after the last. Null if it has none, or if that space is
 * all zeros.
 */
function residueOf(page: Buffer): [number, number] | null {
  const header = HEADERS.get(page[0] ?? 0);
  if (header === undefined) return null;
  const from = header + 2 * page.readUInt16BE(3);
  const to = page.readUInt16BE(5) || 65_536;
  if (from >= to || to > page.length) return null;
  return page.compare(ZEROS, 0, to - from, from, to) === 0 ? null : [from, to];
}

export interface Residue {
  /**
   * Overwrites the residue. False if somebody else who reads or writes the file prevents it. `alone` runs work while
   * nobody else uses `file`.
   */
  wipe(alone: <T>(work: () => T) => Promise<T>): Promise<boolean>;
  /**
   * Close this after `file`: closing any handle of a file gives back all locks that the process has on it
   * (https://sqlite.org/howtocorrupt.html).
   */
  close(): void;
}

export function createResidue(file: SqliteDatabase.Database): Residue {
  const path = file.name;
  const bytes = Buffer.alloc(STEP);
  let handle: number | null = null;

  /** Runs work without waiting for others, because everybody would queue behind it. False if it would have to wait. */
  function atOnce(work: (handle: number) => boolean): boolean {
    const timeout = file.pragma("busy_timeout", { simple: true });
    file.pragma("busy_timeout = 0");
    handle ??= openSync(path, "r+");
    try {
      return work(handle);
    } catch (error) {
      if (file.inTransaction) file.exec("rollback");
      if ((error as { code?: string }).code === "SQLITE_BUSY") return false;
      throw error;
    } finally {
      file.pragma(`busy_timeout = ${timeout}`);
    }
  }

  /** Moves everything that was committed into the file itself, and leaves nothing in the log. */
  function checkpoint(): boolean {
    const [done] = file.pragma("wal_checkpoint(TRUNCATE)") as { busy: number }[];
    return done?.busy === 0;
  }

  /** The size of the file's pages. Null if the file may contain other kinds of pages than ours do. */
  function pageSize(handle: number): number | null {
    const header = Buffer.alloc(100);
    readSync(handle, header, 0, 100, 0);
    // https://sqlite.org/fileformat2.html#the_database_header: the bytes reserved on each page, and the largest root,
    // which only a file with pointer maps has.
    if (header[20] !== 0 || header.readUInt32BE(52) !== 0) return null;
    return header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  }

  /**
   * Finds residue in one step of the file, from `start` on. It skips the first page, which holds the schema and begins
   * with another header.
   */
  function find(handle: number, size: number, start: number): [number, number][] {
    const read = readSync(handle, bytes, 0, STEP, start);
    const found: [number, number][] = [];
    for (let at = start === 0 ? size : 0; at + size <= read; at += size) {
      const residue = residueOf(bytes.subarray(at, at + size));
      if (residue) found.push([start + at + residue[0], start + at + residue[1]]);
    }
    return found;
  }

  function overwrite(handle: number, size: number, start: number): boolean {
    if (!checkpoint()) return false;
    file.exec("begin immediate");
    // Another process may have written since. Its log would bring back what is overwritten here.
    const isClean = !statSync(`${path}-wal`, { throwIfNoEntry: false })?.size;
    if (isClean) {
      for (const [from, to] of find(handle, size, start)) writeSync(handle, ZEROS, 0, to - from, from);
      fdatasyncSync(handle);
      // Nor may it come back from a cache. This empties the cache of this connection, and a change makes other
      // processes empty theirs.
      file.pragma("shrink_memory");
      const version = file.pragma("user_version", { simple: true }) as number;
      file.pragma(`user_version = ${(version + 1) % 2 ** 31}`);
    }
    file.exec("commit");
    return isClean;
  }

  return {
    async wipe(alone) {
      if (!(await alone(() => atOnce(checkpoint)))) return false;
      const size = await alone(() => {
        handle ??= openSync(path, "r+");
        return pageSize(handle);
      });
      const { size: length } = statSync(path);
      if (size === null || length / size >= MAX_PAGES) await alone(() => file.exec("vacuum"));
      else
        for (let start = 0; start < length; start += STEP) {
          // What is clean here stays clean: neither the log nor a cache holds anything older than the file.
          const isClean = (handle: number) => find(handle, size, start).length === 0 || overwrite(handle, size, start);
          if (!(await alone(() => atOnce(isClean)))) return false;
          await others();
        }
      return alone(() => atOnce(checkpoint));
    },
    close() {
      if (handle !== null) closeSync(handle);
    },
  };
}
