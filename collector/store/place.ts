import type { SnapshotRow } from "./tables";

/** A place in a context's snapshots, in the order in which "last" is decided (contract 6.5). */
export type Place = Pick<SnapshotRow, "at" | "seq" | "view_id">;

/** True where the first place comes after the second (contract 6.5: by `at`, `seq`, `view_id`). */
export function isLater(a: Place, b: Place): boolean {
  if (a.at !== b.at) return a.at > b.at;
  if (a.seq !== b.seq) return a.seq > b.seq;
  return a.view_id > b.view_id;
}
