/** Rows of one INSERT: SQLite takes at most 32,766 parameters. */
const CHUNK = 500;

/** Rows in parts that fit one INSERT. */
export function chunks<T>(rows: T[]): T[][] {
  return Array.from({ length: Math.ceil(rows.length / CHUNK) }, (_, i) => rows.slice(i * CHUNK, (i + 1) * CHUNK));
}

/** Rows in the order of their keys, in which everybody writes them: so two transactions never wait for each other. */
export function byKey<T>(rows: T[], key: (row: T) => string): T[] {
  const keyed = rows.map((row) => ({ row, key: key(row) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ row }) => row);
}
