/** No statement of the store reads more than it is about: its plan is asked of the engine, for each one that the stores' suite has built. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { afterAll, describe, expect, it, vi } from "vitest";
import { sqlite } from "../../../collector/store/sqlite";
import { openStore } from "../../../collector/store/store";
import { describeStore } from "./contract";
import { describeDeliveries } from "./contract-deliveries";
import { unbounded } from "./plans";

const statements = new Set<string>();
const prepare = vi.spyOn(SqliteDatabase.prototype, "prepare");
afterAll(() => prepare.mockRestore());

const opening = async () => {
  const folder = mkdtempSync(join(tmpdir(), "calljoin-plans-"));
  const store = await openStore(sqlite(folder));
  return {
    store,
    async remove() {
      for (const [text] of prepare.mock.calls) statements.add(text);
      prepare.mockClear();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
};

describeStore("SQLite, its statements noted", opening);
describeDeliveries("SQLite, its statements noted", opening);

describe("the plans of SQLite, which has no statistics", () => {
  it("walk no more than a visitor, a call, a page or a step", async () => {
    const folder = mkdtempSync(join(tmpdir(), "calljoin-plans-"));
    await (await openStore(sqlite(folder))).close();
    const file = new SqliteDatabase(join(folder, "calljoin.db"));
    // An upgrade's are over all there is, and of tables that are there for its time.
    const asked = [...statements].filter((text) => !text.includes("_anew"));
    const reading = asked.filter((text) => /^\s*(select|with|insert|update|delete)/i.test(text));
    const plans = reading.map((text) => {
      const steps = file.prepare(`explain query plan ${text}`).all(...parametersOf(text)) as { detail: string }[];
      return { text, steps: steps.map(({ detail }) => detail) };
    });
    file.close();
    rmSync(folder, { recursive: true });
    expect(plans.length).toBeGreaterThan(90);
    expect(plans.flatMap(unbounded)).toEqual([]);
  });
});

/** A statement has to be given its parameters to be explained; which they are does not matter without statistics. */
function parametersOf(text: string): null[] {
  return Array.from({ length: text.split("?").length - 1 }, () => null);
}
