/** What statements about many rows have in common. */
import { type InsertObject, type Kysely, sql } from "kysely";
import type { Tables } from "./tables";

/** Rows of one INSERT: SQLite takes at most 32,766 parameters. */
const CHUNK = 500;

/** Rows in parts that fit one statement. */
export function chunks<T>(rows: T[]): T[][] {
  return Array.from({ length: Math.ceil(rows.length / CHUNK) }, (_, i) => rows.slice(i * CHUNK, (i + 1) * CHUNK));
}

/** Rows in the order of their keys, in which everybody writes them: so two transactions never wait for each other. */
export function byKey<T>(rows: T[], key: (row: T) => string): T[] {
  const keyed = rows.map((row) => ({ row, key: key(row) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ row }) => row);
}

/** Runs a query for each part of many rows, and answers all that they answer. */
export async function inChunks<T, Answer>(
  rows: T[],
  query: (part: T[]) => { execute(): Promise<Answer[]> },
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const part of chunks(rows)) answers.push(...(await query(part).execute()));
  return answers;
}

/** Adds rows to a table, those alone whose keys are not taken; answers how many. */
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

/** Deletes all that some tables hold of a call. */
export async function deleteOfCall(
  tx: Kysely<Tables>,
  site: string,
  callId: string,
  tables: ("calls" | "call_events" | "filed" | "rejected")[],
): Promise<void> {
  for (const table of tables)
    await tx.deleteFrom(table).where("site", "=", site).where("call_id", "=", callId).execute();
}

/** The condition that a row lies on one side of a place, in the order of its columns; true of every row where no place is given. */
export function beyond(side: "<" | "<=" | ">", place: Record<string, string | number> | null | undefined) {
  if (!place) return sql<boolean>`1 = 1`;
  const columns = Object.keys(place).map((column) => sql.ref(column));
  return sql<boolean>`(${sql.join(columns)}) ${sql.raw(side)} (${sql.join(Object.values(place))})`;
}
