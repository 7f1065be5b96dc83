/** The part of the stores' suite that is about calls. */
import { describe, expect, it } from "vitest";
import { hashOf } from "../../../collector/hash";
import type { Store } from "../../../collector/store/store";
import type { CallRow } from "../../../collector/store/tables";
import { CONTEXT, event, filed, SITE, snapshot, write } from "./rows";

const NOW = 2_000_000;
const none = { identifying: [], secrets: [], at: NOW };

/** `opened` answers the store of the test that runs. */
export function describeCalls(opened: () => { store: Store }): void {
  describe("calls", () => {
    const call = (changes: Partial<CallRow>): CallRow => ({
      site: SITE,
      call_id: "c",
      vendor: "infinity",
      type: "ecBasketTransactionSummary",
      transaction_id: "t",
      ts: 1,
      status: "matched",
      reason: null,
      rule: "context_id",
      context_id: CONTEXT,
      converts: 0,
      worth: null,
      version: 1,
      first_status: "matched",
      outcome: "{}",
      joined_at: NOW,
      told: null,
      ...changes,
    });
    const save = (...rows: Partial<CallRow>[]) =>
      opened().store.joining(async (tx) => {
        for (const row of rows) await tx.saveCall(call(row));
      });

    it("expires with a call what a file has told of it, and nothing of another's", async () => {
      const { store } = opened();
      await store.saveSite({ site: SITE, document: "{}", ...none });
      await save({ call_id: "old", ts: 100 }, { call_id: "young", ts: 900 });
      await store.addFiled(["old", "young"].map((call_id) => filed({ call_id })));
      for (let step = await store.expire(SITE, 500, null); step.more; )
        step = await store.expire(SITE, 500, step.after);
      expect((await store.filedOf(SITE, ["old", "young"])).map(({ call_id }) => call_id)).toEqual(["young"]);
    });

    it("keeps the last result of a call", async () => {
      await save({ version: 1 }, { version: 2, status: "unmatched" });
      expect(await opened().store.calls(SITE, {}, null, 10)).toMatchObject([{ version: 2, status: "unmatched" }]);
    });

    it("lists the newest first, in pages, through each filter", async () => {
      await save(
        { call_id: "a", ts: 1, vendor: "x" },
        { call_id: "b", ts: 2, status: "offline", transaction_id: "u" },
        { call_id: "c", ts: 2, type: "trPackageTransactionSummary", context_id: "other" },
      );
      const ids = async (...args: [Parameters<Store["calls"]>[1], Parameters<Store["calls"]>[2]?]) =>
        (await opened().store.calls(SITE, args[0], args[1] ?? null, 2)).map(({ call_id }) => call_id);
      expect(await ids({})).toEqual(["c", "b"]);
      expect(await ids({}, { ts: 2, call_id: "b" })).toEqual(["a"]);
      expect(await ids({ vendor: "x" })).toEqual(["a"]);
      expect(await ids({ status: "offline" })).toEqual(["b"]);
      expect(await ids({ transaction_id: "u" })).toEqual(["b"]);
      expect(await ids({ context_id: "other" })).toEqual(["c"]);
      expect(await ids({ type: "trPackageTransactionSummary" })).toEqual(["c"]);
      expect(await ids({ id: "a" })).toEqual(["a"]);
      expect(await ids({ from: 1, to: 2 })).toEqual(["a"]);
    });

    it("finds calls by what no index tells, in steps", async () => {
      const outcome = (plan: string, caller: string) => JSON.stringify({ entities: { plan }, caller_sha256: caller });
      const many = Array.from({ length: 400 }, (_, n) => ({
        call_id: `c${String(n).padStart(3, "0")}`,
        ts: n,
        status: n % 2 ? "matched" : "unusable",
        reason: n % 2 ? null : n % 4 ? "no_id" : "junk_id",
        outcome: outcome(n % 100 ? "silver" : "gold", n % 50 ? "x" : "caller"),
      }));
      await save(...many);
      const all = async (search: Parameters<Store["searchCalls"]>[1], limit = 1_000) => {
        const ids: string[] = [];
        let next: Parameters<Store["searchCalls"]>[2] = null;
        do {
          const found = await opened().store.searchCalls(SITE, search, next, limit);
          ids.push(...found.rows.map(({ call_id }) => call_id));
          next = found.next;
        } while (next);
        return ids;
      };
      const gold = { entity: { name: "plan", value: "gold" } };
      expect(await all(gold)).toEqual(["c300", "c200", "c100", "c000"]);
      expect(await all(gold, 1)).toEqual(["c300", "c200", "c100", "c000"]);
      expect(await all({ ...gold, status: "unusable", reason: "junk_id", to: 300 })).toEqual(["c200", "c100", "c000"]);
      expect(await all({ reason: "no_id", from: 390 })).toEqual(["c398", "c394", "c390"]);
      expect(await all({ vendor: "infinity", status: "matched", from: 396 })).toEqual(["c399", "c397"]);
      const { next } = await opened().store.searchCalls(SITE, { entity: { name: "plan", value: "none" } }, null, 10);
      expect(next).not.toBeNull();

      const events = ["c050", "c100", "c150"].map((call_id, n) => event({ call_id, caller_sha256: "caller", ts: n }));
      await opened().store.write([write({ events })], [], NOW);
      expect(await all({ caller_sha256: "caller" })).toEqual(["c150", "c100", "c050"]);
      expect(await all({ caller_sha256: "caller" }, 1)).toEqual(["c150", "c100", "c050"]);
      expect(await all({ caller_sha256: "caller", ...gold })).toEqual(["c100"]);
      expect(await all({ caller_sha256: "other" })).toEqual([]);
    });

    it("numbers a context's converting calls by time, then id, when they are read", async () => {
      await save(
        { call_id: "b", ts: 5, converts: 1 },
        { call_id: "a", ts: 5, converts: 1 },
        { call_id: "c", ts: 9, converts: 0 },
        { call_id: "d", ts: 1, converts: 1, context_id: "other" },
      );
      const numbers = (await opened().store.calls(SITE, {}, null, 10)).map(({ call_id, conversion_number }) => [
        call_id,
        conversion_number,
      ]);
      expect(numbers).toEqual([
        ["c", null],
        ["b", 2],
        ["a", 1],
        ["d", 1],
      ]);
      await save({ call_id: "e", ts: 2, converts: 1 });
      expect(await opened().store.calls(SITE, { id: "b" }, null, 1)).toMatchObject([{ conversion_number: 3 }]);
    });

    it("counts by vendor and by UTC day", async () => {
      const day = 86_400_000;
      await save(
        { call_id: "a", ts: day - 1 },
        { call_id: "b", ts: day, first_status: "unmatched" },
        { call_id: "c", ts: day, vendor: "x", status: "unmatched", rule: null, reason: "unknown_context" },
      );
      const { counts: byDay } = await opened().store.countStep(SITE, {}, "day", "UTC", null);
      expect(byDay.filter(({ key }) => key === "1970-01-01")).toMatchObject([
        { calls: 1, status: "matched", late: false },
      ]);
      expect(byDay.filter(({ key }) => key === "1970-01-02")).toHaveLength(2);
      const { counts: byVendor } = await opened().store.countStep(SITE, { from: day }, "vendor", "UTC", null);
      expect(byVendor.map(({ key, late, reason }) => [key, late, reason]).sort()).toEqual([
        ["infinity", true, null],
        ["x", false, "unknown_context"],
      ]);
      expect(await opened().store.countStep("other", {}, null, "UTC", null)).toEqual({ counts: [], next: null });
      expect(await opened().store.countCalls(SITE, CONTEXT)).toBe(3);
      expect(await opened().store.countCalls("other", CONTEXT)).toBe(0);
    });

    it("counts by the days of a zone, whose clocks change", async () => {
      // In Berlin, 2026-10-25 has 25 hours, from 22:00 UTC of the day before.
      const start = Date.UTC(2026, 9, 24, 22);
      const hours = [-1, 0, 24, 25].map((hour) => start + hour * 3_600_000);
      await save(
        ...hours.flatMap((ts, n) => [
          { call_id: `b${n}`, ts },
          { call_id: `e${n}`, ts: ts + 3_599_999 },
        ]),
      );
      const { counts: rows } = await opened().store.countStep(SITE, {}, "day", "Europe/Berlin", null);
      expect(rows.map(({ key, calls }) => [key, calls]).sort()).toEqual([
        ["2026-10-24", 2],
        ["2026-10-25", 4],
        ["2026-10-26", 2],
      ]);
    });

    it("counts in steps, each call once", async () => {
      const sold = (goals: string[], value: number, currency: string | null) =>
        JSON.stringify({ goals, source: "s", total: { value, currency } });
      await save(
        ...Array.from({ length: 7 }, (_, n) => ({
          call_id: `c${n}`,
          ts: Math.floor(n / 2),
          status: "unusable",
          reason: "no_id",
        })),
        // What is in the index is not looked for in the outcome; what is not there is.
        { call_id: "x1", ts: 1, converts: 1, worth: sold(["sale"], 1.5, "GBP"), outcome: "" },
        { call_id: "x2", ts: 2, converts: 1, outcome: sold(["sale", "lead"], 2, "EUR") },
        { call_id: "x3", ts: 86_400_000, converts: 1, outcome: sold(["lead"], 3, null) },
      );
      const { store } = opened();
      for (const most of [1, 2, 3, 100]) {
        let calls = 0;
        for (let after: Parameters<Store["countStep"]>[4] = null; ; ) {
          const step = await store.countStep(SITE, { to: 86_400_000 }, "reason", "UTC", after, most);
          calls += step.counts.reduce((sum, count) => sum + count.calls, 0);
          expect(step.counts.every(({ key }) => ["no_id", "matched"].includes(key))).toBe(true);
          after = step.next;
          if (after === null) break;
        }
        expect(calls).toBe(9);
        const keys: unknown[] = [];
        for (let after: Parameters<Store["countStep"]>[4] = null; ; ) {
          const step = await store.convertedStep(SITE, {}, "goal", "UTC", after, most);
          for (const { key, conversions } of step.counts) keys.push(...Array(conversions).fill(key));
          after = step.next;
          if (after === null) break;
        }
        expect(keys.sort()).toEqual(["lead", "lead", "sale", "sale"]);
      }
      const { counts } = await store.convertedStep(SITE, {}, "day", "UTC", null);
      expect(counts).toEqual([
        { key: "1970-01-01", conversions: 2, value: { GBP: 1.5, EUR: 2 } },
        { key: "1970-01-02", conversions: 1, value: { XXX: 3 } },
      ]);
      expect(await store.countRows("calls", SITE)).toBe(10);
      if (store.engine === "sqlite") {
        // A sixteenth of them is told the whole by.
        await save(...Array.from({ length: 3_200 }, (_, n) => ({ call_id: hashOf(String(n)).slice(0, 32) })));
        const estimate = await store.countRows("calls", SITE, 100);
        expect([estimate % 16, estimate > 2_400, estimate < 4_000]).toEqual([0, true, true]);
      }
      for (const table of ["snapshots", "views", "call_events", "deliveries", "rejected"] as const)
        expect(await store.countRows(table, SITE)).toBe(0);
    });

    it("tells what has changed since a time, and what was first", async () => {
      const { store } = opened();
      expect(await store.firsts(SITE, ["infinity"])).toEqual({ snapshot: null, event: null, match: null });
      await save({ call_id: "a", joined_at: 5 }, { call_id: "b", joined_at: 7, version: 2, status: "unmatched" });
      expect(await store.changedCalls(SITE, 6, 10)).toEqual([
        { call_id: "b", ts: 1, status: "unmatched", version: 2, joined_at: 7 },
      ]);
      expect((await store.changedCalls(SITE, 0, 1)).map(({ call_id }) => call_id)).toEqual(["a"]);
      const snapshots = [snapshot({ received_at: 30, sent_at: 30 })];
      await store.write([write({ snapshots, events: [event({ received_at: 20 })] })], [], NOW);
      expect(await store.firsts(SITE, ["none", "infinity"])).toEqual({ snapshot: 30, event: 20, match: 5 });
    });

    it("rolls a failed join back", async () => {
      const failing = opened().store.joining(async (tx) => {
        await tx.saveCall(call({}));
        throw new Error("half way");
      });
      await expect(failing).rejects.toThrow("half way");
      expect(await opened().store.calls(SITE, {}, null, 1)).toEqual([]);
    });
  });
}
