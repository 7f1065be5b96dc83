/** What the SQL engines do differently; everything else in this room is the same for all. */
import type { Dialect } from "kysely";

export interface Engine {
  name: "sqlite" | "postgres";
  dialect: Dialect;
  /** Tables are stored in the order of their key if asked (SQLite's WITHOUT ROWID). */
  clustered: boolean;
  /** Rows read in a transaction can be locked until its end (FOR UPDATE); SQLite has one writer at a time instead. */
  locksRows: boolean;
  /** Wipes what was deleted from the engine's own files, as far as it is in its hands. */
  compact(): Promise<void>;
  close(): Promise<void>;
}
