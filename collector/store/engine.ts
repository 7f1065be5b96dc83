/** What the SQL engines do differently; everything else in this room is the same for all. */
import type { Dialect, Kysely } from "kysely";
import { parse } from "pg-connection-string";
import type { Tables } from "./tables";

export interface Engine {
  name: "sqlite" | "postgres";
  /** Where the database is, after the variable that says so: "CALLJOIN_DATA: ./data/calljoin.db". */
  place: string;
  dialect: Dialect;
  /** Tables are stored in the order of their key if asked (SQLite's WITHOUT ROWID). */
  clustered: boolean;
  /** The type of a text column: compared bytewise. */
  text: string;
  /** Rows read in a transaction can be locked until its end (FOR UPDATE); SQLite has one writer at a time instead. */
  locksRows: boolean;
  /** Copies the database as it is, and answers where to; null where that is its operator's affair. Throws where there is no room. */
  keepCopy(name: string): string | null;
  /** Runs work that may take as long as it takes: migrations. */
  unhurried<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Rows of different keys (a visitor's, a call's) may lie on different machines: who writes them does so in transactions of their own, and
   * none has to be agreed upon by several machines.
   */
  sharded: boolean;
  /** Waits until nobody has one of these sites for themselves, and keeps it so until the transaction ends. */
  shareSites(tx: Kysely<Tables>, sites: string[]): Promise<void>;
  /** Waits until nobody else has this site, shared or not, and keeps it so until the transaction ends. */
  ownSite(tx: Kysely<Tables>, site: string): Promise<void>;
  /** True in one of the collectors on this database: the one that does what is to be done once. */
  leads(): Promise<boolean>;
  /** True for an error that only says that another transaction was in the way: tried again, it passes. */
  passes(error: unknown): boolean;
  /** Takes what was deleted out of the engine's own files, as far as it is in its hands; false where who reads them holds it up. */
  compact(db: Kysely<Tables>): Promise<boolean>;
  /** Bytes that the database takes on its disk. */
  bytes(db: Kysely<Tables>): Promise<number>;
  close(): Promise<void>;
}

/** Where a database is, without who may use it. */
export function databasePlace(url: string): string {
  const { host, port, database } = parse(url);
  if (host?.startsWith("/")) return `${host}, database ${database ?? "of the user's name"}`;
  // The driver's own default (https://www.postgresql.org/docs/current/libpq-envars.html).
  const name = host || process.env.PGHOST || "localhost";
  return `${name.includes(":") ? `[${name}]` : name}${port ? `:${port}` : ""}/${database ?? ""}`;
}
