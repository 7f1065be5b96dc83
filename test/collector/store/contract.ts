/** What every engine's store has to do: one suite, run on each of them. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SnapshotPlace } from "../../../collector/store/history";
import { nameBits, pageOf } from "../../../collector/store/page";
import type { Store } from "../../../collector/store/store";
import { describeCalls } from "./contract-calls";
import { describeEvents } from "./contract-events";
import { describeForgetting } from "./contract-forgetting";
import { describeTogether } from "./contract-together";
import { describeTokens } from "./contract-tokens";
import { CONTEXT, dueOf, SITE, snapshot, snapshotsOf, viewsOf, write } from "./rows";

const NOW = 2_000_000;
const VISITOR = { site: SITE, contextId: CONTEXT };
const described = (number: number) => JSON.stringify({ number, url: `https://shop.example/${number}` });
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

      it("says when each version was saved, and by whose token, the newest first", async () => {
        await store.saveSite({ site: SITE, document: "one", ...none, by: "ann" });
        await store.saveSite({ site: SITE, document: "two", ...none, at: NOW + 1 });
        expect(await store.versions(SITE)).toEqual([
          { site: SITE, version: 2, saved_at: NOW + 1, saved_by: null },
          { site: SITE, version: 1, saved_at: NOW, saved_by: "ann" },
        ]);
        expect(await store.versions("other")).toEqual([]);
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

    describe("tokens and marks", () => describeTokens(() => store));

    describe("snapshots", () => {
      it("stores a snapshot once, and tells a repeat from another body under its name", async () => {
        const rows = [snapshot(), snapshot(), snapshot({ entities: '{"a":1}' }), snapshot({ seq: 1 })];
        const first = await store.write([write({ snapshots: rows })], [], NOW);
        expect(first[0]?.snapshots).toEqual(["accepted", "duplicate", "conflict", "accepted"]);
        const again = [snapshot({ received_at: 9_000_000, sent_at: 8_000_000 }), snapshot({ session_id: "other" })];
        const second = await store.write([write({ snapshots: again })], [], NOW);
        expect(second[0]?.snapshots).toEqual(["duplicate", "conflict"]);
        expect(dueOf(second)).toEqual([]);
        expect(await snapshotsOf(store, SITE, CONTEXT)).toHaveLength(2);
      });

      it("keeps the same names of different sites, contexts and views apart", async () => {
        const rows = [
          snapshot(),
          snapshot({ site: "b" }),
          snapshot({ context_id: "other-id" }),
          snapshot({ view_id: "v2" }),
        ];
        const [written] = await store.write([write({ snapshots: rows })], [], NOW);
        expect(written?.snapshots).toEqual(["accepted", "accepted", "accepted", "accepted"]);
      });

      it("answers each write of a batch with its own verdicts", async () => {
        const written = await store.write(
          [write({ snapshots: [snapshot()] }), write(), write({ snapshots: [snapshot(), snapshot({ seq: 5 })] })],
          [],
          NOW,
        );
        expect(written.map(({ snapshots }) => snapshots)).toEqual([["accepted"], [], ["duplicate", "accepted"]]);
      });

      it("takes more rows at once than one statement has parameters for", async () => {
        const rows = Array.from({ length: 4_000 }, (_, seq) => snapshot({ seq }));
        const [written] = await store.write([write({ snapshots: rows })], [], NOW);
        expect(written?.snapshots.filter((verdict) => verdict === "accepted")).toHaveLength(4_000);
      });

      it.each([
        ["in order", [0, 1, 2, 3]],
        ["backwards", [3, 2, 1, 0]],
        ["shuffled", [2, 0, 3, 1]],
      ])("derives the same view whatever the order of arrival: %s", async (_name, order) => {
        const rows = [
          snapshot({ seq: 0, at: 500, session_id: "first", received_at: 1_000_700 }),
          snapshot({ seq: 1, at: 600, view: described(1), session_id: "later", entities: '{"basket":1}' }),
          snapshot({ seq: 2, at: 600, view: described(2), sent_at: 1_000_590 }),
          snapshot({ seq: 3, at: 900, entities: '{"crm":"a"}' }),
        ];
        for (const index of order) await store.write([write({ snapshots: rows.slice(index, index + 1) })], [], NOW);
        expect(await viewsOf(store, SITE, CONTEXT)).toEqual([
          {
            view_id: "view-1",
            session_id: "first",
            first_at: 500,
            last_at: 900,
            view: '{"number":1,"url":"https://shop.example/1"}',
            number: 1,
            page: pageOf("https://shop.example/1#part"),
            names: nameBits(["basket", "crm"]),
            clock_offset: 0,
            longest: 512,
          },
        ]);
        // The session that it was taken for at times has nothing of it left.
        expect(await store.sessions(VISITOR, null, 0, 9)).toMatchObject([{ session_id: "first", first_at: 500 }]);
      });

      it("reads what views said backwards by at, then seq, then view, in pages", async () => {
        const rows = [
          snapshot({ seq: 0, at: 10 }),
          snapshot({ seq: 1, at: 20 }),
          snapshot({ seq: 2, at: 20 }),
          snapshot({ seq: 2, at: 20, view_id: "view-2" }),
          snapshot({ seq: 0, at: 4, view_id: "view-2" }),
          snapshot({ seq: 0, at: 15, view_id: "view-3" }),
          snapshot({ seq: 3, at: 30 }),
        ];
        await store.write([write({ snapshots: rows })], [], NOW);
        const read = (before: SnapshotPlace | null) =>
          store.history.sayings(VISITOR, ["view-1", "view-2"], 29, before, 3);
        const first = await read(null);
        const names = [...first, ...(await read(first[2] ?? null))].map(({ view_id, seq }) => `${view_id}/${seq}`);
        expect(names).toEqual(["view-2/2", "view-1/2", "view-1/1", "view-1/0", "view-2/0"]);
        expect(await store.history.lastActivity(VISITOR, 5, 25)).toBe(20);
        expect(await store.history.lastActivity(VISITOR, 5, 9)).toBeNull();
      });

      it("finds the newest view of all sessions, each by its own clock, and the earliest where none is before", async () => {
        const view = (view_id: string, session_id: string, at: number, late = 0) =>
          snapshot({ view_id, session_id, at, sent_at: at, received_at: at + late });
        const rows = [
          view("a", "long", 1_000_000),
          view("b", "short", 1_500_000),
          view("c", "long", 2_000_000),
          // An hour behind.
          view("d", "behind", 1_800_000 - 3_600_000 + 3_600_000 * 2, -3_600_000),
        ];
        await store.write([write({ snapshots: rows })], [], NOW);
        const newest = async (cut: number) => (await store.history.newestView(VISITOR, cut))?.view_id ?? null;
        const cuts = [999_999, 1_000_000, 1_600_000, 1_800_000, 1_999_999, 2_000_000];
        expect(await Promise.all(cuts.map(newest))).toEqual([null, "a", "b", "d", "d", "c"]);
        expect(await store.history.earliestView(VISITOR)).toMatchObject({ view_id: "a" });
        expect(await store.history.entrance({ ...VISITOR, sessionId: "long" })).toMatchObject({ view_id: "a" });
        expect(await store.history.standing(VISITOR)).toBe("known");
        expect(await store.history.standing({ ...VISITOR, contextId: "other-id" })).toBe("unknown");
      });

      it("finds the views of a session that may have said a name, and the newest one on a page", async () => {
        const rows = Array.from({ length: 30 }, (_, n) =>
          snapshot({ view_id: `v${n}`, at: n, view: described(n % 3), entities: n === 4 ? '{"basket":1}' : "{}" }),
        );
        await store.write([write({ snapshots: rows })], [], NOW);
        const session = { ...VISITOR, sessionId: "session-1" };
        const saying = await store.history.viewsSaying(session, ["basket"], 20, null, 5);
        expect(saying.map(({ view_id }) => view_id)).toEqual(["v4"]);
        const page = pageOf("https://shop.example/1") ?? "";
        expect(await store.history.viewOnPage(session, page, 20)).toMatchObject({ view_id: "v19" });
        const below = await store.history.viewsOf(session, 100, { first_at: 20, number: 2, view_id: "v20" }, 2);
        expect(below.map(({ view_id }) => view_id)).toEqual(["v19", "v18"]);
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
        const find = (name: string, limit: number) => store.history.contextsShowing(SITE, [name], "gbr01", limit);
        expect((await find("rtap", 5)).sort()).toEqual(["context-a", "context-b"]);
        expect(await find("rtap", 1)).toHaveLength(1);
        expect(await find("crm", 5)).toEqual([]);
        const visitor = { site: SITE, contextId: "context-a" };
        const newest = (cut: number) => store.history.newestShowing(visitor, ["rtap"], "gbr01", cut);
        expect(await newest(1_000_000)).toMatchObject({ at: 1_000_000, seq: 0, view_id: "view-1" });
        expect(await newest(999_999)).toBeNull();
      });

      it("also finds what was stored before its name came to identify", async () => {
        await store.write([write({ snapshots: [shows("context-a", "gbr01")] })], [], NOW);
        await store.saveSite({ site: SITE, document: "{}", ...none, identifying: ["rtap"] });
        await store.saveSite({ site: SITE, document: "{}", ...none, identifying: ["rtap"] });
        expect(await store.history.contextsShowing(SITE, ["rtap"], "gbr01", 5)).toEqual(["context-a"]);
      });

      it("compares numbers as their text", async () => {
        await store.saveSite({ site: SITE, document: "{}", ...none, identifying: ["rtap"] });
        await store.write([write({ snapshots: [snapshot({ entities: '{"rtap":12345}' })] })], [], NOW);
        expect(await store.history.contextsShowing(SITE, ["rtap"], "12345", 5)).toEqual([CONTEXT]);
      });
    });

    describeEvents(() => opened);

    describeCalls(() => opened);

    describeForgetting(() => opened);

    describe("at one moment", () => describeTogether(() => opened));
  });
}
