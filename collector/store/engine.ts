/** What the SQL engines do differently. Everything else in this room is the same for all of them. */
import type { Dialect, Kysely } from "kysely";
import { parse } from "pg-connection-string";
import type { Tables } from "./tables";

export interface Engine {
  name: "sqlite" | "postgres";
  /** Where the database is, preceded by the variable that says so: "CALLJOIN_DATA: ./data/calljoin.db". */
  place: string;
  dialect: Dialect;
  /** True if the engine can store tables in the order of their key (SQLite's WITHOUT ROWID). */
  clustered: boolean;
  /** The type of a text column that is compared byte by byte. */
  text: string;
  /**
   * True if a transaction can lock the rows that it reads until it ends (FOR UPDATE). SQLite allows one writer at a
   * time instead.
   */
  locksRows: boolean;
  /**
   * Copies the database as it is and returns the copy's path. Returns null if copies are the operator's job. Throws if
   * there is no room.
   */
  keepCopy(name: string): string | null;
  /** Runs work without a time limit. Migrations need this. */
  unhurried<T>(work: () => Promise<T>): Promise<T>;
  /**
   * True if rows of different keys (a visitor's, a call's) may lie on different machines. Code that writes them then
   * uses a transaction for each key, so that no transaction needs several machines to agree.
   */
  sharded: boolean;
  /**
   * Waits until no other transaction has one of these sites alone, and keeps them shared until this transaction ends.
   */
  shareSites(tx: Kysely<Tables>, sites: string[]): Promise<void>;
  /**
   * Waits until no other transaction has this site, shared or alone, and keeps it alone until this transaction ends.
   */
  ownSite(tx: Kysely<Tables>, site: string): Promise<void>;
  /** True in only one of the collectors on this database: the one that does the work that must be done once. */
  leads(): Promise<boolean>;
  /** True for an error that only says that another transaction was in the way. Trying again succeeds. */
  passes(error: unknown): boolean;
  /**
   * Removes deleted data from the engine's own files, as far as the engine controls them. False if somebody who is
   * reading the files prevents it.
   */
  compact(db: Kysely<Tables>): Promise<boolean>;
  /** The bytes that the database takes on its disk. */
  bytes(db: Kysely<Tables>): Promise<number>;
  close(): Promise<void>;
}

/** Where a database is, without the user and password. */
export function databasePlace(url: string): string {
  const { host, port, database } = parse(url);
  if (host?.startsWith("/")) return `${host}, database ${database ?? "of the user's name"}`;
  // The driver's own default (https://www.postgresql.org/docs/current/libpq-envars.html).
  const name = host || process.env.PGHOST || "localhost";
  return `${name.includes(":") ? `[${name}]` : name}${port ? `:${port}` : ""}/${database ?? ""}`;
}
