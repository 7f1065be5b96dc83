import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../collector/hash";
import type { Found } from "../../../collector/store/mentioned";
import { sqlite } from "../../../collector/store/sqlite";
import { openStore } from "../../../collector/store/store";
import { visitorOf } from "../../../collector/store/visitor";
import { siteSchema } from "../../../collector/wire/site";
import { describeStore } from "./contract";
import { erase } from "./erasing";
import { CONTEXT, event, SITE, snapshot, snapshotsOf, write } from "./rows";

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
    expect(await snapshotsOf(second, SITE, CONTEXT)).toHaveLength(1);
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
    await erase(store, CONTEXT, 2);
    expect(bytes()).not.toContain("very-secret-value");
    expect(bytes()).not.toContain(CONTEXT);
    expect(bytes()).not.toContain(visitorOf(CONTEXT));
    await store.close();
    rmSync(path, { recursive: true });
  });

  it("leaves none where moving rows from page to page has left copies of them, which no delete overwrites", {
    tags: ["long"],
  }, async () => {
    const path = folder();
    const store = await openStore(sqlite(path));
    const document = JSON.stringify(siteSchema.parse({ name: "Shop" }));
    await store.saveSite({ site: SITE, document, identifying: ["al"], secrets: [], at: 1 });
    const context = (n: number) => `context-${String((n * 277) % 400).padStart(4, "0")}-x`;
    // Each visitor's rows come among everybody else's and are of different lengths, so that pages fill up in their middles.
    let last = 1;
    const random = (below: number) => {
      last = (last * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((last / 2 ** 31) * below);
    };
    for (let from = 0; from < 20_000; from += 200) {
      const rows = Array.from({ length: 200 }, (_, n) => {
        const context_id = context(random(1_000));
        const entities = JSON.stringify({ al: `alias-${context_id}`, x: "x".repeat(random(300)) });
        return snapshot({ context_id, view_id: `view-${from + n}`, entities });
      });
      const events = rows.slice(0, 100).map(({ context_id, view_id }) => {
        const body = JSON.stringify({ context_id, x: "x".repeat(random(800)) });
        return event({ call_id: `call-${random(1e9)}-${view_id}`, own_id: context_id, body });
      });
      await store.write([write({ snapshots: rows, events })], [], 1);
    }
    const erased = Array.from({ length: 40 }, (_, n) => context(n));
    const left = () => {
      const bytes = ["calljoin.db", "calljoin.db-wal"].map((name) => readFileSync(join(path, name), "latin1")).join();
      return erased.filter((id) => bytes.includes(id) || bytes.includes(visitorOf(id)));
    };
    for (const id of erased.slice(1)) {
      await store.beginErasing(SITE, id, 2);
      for (let after: string | null = ""; after !== null; ) {
        const found: Found<string> = await store.findCalls(SITE, id, id, after, 2);
        for (let left = found.calls; left.length > 0; ) ({ left } = await store.redactCalls(SITE, left, 2));
        after = found.next;
      }
      while (await store.eraseRows(SITE, id, null));
      await store.endErasing(SITE, sha256(id), "files");
    }
    const other = new SqliteDatabase(join(path, "calljoin.db"));
    expect(other.pragma("wal_checkpoint(TRUNCATE)")).toMatchObject([{ busy: 0 }]);
    expect(left().length).toBeGreaterThan(1);
    expect(await erase(store, context(0), 2)).toBe(true);
    expect(left()).toEqual([]);
    expect(other.pragma("integrity_check")).toEqual([{ integrity_check: "ok" }]);
    other.close();
    await store.close();
    rmSync(path, { recursive: true });
  });

  it.each([
    ["pages of 512 bytes", "page_size = 512", "none"],
    ["pages of 64 KB", "page_size = 65536", "none"],
    ["pointer maps, whose pages look like others", "page_size = 512", "full"],
  ])("leaves none in a file with %s, and a sound file", { tags: ["long"] }, async (_name, size, vacuum) => {
    const path = folder();
    const made = new SqliteDatabase(join(path, "calljoin.db"));
    made.pragma(size);
    made.pragma(`auto_vacuum = ${vacuum}`);
    made.exec("create table anything (x); drop table anything");
    made.close();
    const store = await openStore(sqlite(path));
    const others = Array.from({ length: 60 }, (_, n) => `somebody-${n}`);
    for (let round = 0; round < 20; round += 1) {
      const rows = [CONTEXT, ...others].map((context_id, n) =>
        snapshot({
          context_id,
          view_id: `v${round}`,
          entities: JSON.stringify({ x: "x".repeat((n * 53 + round * 31) % 900) }),
        }),
      );
      const events = rows.map(({ context_id }, n) =>
        event({
          call_id: `call-${round}-${n}`,
          own_id: context_id,
          body: JSON.stringify({ context_id, x: "x".repeat((round * 97) % 2_000) }),
        }),
      );
      await store.write([write({ snapshots: rows, events })], [], 1);
    }
    expect(await erase(store, CONTEXT, 2)).toBe(true);
    const file = new SqliteDatabase(join(path, "calljoin.db"));
    expect(file.pragma("integrity_check")).toEqual([{ integrity_check: "ok" }]);
    expect(file.prepare("select count(*) as n from snapshots").get()).toEqual({ n: 1_200 });
    file.close();
    const bytes = ["calljoin.db", "calljoin.db-wal"].map((name) => readFileSync(join(path, name), "latin1")).join();
    expect(bytes).not.toContain(CONTEXT);
    expect(bytes).toContain("somebody-59");
    await store.close();
    rmSync(path, { recursive: true });
  });

  it("redacts a call of many large events in steps, and knows after a crash which one is not done", {
    tags: ["long"],
  }, async () => {
    const path = folder();
    const store = await openStore(sqlite(path));
    const events = Array.from({ length: 400 }, (_, n) =>
      event({
        event_id: `e${n}`,
        own_id: n === 399 ? CONTEXT : null,
        canonical: `{"n":${n},"x":"${"y".repeat(50_000)}"}`,
        body: `{"n":${n},"x":"${"y".repeat(50_000)}"}`,
      }),
    );
    for (let n = 0; n < 400; n += 50) await store.write([write({ events: events.slice(n, n + 50) })], [], 1);
    await store.beginErasing(SITE, CONTEXT, 2);
    const { calls } = await store.findCalls(SITE, CONTEXT, CONTEXT, "", 2);
    expect(calls).toEqual(["call-1"]);
    let { left } = await store.redactCalls(SITE, calls, 2);
    expect(left).toEqual(calls);
    expect((await store.unfinished(2)).map(({ id }) => id).sort()).toEqual([CONTEXT, "call-1"].sort());
    while (left.length > 0) ({ left } = await store.redactCalls(SITE, left, 2));
    const stored = await store.callEvents(SITE, "call-1");
    expect(stored.every(({ body, own_id }) => body === null && own_id === null)).toBe(true);
    expect((await store.unfinished(2)).map(({ id }) => id)).toEqual([CONTEXT]);
    await store.close();
    rmSync(path, { recursive: true });
  });
});
