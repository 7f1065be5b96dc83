/** The part of the stores' suite that is about calls, and about forgetting them and their visitors. */
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../collector/store/hash";
import type { Store } from "../../../collector/store/store";
import type { CallRow } from "../../../collector/store/tables";
import { CONTEXT, event, SITE, snapshot, write } from "./rows";

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
      const byDay = await opened().store.countCalls(SITE, {}, "day");
      expect(byDay.filter(({ key }) => key === "1970-01-01")).toMatchObject([
        { calls: 1, status: "matched", late: false },
      ]);
      expect(byDay.filter(({ key }) => key === "1970-01-02")).toHaveLength(2);
      const byVendor = await opened().store.countCalls(SITE, { from: day }, "vendor");
      expect(byVendor.map(({ key, late, reason }) => [key, late, reason]).sort()).toEqual([
        ["infinity", true, null],
        ["x", false, "unknown_context"],
      ]);
      expect(await opened().store.countCalls("other", {}, null)).toEqual([]);
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

  describe("forgetting", () => {
    it("leaves nothing of an erased visitor but a hash, and refuses what comes later", async () => {
      await opened().store.saveSite({ site: SITE, document: "{}", ...none, identifying: ["rtap"] });
      const rejected = [
        {
          site: SITE,
          id: "r",
          route: "snapshots",
          vendor: null,
          received_at: 1,
          reason: "invalid",
          detail: "",
          body: `{"context_id":"${CONTEXT}"}`,
        },
      ];
      const events = [event({ url: "https://shop.example/secret" }), event({ ts: 2_000_000 })];
      await opened().store.write(
        [write({ snapshots: [snapshot({ entities: '{"rtap":"gbr01"}' })], events, rejected })],
        [],
        NOW,
      );

      const due = await opened().store.erase(SITE, CONTEXT, NOW);
      expect(due).toMatchObject([{ kind: "call", subject: "call-1" }]);
      expect(await opened().store.snapshots(SITE, CONTEXT)).toEqual([]);
      expect(await opened().store.joinReader.views(SITE, CONTEXT)).toEqual([]);
      expect(await opened().store.joinReader.contextsShowing(SITE, ["rtap"], "gbr01", 5)).toEqual([]);
      expect(await opened().store.rejected(SITE, {}, null, 5)).toEqual([]);
      const kept = await opened().store.callEvents(SITE, "call-1");
      expect(kept).toHaveLength(2);
      expect(JSON.stringify(kept)).not.toContain(CONTEXT);
      expect(JSON.stringify(kept)).not.toContain("secret");
      expect(await opened().store.joinReader.isErased(SITE, kept[0]?.own_id ?? "")).toBe(true);
      expect(await opened().store.joinReader.isErased(SITE, CONTEXT)).toBe(true);
      expect(await opened().store.joinReader.isErased("other", CONTEXT)).toBe(false);

      const late = [
        write({
          snapshots: [snapshot({ seq: 7 })],
          events: [event({ call_id: "call-9" }), event({ ts: 2_000_000 })],
        }),
      ];
      const { verdicts } = await opened().store.write(late, [], NOW);
      expect(verdicts[0]).toEqual({ snapshots: ["erased"], events: ["accepted", "duplicate"] });
      expect((await opened().store.callEvents(SITE, "call-9"))[0]?.own_id).toBe(`erased:${sha256(CONTEXT)}`);
    });

    it("expires old views as a whole and old calls, in steps, and leaves what is younger", async () => {
      await opened().store.saveSite({ site: SITE, document: "{}", ...none });
      const rows = [
        ...Array.from({ length: 5 }, (_, i) => snapshot({ view_id: `old-${i}`, received_at: 100 })),
        snapshot({ view_id: "open", seq: 0, received_at: 100 }),
        snapshot({ view_id: "open", seq: 1, received_at: 900 }),
        snapshot({ view_id: "young", received_at: 900 }),
      ];
      await opened().store.write([write({ snapshots: rows })], [], NOW);
      let place = await opened().store.expire(SITE, 500, null, 2);
      let steps = 1;
      while (place) {
        place = await opened().store.expire(SITE, 500, place, 2);
        steps += 1;
      }
      expect(steps).toBeGreaterThan(2);
      const left = await opened().store.snapshots(SITE, CONTEXT);
      expect(left.map(({ view_id, seq }) => `${view_id}/${seq}`).sort()).toEqual(["open/0", "open/1", "young/0"]);
      expect((await opened().store.joinReader.views(SITE, CONTEXT)).map(({ view_id }) => view_id).sort()).toEqual([
        "open",
        "young",
      ]);
    });
  });
}
