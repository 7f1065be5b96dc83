/**
 * What SQLite leaves of deleted rows in its file. `secure_delete` overwrites a row where it lies last; but when a page of a B-tree gets too
 * full, rows move to the next one, and what they leave is neither a row nor deleted: their bytes stay in the page's unallocated space until
 * other rows need it. Here that space alone is overwritten, some pages at a time, in the file itself.
 *
 * SQLite has no means of its own to do so by the page: `VACUUM` writes the whole file anew, through its log, and holds everybody up for as
 * long; a table's rows deleted and inserted anew, or `REINDEX`, cost as much; `incremental_vacuum` moves pages as they are; and its table of raw
 * pages (https://sqlite.org/dbpage.html) is not built into better-sqlite3. So this relies on what is promised of the file:
 * - No meaning is in the space between a B-tree page's cell pointers and its cells, on no other kind of page can it be mistaken for
 *   (https://sqlite.org/fileformat2.html#b_tree_pages). Half of it overwritten is as good as all: it can be interrupted anywhere.
 * - The log is empty and nobody else can write while it is done, so that each page is as it was committed last.
 * - A write changes no byte beside its own, even at a power cut: what SQLite itself relies on (https://sqlite.org/psow.html).
 * A file that is not laid out as ours are (somebody has turned on `auto_vacuum`, or reserves bytes on each page) is left to `VACUUM`.
 */
import { closeSync, fdatasyncSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { setImmediate as others } from "node:timers/promises";
import type SqliteDatabase from "better-sqlite3";

/** Bytes looked at in one step: a whole number of pages of any size. */
const STEP = 1024 * 1024;
const ZEROS = Buffer.alloc(65_536);

/** Flags of the four kinds of B-tree pages, and how long each one's header is. */
const HEADERS = new Map([
  [2, 12],
  [5, 12],
  [10, 8],
  [13, 8],
]);

/** An overflow page begins with the next one's number: with fewer pages than this, its first byte is none of the flags. */
const MAX_PAGES = 0x02_00_00_00;

/** Unallocated space that is not empty, as bytes from and to, of one page; null where it has none. */
function residueOf(page: Buffer): [number, number] | null {
  const header = HEADERS.get(page[0] ?? 0);
  if (header === undefined) return null;
  const from = header + 2 * page.readUInt16BE(3);
  const to = page.readUInt16BE(5) || 65_536;
  if (from >= to || to > page.length) return null;
  return page.compare(ZEROS, 0, to - from, from, to) === 0 ? null : [from, to];
}

export interface Residue {
  /** Overwrites it; false where somebody else who reads or writes the file holds that up. `alone` runs work while nobody else uses `file`. */
  wipe(alone: <T>(work: () => T) => Promise<T>): Promise<boolean>;
  /** To be closed after `file`: closing any handle of a file gives back all locks that a process has on it (https://sqlite.org/howtocorrupt.html). */
  close(): void;
}

export function createResidue(file: SqliteDatabase.Database): Residue {
  const path = file.name;
  const bytes = Buffer.alloc(STEP);
  let handle: number | null = null;

  /** Does not wait for others: everybody would wait behind. False where it would have to. */
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

  /** Everything that was committed goes into the file itself, and nothing is left in its log. */
  function checkpoint(): boolean {
    const [done] = file.pragma("wal_checkpoint(TRUNCATE)") as { busy: number }[];
    return done?.busy === 0;
  }

  /** The size of the file's pages; null where other pages than ours may be among them. */
  function pageSize(handle: number): number | null {
    const header = Buffer.alloc(100);
    readSync(handle, header, 0, 100, 0);
    // https://sqlite.org/fileformat2.html#the_database_header: bytes reserved on each page; and the largest root, of a file with pointer maps.
    if (header[20] !== 0 || header.readUInt32BE(52) !== 0) return null;
    return header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  }

  /** Where in the file there is residue, from `start` on. The first page holds the schema, and begins otherwise. */
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
    // Another process may have written since, and its log would bring back what is overwritten here.
    const isClean = !statSync(`${path}-wal`, { throwIfNoEntry: false })?.size;
    if (isClean) {
      for (const [from, to] of find(handle, size, start)) writeSync(handle, ZEROS, 0, to - from, from);
      fdatasyncSync(handle);
      // Nor may it come back out of a cache: this connection's is emptied, and a change makes other processes empty theirs.
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
          // What is clean here stays so: nothing in the log or in a cache is older than the file.
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
