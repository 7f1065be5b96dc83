/** The part of the stores' suite that is about call events, what is due because of them, and what is refused. */
import { describe, expect, it } from "vitest";
import type { Store } from "../../../collector/store/store";
import type { DueRow } from "../../../collector/store/tables";
import { CONTEXT, dueOf, event, SITE, snapshot, snapshotsOf, write } from "./rows";

const NOW = 2_000_000;
const none = { identifying: [], secrets: [], at: NOW };

/** `opened` answers the store of the test that runs. */
export function describeEvents(opened: () => { store: Store }): void {
  describe("call events and what is due", () => {
    it("stores an event once", async () => {
      const [written] = await opened().store.write([write({ events: [event(), event(), event({ ts: 5 })] })], [], NOW);
      expect(written?.events).toEqual(["accepted", "duplicate", "accepted"]);
      expect(await opened().store.callEvents(SITE, "call-1")).toHaveLength(2);
    });

    it("leaves due what a write has touched, by its context where others write at the same time, until it is struck off", async () => {
      const touched = (due: DueRow[]) => due.map(({ kind, subject }) => [kind, subject]);
      const call = ["call", "call-1"];
      const first = opened().store.engine === "sqlite" ? [call] : [["context", CONTEXT], call];
      const batch = [write({ snapshots: [snapshot(), snapshot({ seq: 1 })], events: [event()] })];
      const due = dueOf(await opened().store.write(batch, [], NOW));
      expect(touched(due)).toEqual(first);
      expect(await opened().store.due(NOW, 10)).toHaveLength(first.length);
      expect(await opened().store.due(NOW - 1, 10)).toEqual([]);
      await opened().store.write([write({ snapshots: [snapshot({ seq: 2 })] })], due, NOW);
      // The same was touched again meanwhile: that row has another stamp, and stays.
      expect(touched(await opened().store.due(NOW, 10))).toEqual(first.slice(0, 1));
    });

    it("leaves nothing due that a call which commits later would not find by itself", async () => {
      const due = dueOf(await opened().store.write([write({ snapshots: [snapshot()] })], [], NOW));
      expect(due).toHaveLength(opened().store.engine === "sqlite" ? 0 : 1);
    });

    it("finds the calls that a context touches: by its id and by what it has shown", async () => {
      await opened().store.saveSite({ site: SITE, document: "{}", ...none, identifying: ["rtap"] });
      const events = [
        event(),
        event({ call_id: "call-2", own_id: "gbr01" }),
        event({ call_id: "call-3", own_id: "gbr02" }),
      ];
      await opened().store.write([write({ snapshots: [snapshot({ entities: '{"rtap":"gbr01"}' })], events })], [], NOW);
      const touched = async (since: number, contextId = CONTEXT) => {
        const context = { site: SITE, kind: "context" as const, subject: contextId, since };
        return (await opened().store.callsTouchedBy([context])).map(({ call_id }) => call_id).sort();
      };
      expect(await touched(0)).toEqual(["call-1", "call-2"]);
      expect(await touched(1_001_001)).toEqual([]);
      expect(await touched(0, "other-id")).toEqual([]);
    });

    it("writes a batch as a whole or not at all, and each key so where the database is sharded", async () => {
      const broken = event({ ts: null as unknown as number, call_id: "broken" });
      await expect(
        opened().store.write([write({ snapshots: [snapshot()], events: [broken] })], [], NOW),
      ).rejects.toThrow();
      const kept = opened().store.sharded ? 1 : 0;
      expect(await snapshotsOf(opened().store, SITE, CONTEXT)).toHaveLength(kept);
      expect(await opened().store.due(NOW, 10)).toHaveLength(kept);
      expect(await opened().store.callEvents(SITE, "broken")).toEqual([]);
    });

    it("keeps one refusal of what is refused twice, and pages through them, the newest first", async () => {
      const row = {
        site: SITE,
        route: "calls",
        vendor: "v",
        call_id: null,
        reason: "invalid",
        detail: "d",
        body: "{}",
      };
      const rejected = ["a", "b", "c", "c"].map((id, index) => ({ ...row, id, received_at: index }));
      await opened().store.write([write({ rejected })], [], NOW);
      const [first] = await opened().store.rejected(SITE, {}, null, 1);
      expect(first?.id).toBe("c");
      expect((await opened().store.rejected(SITE, {}, first ?? null, 5)).map(({ id }) => id)).toEqual(["b", "a"]);
      if (first) {
        expect(await opened().store.countRejected(SITE, { below: first }, 10)).toBe(2);
        expect(await opened().store.countRejected(SITE, { below: first }, 1)).toBe(1);
        expect(await opened().store.countRejected(SITE, { since: first.received_at }, 10)).toBeGreaterThan(0);
        expect(await opened().store.countRejected(SITE, { since: first.received_at + 1 }, 10)).toBe(0);
        expect(await opened().store.countRejected(SITE, { reason: "nothing", below: first }, 10)).toBe(0);
        expect(await opened().store.countRejected(SITE, { vendor: "nobody", below: first }, 10)).toBe(0);
      }
      const other = { ...row, id: "other", vendor: "w", received_at: 0 };
      await opened().store.write([write({ rejected: [other] })], [], NOW);
      const of = async (vendor: string, most: number) =>
        (await opened().store.latestRefusals(SITE, vendor, most)).map(({ received_at }) => received_at);
      expect([await of("v", 2), await of("w", 2), await of("x", 2)]).toEqual([[2, 1], [0], []]);
      await opened().store.deleteRejected(SITE, "b");
      expect(await opened().store.rejected(SITE, { id: "b" }, null, 1)).toEqual([]);
    });
  });
}
