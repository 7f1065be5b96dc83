import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRetention } from "../../collector/forget";
import { createJoiner } from "../../collector/join/joiner";
import { sqlite } from "../../collector/store/sqlite";
import { openStore, type Store } from "../../collector/store/store";
import { siteSchema } from "../../collector/wire/site";
import { erase } from "./store/erasing";
import { CONTEXT, dueOf, event, SITE, snapshot, snapshotsOf, write } from "./store/rows";

const DAY = 86_400_000;
const T = 1_790_000_000_000;

describe("retention", () => {
  let folder: string;
  let store: Store;
  let now: number;
  const clock = () => now;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "calljoin-retention-"));
    store = await openStore(sqlite(folder));
    now = T;
    const document = JSON.stringify(siteSchema.parse({ name: "Shop", retention_days: 10 }));
    await store.saveSite({ site: SITE, document, identifying: [], secrets: [], at: now });
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const arrived = (received_at: number, changes: object) =>
    snapshot({ at: received_at, sent_at: received_at, received_at, ...changes });

  async function arrive(...rows: ReturnType<typeof snapshot>[]): Promise<void> {
    await store.write([write({ snapshots: rows })], [], now);
  }

  /** Steps until nothing older is left; how many it took. */
  async function runRetention(): Promise<number> {
    const step = createRetention(store, clock);
    let steps = 1;
    while (await step()) steps += 1;
    return steps;
  }

  it("deletes what arrived longer ago than the site keeps it, in small steps, and nothing younger", async () => {
    await arrive(...Array.from({ length: 450 }, (_, i) => arrived(T - 11 * DAY, { view_id: `old-${i}` })));
    await arrive(arrived(T - 9 * DAY, { view_id: "young" }));
    expect(await runRetention()).toBe(3);
    expect((await snapshotsOf(store, SITE, CONTEXT)).map(({ view_id }) => view_id)).toEqual(["young"]);
  });

  it("costs nothing while nothing is due: each of many sites is looked at once in ten minutes", async () => {
    const document = JSON.stringify(siteSchema.parse({ name: "Shop", retention_days: 10 }));
    const sites = Array.from({ length: 2_000 }, (_, n) => ({ site: `shop-${n}`, document, version: 1, saved_at: 0 }));
    const looked: string[] = [];
    let lists = 0;
    const step = createRetention(
      {
        leads: async () => true,
        newestDocuments: async () => {
          lists += 1;
          return sites;
        },
        expire: async (site: string) => {
          looked.push(site);
          return { after: null, more: false };
        },
        putMark: async () => undefined,
      } as unknown as Store,
      clock,
    );
    while (await step());
    expect([lists, looked.length, new Set(looked).size]).toEqual([1, 2_000, 2_000]);
    for (let n = 0; n < 100; n += 1) await step();
    expect([lists, looked.length]).toEqual([1, 2_000]);
    now += 10 * 60_000;
    while (await step());
    expect([lists, looked.length]).toEqual([2, 4_000]);
  });

  it("deletes old calls with all that they have, however many there are", async () => {
    const events = Array.from({ length: 300 }, (_, n) =>
      event({ call_id: `call-${n}`, ts: T - 11 * DAY, received_at: T - 11 * DAY, body: "x".repeat(20_000) }),
    );
    await store.write([write({ events })], [], now);
    const joiner = createJoiner({ store, clock, log: pino({ level: "silent" }), wake: () => {} });
    await joiner.sweep(0);
    expect(await store.calls(SITE, {}, null, 500)).toHaveLength(300);
    expect(await runRetention()).toBeGreaterThan(1);
    expect(await store.calls(SITE, {}, null, 500)).toEqual([]);
    expect(await store.callEvents(SITE, "call-7")).toEqual([]);
  });

  it("goes by the collector's clock: a visitor's that is years off keeps nothing and loses nothing", async () => {
    await arrive(
      arrived(T - 11 * DAY, { view_id: "old", at: T + 999 * DAY }),
      arrived(T, { view_id: "new", at: 1_000 }),
    );
    await runRetention();
    expect((await snapshotsOf(store, SITE, CONTEXT)).map(({ view_id }) => view_id)).toEqual(["new"]);
  });

  it("leaves a call as it was joined when its view has gone before it, and deletes it when its own time is over", async () => {
    const joiner = createJoiner({ store, clock, log: pino({ level: "silent" }), wake: () => {} });
    const join = async (part: Parameters<typeof write>[0]) => {
      await joiner.run(dueOf(await store.write([write(part)], [], now)));
    };
    now = T - 9 * DAY;
    await join({ snapshots: [arrived(T - 11 * DAY, {})], events: [event({ ts: T - 9 * DAY, received_at: now })] });
    now = T;
    await runRetention();
    expect(await snapshotsOf(store, SITE, CONTEXT)).toEqual([]);
    // The visitor comes again, and their calls are looked at once more.
    await join({ snapshots: [arrived(T, { view_id: "back" })] });
    expect(await store.calls(SITE, {}, null, 5)).toMatchObject([{ status: "matched", version: 1 }]);

    now = T + 2 * DAY;
    await runRetention();
    expect(await store.calls(SITE, {}, null, 5)).toEqual([]);
    expect(await store.callEvents(SITE, "call-1")).toEqual([]);
  });

  it("takes what is said later of a call whose view has gone, tells it, and leaves the call joined as it was", async () => {
    const document = siteSchema.parse({
      name: "Shop",
      retention_days: 10,
      entities: [{ name: "basket", type: "expression", scope: "session", value: "basket" }],
      goals: [{ name: "order", min_total: 5 }],
      webhooks: [
        {
          name: "crm",
          url: "https://crm.example/",
          on: ["call.matched", "call.updated"],
          parameters: [{ name: "total", value: "total.value" }],
        },
      ],
    });
    await store.saveSite({ site: SITE, document: JSON.stringify(document), identifying: [], secrets: [], at: now });
    const joiner = createJoiner({ store, clock, log: pino({ level: "silent" }), wake: () => {} });
    const say = async (changes: object, snapshots: ReturnType<typeof snapshot>[] = []) => {
      const events = [event({ ts: now, received_at: now, total_currency: "GBP", ...changes })];
      await joiner.run(dueOf(await store.write([write({ snapshots, events })], [], now)));
      const [call] = await store.calls(SITE, {}, null, 1);
      return { ...call, outcome: JSON.parse(call?.outcome ?? "null") };
    };
    now = T - 9 * DAY;
    const before = await say({ total_value: 1 }, [arrived(T - 11 * DAY, { entities: '{"basket":7}' })]);
    expect(before).toMatchObject({ status: "matched", converts: 0, outcome: { goals: [], entities: { basket: 7 } } });

    now = T;
    await runRetention();
    expect(await snapshotsOf(store, SITE, CONTEXT)).toEqual([]);
    const after = await say({ total_value: 50, duration_s: 95 });
    expect(after).toMatchObject({ version: 2, converts: 1 });
    const total = { value: 50, currency: "GBP" };
    expect(after.outcome).toEqual({ ...before.outcome, total, duration_s: 95, goals: ["order"] });
    const told = await store.deliveries(SITE, {}, null, 5);
    expect(told.map(({ event, version }) => [event, version])).toEqual([
      ["call.updated", 2],
      ["call.matched", 1],
    ]);
    expect(await say({ total_value: 50, duration_s: 95 })).toEqual(after);
  });

  describe("of what a vendor knew a visitor by", () => {
    const ALIAS = "gbr0-long-ago-1";
    const OTHER = "6o2diu81w9o-0irxltk5b-u9t1cv5";
    const showing = (received_at: number, context_id: string) =>
      arrived(received_at, { context_id, entities: JSON.stringify({ rtap: ALIAS }) });
    const called = (call_id: string, ts: number, changes = {}) =>
      event({ call_id, transaction_id: call_id, ts, received_at: ts, own_id: ALIAS, own_is_alias: 1, ...changes });
    const joinOf = async (id: string) => {
      const [call] = await store.calls(SITE, { id }, null, 1);
      return JSON.parse(call?.outcome ?? "{}").join;
    };
    const take = async (part: Parameters<typeof write>[0]) => {
      const joiner = createJoiner({ store, clock, log: pino({ level: "silent" }), wake: () => {} });
      await joiner.run(dueOf(await store.write([write(part)], [], now)));
    };
    beforeEach(async () => {
      const entity = { name: "rtap", type: "simple", scope: "session", value: "rtap", identifies: "infinity" };
      const vendors = [{ name: "infinity" }];
      const document = JSON.stringify(
        siteSchema.parse({ name: "Shop", retention_days: 10, entities: [entity], vendors }),
      );
      await store.saveSite({ site: SITE, document, identifying: ["rtap"], secrets: [], at: now });
    });

    it("nothing is left once they are erased, though nothing showed it any more", async () => {
      now = T - 6 * DAY;
      await take({ snapshots: [showing(T - 11 * DAY, CONTEXT)], events: [called("matched", T - 6 * DAY)] });
      expect(await joinOf("matched")).toMatchObject({ status: "matched", rule: "alias" });
      now = T;
      await runRetention();
      await take({ events: [called("later", T)] });
      expect(await joinOf("later")).toMatchObject({ status: "offline", context_id: ALIAS });
      await erase(store, CONTEXT, now);
      for (const id of ["matched", "later"]) expect(await joinOf(id), id).toMatchObject({ reason: "erased" });
      expect(JSON.stringify(await store.callEvents(SITE, "later"))).not.toContain(ALIAS);
    });

    it("is another's from when they show it, and stays so when nothing shows it any more", async () => {
      now = T - 11 * DAY;
      await take({ snapshots: [showing(now, CONTEXT)] });
      await erase(store, CONTEXT, now);
      await take({ snapshots: [showing(now, OTHER)] });
      now = T - 6 * DAY;
      await take({ events: [called("theirs", now)] });
      expect(await joinOf("theirs")).toMatchObject({ status: "matched", context_id: OTHER });
      now = T;
      await runRetention();
      await take({ events: [called("theirs", T - 6 * DAY, { event_id: "corrected", total_value: 2 })] });
      expect(await joinOf("theirs")).toMatchObject({ status: "matched", context_id: OTHER });
    });
  });
});
