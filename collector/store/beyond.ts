import { sql } from "kysely";

/** The condition that a row lies on one side of a place, in the order of its columns; true of every row where no place is given. */
export function beyond(side: "<" | "<=" | ">", place: Record<string, string | number> | null | undefined) {
  if (!place) return sql<boolean>`1 = 1`;
  const columns = Object.keys(place).map((column) => sql.ref(column));
  return sql<boolean>`(${sql.join(columns)}) ${sql.raw(side)} (${sql.join(Object.values(place))})`;
}
