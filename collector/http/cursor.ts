/** Places in lists, as we give them to clients that page through a list. */
import { z } from "zod";
import { invalid } from "./problem";

/** Encodes a place in a list as an opaque cursor. */
export function cursorOf(place: [number, string]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** Cuts the rows to one page, and says where the next page begins. The caller reads one row more than `limit`. */
export function paged<Row>(rows: Row[], limit: number, placeOfRow: (row: Row) => [number, string]) {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { page: rows.slice(0, limit), next_cursor: last ? cursorOf(placeOfRow(last)) : null };
}

const placeSchema = z.tuple([z.int(), z.string()]);

/**
 * The place that a cursor stands for, or null without a cursor. Throws a 400 for a cursor that this collector did not
 * make.
 */
export function placeOf(cursor: string | undefined): [number, string] | null {
  if (cursor === undefined) return null;
  try {
    return placeSchema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch {
    throw invalid("the query is not valid", [{ path: "cursor", message: "is not a valid cursor for this list" }]);
  }
}
