/** Rows of one INSERT: SQLite takes at most 32,766 parameters. */
const CHUNK = 500;

/** Rows in parts that fit one INSERT. */
export function chunks<T>(rows: T[]): T[][] {
  return Array.from({ length: Math.ceil(rows.length / CHUNK) }, (_, i) => rows.slice(i * CHUNK, (i + 1) * CHUNK));
}
