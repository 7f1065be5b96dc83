import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { viewOf } from "../../collector/store/views";
import { visitorOf } from "../../collector/store/visitor";
import { noPostgres, type Postgres, run, startPostgres } from "../collector/store/database";
import { erase } from "../collector/store/erasing";
import { event, SITE, snapshot, snapshotsOf, viewsOf } from "../collector/store/rows";
import { eventually } from "../eventually";
import { type Half, missedJoins, NOW, openHalf, saveSite } from "./pair";

let server: Postgres;
let url: string;
let one: Half;
let other: Half;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const context = (n: number) => `context-${String(n).padStart(4, "0")}`;
const each = <T>(count: number, of: (n: number) => T) => Array.from({ length: count }, (_, n) => of(n));

/** Several pairs at once, so that the two of a pair meet at all stages of each other. */
async function rounds(count: number, of: (n: number) => Promise<unknown>[]): Promise<void> {
  for (let n = 0; n < count; n += 5) await Promise.all(each(5, (i) => Promise.all(of(n + i))));
}

describe.skipIf(noPostgres).each([false, true])("two collectors on one database, sharded: %s", (sharded) => {
  beforeEach(async () => {
    url = await server.database();
    one = await openHalf(url, sharded);
    other = await openHalf(url, sharded);
  });
  afterEach(async () => {
    await one.store.close();
    await other.store.close();
  });

  it("join a call and its snapshot that arrive at the same instant, whichever takes which", async () => {
    await saveSite(one.store);
    await rounds(200, (n) => [
      (n % 2 ? one : other).take({ snapshots: [snapshot({ context_id: context(n), view_id: `v${n}` })] }),
      (n % 2 ? other : one).take({ events: [event({ call_id: `call-${n}`, own_id: context(n) })] }),
    ]);
    const calls = await one.store.calls(SITE, { status: "matched" }, null, 1_000);
    expect(calls).toHaveLength(200);
    expect(await one.store.due(NOW, 10)).toEqual([]);
  });

  it("join a call by an alias that is shown at the same instant", async () => {
    await saveSite(one.store);
    await rounds(100, (n) => [
      one.take({ snapshots: [snapshot({ context_id: context(n), entities: `{"rtap":"gbr0${n}"}` })] }),
      other.take({ events: [event({ call_id: `call-${n}`, own_id: `gbr0${n}`, vendor: "responsetap" })] }),
    ]);
    expect(await one.store.calls(SITE, { status: "matched" }, null, 1_000)).toHaveLength(100);
  });

  it("join a call by all of its events, when they come at once", async () => {
    await saveSite(one.store);
    await rounds(100, (n) => {
      const call = { call_id: `call-${n}`, own_id: context(n) };
      return [
        one.take({ events: [event({ ...call, ts: 1_001_000, url: "https://shop.example/first" })] }),
        other.take({ events: [event({ ...call, ts: 1_000_900, total_value: 5 })] }),
        one.take({ snapshots: [snapshot({ context_id: context(n) })] }),
        other.take({ events: [event({ ...call, ts: 1_002_000, source: "last" })] }),
      ];
    });
    expect(await missedJoins(one.store)).toEqual([]);
    const wanted = { ts: 1_000_900, url: "https://shop.example/first", total: { value: 5 }, source: "last" };
    for (const { outcome } of await one.store.calls(SITE, {}, null, 1_000)) {
      expect(JSON.parse(outcome)).toMatchObject(wanted);
    }
  });

  it("join by what was committed while they waited for the call, not as of before", async () => {
    await one.take({ events: [event({ ts: 5 })] });
    let waited: Promise<number> = Promise.resolve(0);
    await one.store.joining(async (tx) => {
      await tx.lockEvents(SITE, "call-1");
      waited = other.store.joining(async (later) => (await later.lockEvents(SITE, "call-1")).length);
      await someoneWaits();
      await one.store.write([{ snapshots: [], events: [event({ ts: 4 })], rejected: [] }], [], NOW);
    });
    expect(await waited).toBe(2);
  });

  it("write the same views and events in opposite orders without a deadlock", async () => {
    const views = each(40, (n) => snapshot({ view_id: `view-${n}` }));
    const events = each(40, (n) => event({ call_id: `call-${n}` }));
    await rounds(40, (n) => {
      const rows = views.map((row) => ({ ...row, seq: n, at: NOW + n }));
      const later = rows.map((row) => ({ ...row, seq: 1_000 + n })).reverse();
      return [
        one.store.write([{ snapshots: rows, events, rejected: [] }], [], NOW),
        other.store.write([{ snapshots: later, events: [...events].reverse(), rejected: [] }], [], NOW),
      ];
    });
    const stored = await viewsOf(one.store, SITE, views[0]?.context_id ?? "");
    expect(stored.map(({ first_at, last_at }) => [first_at, last_at])).toEqual(each(40, () => [NOW, NOW + 39]));
    expect(await deadlocks()).toBe(0);
  });

  it("index every snapshot by a name that comes to identify while they are written", async () => {
    for (let round = 0; round < 15; round += 1) {
      const names = each(round + 1, (n) => `id${n}`);
      const entities = JSON.stringify({ [`id${round}`]: "gbr01" });
      const writes = each(8, (n) => {
        const rows = each(4, (seq) => snapshot({ context_id: context(n), view_id: `r${round}`, seq, entities }));
        return (n % 2 ? one : other).store.write([{ snapshots: rows, events: [], rejected: [] }], [], NOW);
      });
      await Promise.all([...writes, saveSite(one.store, names)]);
      const found = await other.store.history.contextsShowing(SITE, [`id${round}`], "gbr01", 20);
      expect(found.sort()).toEqual(each(8, context));
    }
  });

  it("leave nothing of a visitor who is erased while both write and join", async () => {
    await saveSite(one.store);
    for (let n = 0; n < 40; n += 1) {
      const id = context(n);
      const shows = (seq: number) => snapshot({ context_id: id, seq, entities: `{"rtap":"gbr0${n}"}` });
      await one.take({ snapshots: [shows(0)] });
      const erasing = async () => {
        await wait(n % 8);
        await erase(other.store, id, NOW);
      };
      await Promise.all([
        one.take({ snapshots: [shows(1), shows(2)] }),
        other.take({ events: [event({ call_id: `a${n}`, own_id: `gbr0${n}`, vendor: "responsetap" })] }),
        one.take({ events: [event({ call_id: `b${n}`, own_id: id })] }),
        erasing(),
        other.take({ snapshots: [shows(3)] }),
      ]);
    }
    expect(await missedJoins(one.store)).toEqual([]);
    for (const table of ["snapshots", "views", "sessions", "aliases", "showings", "call_events", "calls"]) {
      const found = await run(url, `select * from ${table} as t where t::text like '%context-00%'`);
      expect([table, ...found]).toEqual([table]);
    }
  });

  it("keep views in step with snapshots while old ones expire", async () => {
    await saveSite(one.store);
    for (let round = 0; round < 30; round += 1) {
      const old = each(4, (n) =>
        snapshot({ context_id: context(n), view_id: `r${round}`, received_at: 100, view: `{"title":"old ${n}"}` }),
      );
      await one.take({ snapshots: old });
      const late = each(4, (n) =>
        snapshot({
          context_id: context(n),
          view_id: `r${round}`,
          seq: 1,
          received_at: 900,
          view: `{"title":"late ${n}"}`,
        }),
      );
      await Promise.all([
        one.store.expire(SITE, 500, null),
        ...late.map((row, n) => (n % 2 ? one : other).take({ snapshots: [row] })),
      ]);
    }
    for (const id of each(4, context)) {
      const rows = (await snapshotsOf(one.store, SITE, id)).map((row) => ({
        ...row,
        visitor: visitorOf(row.context_id),
      }));
      const stored = await viewsOf(one.store, SITE, id);
      expect(stored).toHaveLength(30);
      for (const { view, clock_offset: _offset, longest: _longest, ...row } of stored) {
        const derived = viewOf(rows.filter(({ view_id }) => view_id === row.view_id));
        expect(derived).toMatchObject(row);
        expect(rows.find(({ view_id, seq }) => view_id === row.view_id && seq === derived.view_seq)?.view).toBe(view);
      }
    }
  });
});

/** Resolves when a transaction waits for another one's lock. */
async function someoneWaits(): Promise<void> {
  const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
  await eventually(async () => expect(await run(url, waiting)).toHaveLength(1));
}

async function deadlocks(): Promise<number> {
  const counted = "select deadlocks::int as n from pg_stat_database where datname = current_database()";
  return (await run<{ n: number }>(url, counted))[0]?.n ?? -1;
}
