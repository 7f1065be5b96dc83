/** `calljoin backup`: copies the SQLite store as it is now, while the collector keeps running. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import type { Config } from "../config";
import { databasePlace } from "../store/engine";
import { claim, copyTo } from "../store/sqlite-file";

/**
 * Copies the store to `path`, readable only by its owner. Returns what was copied. Throws if that file exists, or if
 * the store is not SQLite.
 */
export async function backup({ databaseUrl, dataFolder }: Config, path: string): Promise<string> {
  if (databaseUrl !== undefined)
    throw new Error(`the store is PostgreSQL (${databasePlace(databaseUrl)}): back it up with pg_dump`);
  if (existsSync(path)) throw new Error(`${path} already exists; name a new file`);
  const file = openStoreFile(join(dataFolder, "calljoin.db"));
  try {
    copyTo(file, path);
  } catch (error) {
    throw new Error(`cannot copy the store to ${path}: ${(error as Error).message}`);
  } finally {
    file.close();
  }
  const copy = openStoreFile(path);
  try {
    return `backed up to ${path}: ${contents(copy)}. It does not hold the admin token`;
  } finally {
    copy.close();
  }
}

/** Opens a store's file for reading. Throws if it does not exist, is not one of ours, or is visibly damaged. */
export function openStoreFile(path: string): SqliteDatabase.Database {
  if (!existsSync(path)) throw new Error(`${path} does not exist`);
  let file: SqliteDatabase.Database | undefined;
  try {
    file = new SqliteDatabase(path, { readonly: true, fileMustExist: true, timeout: 5_000 });
    claim(file);
    if (!file.prepare("select 1 from sqlite_schema where name = 'kysely_migration'").get())
      throw new Error("it is empty");
    return file;
  } catch (error) {
    file?.close();
    throw new Error(`${path} cannot be used: ${(error as Error).message}`);
  }
}

/** How much is in a store, in words for people. */
export function contents(file: SqliteDatabase.Database): string {
  const count = (table: string) => file.prepare(`select count(*) from ${table}`).pluck().get();
  const bytes =
    (file.pragma("page_count", { simple: true }) as number) * (file.pragma("page_size", { simple: true }) as number);
  return `${(bytes / 1e6).toFixed(1)} MB, ${count("calls")} calls, ${count("views")} views`;
}
