import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { postgres } from "../../../collector/store/postgres";
import { openStore, type Store } from "../../../collector/store/store";
import { isUnavailable } from "../../../collector/unavailable";
import { eventually } from "../../eventually";
import { describeStore } from "./contract";
import { dropDatabase, noPostgres, type Postgres, run, startPostgres } from "./database";
import { CONTEXT, delivery, event, SITE, snapshot, snapshotsOf, write } from "./rows";

let server: Postgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** Every table but the migrations' own. */
const EMPTY = `do $$ declare one text; begin
  for one in select tablename from pg_tables where schemaname = 'public' and tablename not like 'kysely%'
  loop execute format('delete from %I', one); end loop; end $$`;

describe.skipIf(noPostgres).each([false, true])("on the run's PostgreSQL, sharded: %s", (sharded) => {
  let url: string;
  beforeAll(async () => {
    url = await server.database();
  });
  afterAll(() => dropDatabase(url));
  describeStore(sharded ? "PostgreSQL, sharded" : "PostgreSQL", async () => {
    const store = await openStore(postgres(url, sharded));
    return {
      store,
      remove: async () => {
        await store.close();
        await run(url, EMPTY);
      },
    };
  });
});

describe.skipIf(noPostgres)("the PostgreSQL engine", () => {
  let url: string;
  let stores: Store[];
  const open = async () => {
    const store = await openStore(postgres(url));
    stores.push(store);
    return store;
  };
  beforeEach(async () => {
    url = await server.database();
    stores = [];
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    await dropDatabase(url);
  });

  it("brings its tables up to date once, when several collectors start at once", async () => {
    await Promise.all(Array.from({ length: 5 }, open));
    const made = await run<{ name: string }>(url, "select name from kysely_migration");
    expect(new Set(made.map(({ name }) => name)).size).toBe(made.length);
    for (const store of stores) await store.ping();
  });

  it("keeps a NUL, and the character that stands for it, in any text, and finds by it", async () => {
    const store = await open();
    const text = "a\u0000b\uFDD0c\uFDD00d\u0000";
    const own_id = "\u0000";
    await store.write([write({ events: [event({ url: text, transaction_id: text, own_id })] })], [], 1);
    expect(await store.callEvents(SITE, "call-1")).toMatchObject([{ url: text, transaction_id: text, own_id }]);
    const touched = await store.callsTouchedBy([{ site: SITE, kind: "context", subject: own_id, since: 0 }]);
    expect(touched).toMatchObject([{ call_id: "call-1" }]);
    expect(await store.site("\u0000")).toBeNull();
  });

  it("keeps numbers as they are: times to the millisecond, totals to the last digit", async () => {
    const store = await open();
    const numbers = { ts: 8_639_999_999_999_999, total_value: 1_234_567.891_234 };
    await store.write([write({ events: [event(numbers)], snapshots: [snapshot({ seq: 2 ** 31 })] })], [], 1);
    expect(await store.callEvents(SITE, "call-1")).toMatchObject([numbers]);
    expect(await snapshotsOf(store, SITE, CONTEXT)).toMatchObject([{ seq: 2 ** 31 }]);
  });

  it("orders ids bytewise, in a database whose own order is another", async () => {
    const store = await open();
    const ids = ["B", "a", "_", "-", "C", ".", "9", ":"];
    await store.write([write({ events: ids.map((call_id) => event({ call_id })) })], [], 1);
    expect(await store.callIds(SITE, "", 20)).toEqual([...ids].sort());
    if (!process.env.CALLJOIN_TEST_DATABASE_URL) expect(await run(url, "select 1 where 'a' < 'B'")).toHaveLength(1);
  });

  it("commits to disk before it acknowledges, in a database that would not", async () => {
    await run(url, `alter database ${new URL(url).pathname.slice(1)} set synchronous_commit = off`);
    const engine = postgres(url);
    const { Kysely, sql } = await import("kysely");
    const db = new Kysely<unknown>({ dialect: engine.dialect });
    const { rows } = await sql<{ value: string }>`select current_setting('synchronous_commit') as value`.execute(db);
    expect(rows).toEqual([{ value: "on" }]);
    await db.destroy();
  });

  it("gives each due row to one of two that sweep at once, and gives it back when its lease is over", async () => {
    const [one, other] = [await open(), await open()];
    const events = Array.from({ length: 40 }, (_, n) => event({ call_id: `call-${n}` }));
    await one.write([write({ events })], [], 1);
    const claimed = (await Promise.all([one.claimDue(1, 20, 50), other.claimDue(1, 20, 50)])).flat();
    expect(new Set(claimed.map(({ subject }) => subject)).size).toBe(claimed.length);
    const rest = await one.claimDue(1, 40, 50);
    expect(claimed.length + rest.length).toBe(40);
    expect(await other.claimDue(49, 40, 90)).toEqual([]);
    expect(await other.claimDue(50, 40, 90)).toHaveLength(40);
  });

  describe("what is forgotten while somebody writes to it", () => {
    const call_id = "c".repeat(32);
    const waiting = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    /** Does some work that has to wait for who has a lock, and writes before they give it up. */
    const whileLocked = async (lock: string, work: () => Promise<unknown>, writing: string) => {
      const other = new pg.Client({ connectionString: url });
      await other.connect();
      await other.query("begin");
      await other.query(`${lock} for update`);
      const done = work();
      await eventually(async () => expect(await run(url, waiting)).toHaveLength(1));
      await other.query(writing);
      await other.query("commit");
      await other.end();
      await done;
    };

    it("is an attempt that is being logged, too, where its visitor is erased", async () => {
      const store = await open();
      await store.write([write({ events: [event({ call_id })] })], [], 1);
      await store.joining((tx) => tx.addDeliveries([delivery({ call_id })]));
      await store.beginErasing(SITE, CONTEXT, 1);
      const { calls } = await store.findCalls(SITE, CONTEXT, CONTEXT, "", 1);
      const redact = async () => {
        for (let left = calls; left.length > 0; ) ({ left } = await store.redactCalls(SITE, left, 1));
      };
      await whileLocked(
        "select id from deliveries",
        redact,
        `insert into delivery_attempts (site, call_id, delivery_id, number, at, ms, request, response)
          select site, call_id, id, 0, 1, 1, request, '' from deliveries`,
      );
      expect(await run(url, "select * from delivery_attempts")).toEqual([]);
    });

    it("is the delivery that a join leaves, too, where its call has passed the retention", async () => {
      const store = await open();
      await store.write([write({ events: [event({ call_id })] })], [], 1);
      await run(
        url,
        `insert into calls (site, call_id, vendor, type, transaction_id, ts, status, converts, version, first_status, outcome, joined_at)
          select site, call_id, vendor, type, transaction_id, ts, 'matched', 0, 1, 'matched', '{}', ts from call_events`,
      );
      const expire = async () => {
        while ((await store.expire(SITE, 2_000_000, null)).more);
      };
      await whileLocked(
        "select event_id from call_events",
        expire,
        `insert into deliveries (site, call_id, id, webhook, event, version, state, request, made_at, failures)
          select site, call_id, call_id || '-1', 'crm', 'call.updated', 2, 'pending', '{}', 1, 0 from calls`,
      );
      expect(await store.callEvents(SITE, call_id)).toEqual([]);
      expect(await run(url, "select * from deliveries")).toEqual([]);
    });
  });

  it("lets one of two collectors lead, and the other one when the first is gone", async () => {
    const [one, other] = [await open(), await open()];
    expect([await one.leads(), await other.leads(), await one.leads()]).toEqual([true, false, true]);
    await one.close();
    stores = [other];
    await eventually(async () => expect(await other.leads()).toBe(true));
  });

  it("fails as unavailable while the database is away, and goes on by itself when it is back", async (context) => {
    const { power } = server;
    if (!power) return context.skip();
    const store = await open();
    expect(await store.leads()).toBe(true);
    let away: () => void = () => undefined;
    const whenAway = new Promise<void>((resolve) => {
      away = resolve;
    });
    let begun = 0;
    const working = Array.from({ length: 4 }, () =>
      store.joining(async (tx) => {
        await tx.call(SITE, "call-1");
        begun += 1;
        await whenAway;
        await tx.call(SITE, "call-1");
      }),
    );
    await eventually(() => expect(begun).toBe(4));
    await power.off();
    await expect(store.ping()).rejects.toSatisfy(isUnavailable);
    await power.on();
    away();
    for (const work of await Promise.allSettled(working)) {
      expect(isUnavailable(work.status === "rejected" && work.reason)).toBe(true);
    }
    await store.ping();
    await eventually(async () => expect(await store.leads()).toBe(true));
  });
});
