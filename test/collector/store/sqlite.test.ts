import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { sqlite } from "../../../collector/store/sqlite";
import { openStore } from "../../../collector/store/store";
import { describeStore } from "./contract";
import { CONTEXT, event, SITE, snapshot, write } from "./rows";

function folder(): string {
  return mkdtempSync(join(tmpdir(), "calljoin-store-"));
}

describeStore("SQLite", async () => {
  const path = folder();
  const store = await openStore(sqlite(path));
  return {
    store,
    remove: async () => {
      await store.close();
      rmSync(path, { recursive: true });
    },
  };
});

describe("the SQLite engine", () => {
  it("keeps what it has taken over a restart", async () => {
    const path = folder();
    const first = await openStore(sqlite(path));
    await first.write([write({ snapshots: [snapshot()], events: [event()] })], [], 1);
    await first.close();
    const second = await openStore(sqlite(path));
    expect(await second.snapshots(SITE, CONTEXT)).toHaveLength(1);
    expect(await second.due(1, 10)).toHaveLength(1);
    await second.close();
    rmSync(path, { recursive: true });
  });

  it("waits for a second process that holds the file, and then writes", async () => {
    const path = folder();
    const store = await openStore(sqlite(path));
    const other = new SqliteDatabase(join(path, "calljoin.db"), { timeout: 0 });
    const writing = store.joining(async (tx) => {
      await tx.document(SITE);
      // The write lock was taken with the first read: nobody can come between reading and writing.
      expect(() => other.exec("begin immediate")).toThrow(/locked/);
    });
    await writing;
    other.exec("begin immediate");
    other.exec("rollback");
    other.close();
    await store.close();
    rmSync(path, { recursive: true });
  });

  it("leaves no byte of an erased visitor in its files", async () => {
    const path = folder();
    const store = await openStore(sqlite(path));
    await store.write([write({ snapshots: [snapshot({ entities: '{"crm":"very-secret-value"}' })] })], [], 1);
    const bytes = () =>
      readFileSync(join(path, "calljoin.db")).toString("latin1") +
      readFileSync(join(path, "calljoin.db-wal")).toString("latin1");
    expect(bytes()).toContain("very-secret-value");
    await store.erase(SITE, CONTEXT, 2);
    await store.compact();
    expect(bytes()).not.toContain("very-secret-value");
    expect(bytes()).not.toContain(CONTEXT);
    await store.close();
    rmSync(path, { recursive: true });
  });
});
