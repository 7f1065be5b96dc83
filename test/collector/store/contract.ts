/** What every engine's store has to do: one suite, run on each of them. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Store } from "../../../collector/store/store";
import type { DueRow } from "../../../collector/store/tables";
import { describeCalls } from "./contract-calls";
import { CONTEXT, event, SITE, snapshot, write } from "./rows";

const NOW = 2_000_000;
const none = { identifying: [], secrets: [], at: NOW };

export interface OpenedStore {
  store: Store;
  /** Closes the store, and removes what it left. */
  remove(): Promise<void>;
}

export function describeStore(engine: string, open: () => Promise<OpenedStore>): void {
  describe(`the store on ${engine}`, () => {
    let opened: OpenedStore;
    let store: Store;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.remove());

    describe("site documents", () => {
      it("numbers versions from 1, and keeps each", async () => {
        expect(await store.saveSite({ site: SITE, document: "one", ...none })).toBe(1);
        expect(await store.saveSite({ site: SITE, document: "two", ...none })).toBe(2);
        expect((await store.site(SITE))?.document).toBe("two");
        expect((await store.site(SITE, 1))?.document).toBe("one");
        expect(await store.site(SITE, 3)).toBeNull();
        expect(await store.site("other")).toBeNull();
      });

      it("keeps a replaced secret until its time is over, the newest first", async () => {
        const row = { site: SITE, kind: "vendor_token" as const, name: "v", secret: null, expires_at: null };
        await store.addSecret({ ...row, hash: "a", made_at: 1 }, 1_000);
        await store.addSecret({ ...row, hash: "b", made_at: 2 }, 1_002);
        const hashes = async (at: number) => (await store.secrets(SITE, "vendor_token", at)).map(({ hash }) => hash);
        expect(await hashes(1_001)).toEqual(["b", "a"]);
        expect(await hashes(1_002)).toEqual(["b"]);
        await store.addSecret({ ...row, hash: "c", made_at: 3 }, 5_000);
        expect(await hashes(1_003)).toEqual(["c", "b"]);
      });

      it("removes the secrets that a save says are gone, and no others", async () => {
        const put = { hash: "h", secret: "s" };
        const secrets = ["a", "b"].map((name) => ({ kind: "webhook_secret" as const, name, put }));
        await store.saveSite({ site: SITE, document: "1", ...none, secrets });
        const gone = [{ kind: "webhook_secret" as const, name: "a", put: null }];
        await store.saveSite({ site: SITE, document: "2", ...none, secrets: gone });
        expect((await store.secrets(SITE, "webhook_secret", NOW)).map(({ name }) => name)).toEqual(["b"]);
      });
    });

    describe("snapshots", () => {
      it("stores a snapshot once, and tells a repeat from another body under its name", async () => {
        const rows = [snapshot(), snapshot(), snapshot({ entities: '{"a":1}' }), snapshot({ seq: 1 })];
        const first = await store.write([write({ snapshots: rows })], [], NOW);
        expect(first.verdicts[0]?.snapshots).toEqual(["accepted", "duplicate", "conflict", "accepted"]);
        const again = [snapshot({ received_at: 9_000_000, sent_at: 8_000_000 }), snapshot({ session_id: "other" })];
        const second = await store.write([write({ snapshots: again })], [], NOW);
        expect(second.verdicts[0]?.snapshots).toEqual(["duplicate", "conflict"]);
        expect(second.due).toEqual([]);
        expect(await store.snapshots(SITE, CONTEXT)).toHaveLength(2);
      });

      it("keeps the same names of different sites, contexts and views apart", async () => {
        const rows = [
          snapshot(),
          snapshot({ site: "b" }),
          snapshot({ context_id: "other-id" }),
          snapshot({ view_id: "v2" }),
        ];
        const { verdicts } = await store.write([write({ snapshots: rows })], [], NOW);
        expect(verdicts[0]?.snapshots).toEqual(["accepted", "accepted", "accepted", "accepted"]);
      });

      it("answers each write of a batch with its own verdicts", async () => {
        const { verdicts } = await store.write(
          [write({ snapshots: [snapshot()] }), write(), write({ snapshots: [snapshot(), snapshot({ seq: 5 })] })],
          [],
          NOW,
        );
        expect(verdicts.map(({ snapshots }) => snapshots)).toEqual([["accepted"], [], ["duplicate", "accepted"]]);
      });

      it("takes more rows at once than one statement has parameters for", async () => {
        const rows = Array.from({ length: 4_000 }, (_, seq) => snapshot({ seq }));
        const { verdicts } = await store.write([write({ snapshots: rows })], [], NOW);
        expect(verdicts[0]?.snapshots.filter((verdict) => verdict === "accepted")).toHaveLength(4_000);
      });

      it.each([
        ["in order", [0, 1, 2, 3]],
        ["backwards", [3, 2, 1, 0]],
        ["shuffled", [2, 0, 3, 1]],
      ])("derives the same view whatever the order of arrival: %s", async (_name, order) => {
        const rows = [
          snapshot({ seq: 0, at: 500, session_id: "first", received_at: 1_000_700 }),
          snapshot({ seq: 1, at: 600, view: '{"number":1}', session_id: "later" }),
          snapshot({ seq: 2, at: 600, view: '{"number":2}', sent_at: 1_000_590 }),
          snapshot({ seq: 3, at: 900 }),
        ];
        for (const index of order) await store.write([write({ snapshots: rows.slice(index, index + 1) })], [], NOW);
        expect(await store.joinReader.views(SITE, CONTEXT)).toEqual([
          {
            site: SITE,
            context_id: CONTEXT,
            view_id: "view-1",
            session_id: "first",
            first_at: 500,
            first_seq: 0,
            view: '{"number":1}',
            view_at: 600,
            view_seq: 1,
            last_at: 900,
            min_delay: 10,
          },
        ]);
      });

      it("reads a session backwards by at, then seq, then view, in pages", async () => {
        const rows = [
          snapshot({ seq: 0, at: 10 }),
          snapshot({ seq: 1, at: 20 }),
          snapshot({ seq: 2, at: 20 }),
          snapshot({ seq: 2, at: 20, view_id: "view-2" }),
          // Of the session that its view began in.
          snapshot({ seq: 1, at: 5, view_id: "view-2", session_id: "session-2" }),
          snapshot({ seq: 0, at: 4, view_id: "view-2" }),
          snapshot({ seq: 0, at: 15, view_id: "view-3", session_id: "session-2" }),
          snapshot({ seq: 3, at: 30 }),
        ];
        await store.write([write({ snapshots: rows })], [], NOW);
        const query = { site: SITE, contextId: CONTEXT, sessionId: "session-1", until: 29, limit: 3 };
        const first = await store.joinReader.snapshotsBackwards({ ...query, before: null });
        const second = await store.joinReader.snapshotsBackwards({ ...query, before: first[2] ?? null });
        const names = [...first, ...second].map(({ view_id, seq }) => `${view_id}/${seq}`);
        expect(names).toEqual(["view-2/2", "view-1/2", "view-1/1", "view-1/0", "view-2/1", "view-2/0"]);
        expect(await store.joinReader.lastActivity(SITE, CONTEXT, "view-1", 25)).toBe(20);
        expect(await store.joinReader.lastActivity(SITE, CONTEXT, "view-1", 5)).toBeNull();
      });
    });

    describe("aliases", () => {
      const shows = (context_id: string, value: string) =>
        snapshot({ context_id, entities: JSON.stringify({ rtap: value }) });

      it("finds who has shown a value, of names that identify and of no others", async () => {
        await store.saveSite({ site: SITE, document: "{}", ...none, identifying: ["rtap"] });
        const rows = [
          shows("context-a", "gbr01"),
          shows("context-b", "gbr01"),
          snapshot({ entities: '{"crm":"gbr01"}' }),
        ];
        await store.write([write({ snapshots: rows })], [], NOW);
        const find = (name: string, limit: number) => store.joinReader.contextsShowing(SITE, [name], "gbr01", limit);
        expect((await find("rtap", 5)).sort()).toEqual(["context-a", "context-b"]);
        expect(await find("rtap", 1)).toHaveLength(1);
        expect(await find("crm", 5)).toEqual([]);
        expect(await store.joinReader.showings(SITE, "context-a", ["rtap"], "gbr01")).toMatchObject([
          { at: 1_000_000 },
        ]);
      });

      it("also finds what was stored before its name came to identify", async () => {
        await store.write([write({ snapshots: [shows("context-a", "gbr01")] })], [], NOW);
        await store.saveSite({ site: SITE, document: "{}", ...none, identifying: ["rtap"] });
        await store.saveSite({ site: SITE, document: "{}", ...none, identifying: ["rtap"] });
        expect(await store.joinReader.contextsShowing(SITE, ["rtap"], "gbr01", 5)).toEqual(["context-a"]);
      });

      it("compares numbers as their text", async () => {
        await store.saveSite({ site: SITE, document: "{}", ...none, identifying: ["rtap"] });
        await store.write([write({ snapshots: [snapshot({ entities: '{"rtap":12345}' })] })], [], NOW);
        expect(await store.joinReader.contextsShowing(SITE, ["rtap"], "12345", 5)).toEqual([CONTEXT]);
      });
    });

    describe("call events and what is due", () => {
      it("stores an event once", async () => {
        const { verdicts } = await store.write([write({ events: [event(), event(), event({ ts: 5 })] })], [], NOW);
        expect(verdicts[0]?.events).toEqual(["accepted", "duplicate", "accepted"]);
        expect(await store.callEvents(SITE, "call-1")).toHaveLength(2);
      });

      it("leaves due what a write has touched, by its context where others write at the same time, until it is struck off", async () => {
        const touched = (due: DueRow[]) => due.map(({ kind, subject }) => [kind, subject]);
        const call = ["call", "call-1"];
        const first = store.engine === "sqlite" ? [call] : [["context", CONTEXT], call];
        const { due } = await store.write(
          [write({ snapshots: [snapshot(), snapshot({ seq: 1 })], events: [event()] })],
          [],
          NOW,
        );
        expect(touched(due)).toEqual(first);
        expect(await store.due(NOW, 10)).toHaveLength(first.length);
        expect(await store.due(NOW - 1, 10)).toEqual([]);
        await store.write([write({ snapshots: [snapshot({ seq: 2 })] })], due, NOW);
        // The same was touched again meanwhile: that row has another stamp, and stays.
        expect(touched(await store.due(NOW, 10))).toEqual(first.slice(0, 1));
      });

      it("leaves nothing due that a call which commits later would not find by itself", async () => {
        const { due } = await store.write([write({ snapshots: [snapshot()] })], [], NOW);
        expect(due).toHaveLength(store.engine === "sqlite" ? 0 : 1);
      });

      it("finds the calls that a context touches: by its id and by what it has shown", async () => {
        await store.saveSite({ site: SITE, document: "{}", ...none, identifying: ["rtap"] });
        const events = [
          event(),
          event({ call_id: "call-2", own_id: "gbr01" }),
          event({ call_id: "call-3", own_id: "gbr02" }),
        ];
        await store.write([write({ snapshots: [snapshot({ entities: '{"rtap":"gbr01"}' })], events })], [], NOW);
        expect((await store.joinReader.callsTouchedBy(SITE, [CONTEXT])).sort()).toEqual(["call-1", "call-2"]);
        expect(await store.joinReader.callsTouchedBy("other", [CONTEXT])).toEqual([]);
      });

      it("writes a batch as a whole or not at all, and each key so where the database is sharded", async () => {
        const broken = event({ ts: null as unknown as number, call_id: "broken" });
        await expect(store.write([write({ snapshots: [snapshot()], events: [broken] })], [], NOW)).rejects.toThrow();
        const kept = store.sharded ? 1 : 0;
        expect(await store.snapshots(SITE, CONTEXT)).toHaveLength(kept);
        expect(await store.due(NOW, 10)).toHaveLength(kept);
        expect(await store.callEvents(SITE, "broken")).toEqual([]);
      });

      it("keeps one refusal of what is refused twice, and pages through them, the newest first", async () => {
        const row = { site: SITE, route: "calls", vendor: "v", reason: "invalid", detail: "d", body: "{}" };
        const rejected = ["a", "b", "c", "c"].map((id, index) => ({ ...row, id, received_at: index }));
        await store.write([write({ rejected })], [], NOW);
        const [first] = await store.rejected(SITE, {}, null, 1);
        expect(first?.id).toBe("c");
        expect((await store.rejected(SITE, {}, first ?? null, 5)).map(({ id }) => id)).toEqual(["b", "a"]);
        await store.deleteRejected(SITE, "b");
        expect(await store.rejected(SITE, { id: "b" }, null, 1)).toEqual([]);
      });
    });

    describeCalls(() => opened);
  });
}
