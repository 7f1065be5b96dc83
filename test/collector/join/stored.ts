/** Snapshots in a real store, for tests of how the join reads them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqlite } from "../../../collector/store/sqlite";
import { openStore, type Store } from "../../../collector/store/store";
import type { SnapshotRow } from "../../../collector/store/tables";
import { write } from "../store/rows";

export interface Stored {
  store: Store;
  /** Stores snapshots, many at a time. */
  add(rows: SnapshotRow[]): Promise<void>;
  close(): Promise<void>;
}

export async function openStored(): Promise<Stored> {
  const folder = mkdtempSync(join(tmpdir(), "calljoin-history-"));
  const store = await openStore(sqlite(folder));
  return {
    store,
    async add(rows) {
      for (let i = 0; i < rows.length; i += 1_000) {
        await store.write([write({ snapshots: rows.slice(i, i + 1_000) })], [], 0);
      }
    },
    async close() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
