/** The part of the stores' suite that is about forgetting visitors and their calls. */
import { describe, expect, it } from "vitest";
import type { Store } from "../../../collector/store/store";
import { siteSchema } from "../../../collector/wire/site";
import { erase } from "./erasing";
import { CONTEXT, event, SITE, snapshot, snapshotsOf, viewsOf, write } from "./rows";

const NOW = 2_000_000;
const none = { identifying: [], secrets: [], at: NOW };

/** `opened` answers the store of the test that runs. */
export function describeForgetting(opened: () => { store: Store }): void {
  describe("forgetting", () => {
    it("leaves nothing of an erased visitor but a hash, and refuses what comes later", async () => {
      const document = JSON.stringify(siteSchema.parse({ name: "Shop" }));
      await opened().store.saveSite({ site: SITE, document, ...none, identifying: ["rtap"] });
      const rejected = [
        {
          site: SITE,
          id: "r",
          route: "snapshots",
          vendor: null,
          received_at: 1,
          call_id: null,
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

      expect(await erase(opened().store, CONTEXT, NOW)).toBe(true);
      expect(await opened().store.unfinished(NOW)).toEqual([]);
      expect(await snapshotsOf(opened().store, SITE, CONTEXT)).toEqual([]);
      expect(await viewsOf(opened().store, SITE, CONTEXT)).toEqual([]);
      expect(await opened().store.history.contextsShowing(SITE, ["rtap"], "gbr01", 5)).toEqual([]);
      expect(await opened().store.rejected(SITE, {}, null, 5)).toEqual([]);
      const kept = await opened().store.callEvents(SITE, "call-1");
      expect(kept).toHaveLength(2);
      expect(JSON.stringify(kept)).not.toContain(CONTEXT);
      expect(JSON.stringify(kept)).not.toContain("secret");
      expect(kept).toMatchObject([
        { own_id: null, body: null },
        { own_id: null, body: null },
      ]);
      expect(await opened().store.history.standing({ site: SITE, contextId: CONTEXT })).toBe("erased");
      expect(await opened().store.history.standing({ site: "other", contextId: CONTEXT })).not.toBe("erased");

      const late = [
        write({
          snapshots: [snapshot({ seq: 7 })],
          events: [event({ call_id: "call-9" }), event({ ts: 2_000_000 })],
        }),
      ];
      const [written] = await opened().store.write(late, [], NOW);
      expect(written).toMatchObject({ snapshots: ["erased"], events: ["accepted", "duplicate"] });
      expect(await opened().store.callEvents(SITE, "call-9")).toMatchObject([{ own_id: null, body: null }]);
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
      let step = await opened().store.expire(SITE, 500, null, 2);
      let steps = 1;
      for (; step.more; steps += 1) step = await opened().store.expire(SITE, 500, step.after, 2);
      expect(steps).toBeGreaterThan(2);
      const left = await snapshotsOf(opened().store, SITE, CONTEXT);
      expect(left.map(({ view_id, seq }) => `${view_id}/${seq}`).sort()).toEqual(["open/0", "open/1", "young/0"]);
      expect((await viewsOf(opened().store, SITE, CONTEXT)).map(({ view_id }) => view_id).sort()).toEqual([
        "open",
        "young",
      ]);
    });
  });
}
