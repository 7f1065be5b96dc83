/** What statements about many rows have in common. */
import { type InsertObject, type Kysely, sql } from "kysely";
import type { Tables } from "./tables";

/** Rows in one INSERT. SQLite takes at most 32,766 parameters. */
const CHUNK = 500;

/** Splits rows into parts that fit one statement. */
export function chunks<T>(rows: T[]): T[][] {
  return Array.from({ length: Math.ceil(rows.length / CHUNK) }, (_, i) => rows.slice(i * CHUNK, (i + 1) * CHUNK));
}

/**
 * Sorts rows by their keys. Everybody writes rows in this order, so that two transactions never wait for each other.
 */
export function byKey<T>(rows: T[], key: (row: T) => string): T[] {
  const keyed = rows.map((row) => ({ row, key: key(row) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ row }) => row);
}

/** Runs a query for each part of many rows, and returns all the results. */
export async function inChunks<T, Answer>(
  rows: T[],
  query: (part: T[]) => { execute(): Promise<Answer[]> },
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const part of chunks(rows)) answers.push(...(await query(part).execute()));
  return answers;
}

/** Adds the rows whose keys are not taken yet. Returns how many it added. */
export async function addMissing<Name extends keyof Tables>(
  db: Kysely<Tables>,
  table: Name,
  rows: InsertObject<Tables, Name>[],
): Promise<number> {
  let added = 0;
  for (const part of chunks(rows)) {
    const insert = db
      .insertInto(table)
      .values(part)
      .onConflict((conflict) => conflict.doNothing());
    added += Number((await insert.executeTakeFirst()).numInsertedOrUpdatedRows);
  }
  return added;
}

/** Deletes everything that these tables hold about a call. */
export async function deleteOfCall(
  tx: Kysely<Tables>,
  site: string,
  callId: string,
  tables: ("calls" | "call_events" | "filed" | "rejected")[],
): Promise<void> {
  for (const table of tables)
    await tx.deleteFrom(table).where("site", "=", site).where("call_id", "=", callId).execute();
}

/**
 * The condition that a row lies on one side of a place, in the order of the place's columns. Without a place, every row
 * meets it.
 */
export function beyond(side: "<" | "<=" | ">", place: Record<string, string | number> | null | undefined) {
  if (!place) return sql<boolean>`1 = 1`;
  const columns = Object.keys(place).map((column) => sql.ref(column));
  return sql<boolean>`(${sql.join(columns)}) ${sql.raw(side)} (${sql.join(Object.values(place))})`;
}
