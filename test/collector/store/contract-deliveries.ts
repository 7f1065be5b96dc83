/** The part of the stores' suite that is about deliveries: each engine's, beside what `forward/` tests of their sending. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Settlement } from "../../../collector/store/deliveries";
import type { Store } from "../../../collector/store/store";
import type { DeliveryRow } from "../../../collector/store/tables";
import type { OpenedStore } from "./contract";
import { CONTEXT, delivery, event, filed, SITE, write } from "./rows";

const NOW = 2_000_000;
const CALL = "c".repeat(32);

export function describeDeliveries(engine: string, open: () => Promise<OpenedStore>): void {
  describe(`deliveries on ${engine}`, () => {
    let opened: OpenedStore;
    let store: Store;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.remove());

    const add = (...rows: Partial<DeliveryRow>[]) => store.joining((tx) => tx.addDeliveries(rows.map(delivery)));
    const settled = (claimed: DeliveryRow | undefined, changes: Partial<Settlement>): Settlement => ({
      claimed: claimed as DeliveryRow,
      state: "dead",
      next_attempt_at: null,
      failures: 1,
      attempt: { at: NOW + 1, ms: 5, status: 500, error: null, request: "{}", response: "no" },
      webhookOff: null,
      ...changes,
    });

    it("are claimed by webhook, the longest due first, and are then nobody else's", async () => {
      await add({ id: `${CALL}-2`, next_attempt_at: NOW - 1 }, {}, { id: `${CALL}-3`, next_attempt_at: NOW + 1 });
      await add({ id: `${CALL}-4`, webhook: "other" }, { id: `${CALL}-5`, webhook: "later", next_attempt_at: NOW + 1 });
      const due = (await store.dueWebhooks(NOW)).map(({ webhook }) => webhook).sort();
      expect(due).toEqual(["crm", "other"]);
      const claim = async (most: number) =>
        (await store.claimDeliveries(SITE, "crm", NOW, NOW + 9, most)).map(({ id, next_attempt_at }) => [
          id,
          next_attempt_at,
        ]);
      expect(await claim(1)).toEqual([[`${CALL}-2`, NOW + 9]]);
      await add({ id: `${CALL}-6`, next_attempt_at: NOW - 2 }, { id: `${CALL}-7`, next_attempt_at: NOW });
      expect(await claim(2)).toHaveLength(2);
      expect(await claim(2)).toHaveLength(1);
      expect(await claim(2)).toEqual([]);
    });

    it("are found by their calls, whatever became of them", async () => {
      const OTHER = "d".repeat(32);
      await add({}, { id: `${CALL}-2`, state: "dead", next_attempt_at: null }, { id: `${OTHER}-1`, call_id: OTHER });
      const ids = async (...calls: string[]) => (await store.deliveriesOfCalls(SITE, calls)).map(({ id }) => id).sort();
      expect(await ids(CALL)).toEqual([`${CALL}-1`, `${CALL}-2`]);
      expect(await ids(OTHER, "e".repeat(32))).toEqual([`${OTHER}-1`]);
      expect(await ids()).toEqual([]);
      expect(await store.joining((tx) => tx.deliveriesOf(SITE, OTHER))).toMatchObject([{ id: `${OTHER}-1` }]);
    });

    it("by file are remembered as they were told first, and are read in that order", async () => {
      const row = filed({ call_id: CALL, filed_at: NOW });
      await store.addFiled([row, { ...row, name: "lead", value: null, currency: null }]);
      await store.addFiled([
        { ...row, value: 9, filed_at: NOW + 1 },
        { ...row, call_id: "d".repeat(32), filed_at: NOW + 1 },
      ]);
      await store.addFiled([]);
      expect(await store.filedOf(SITE, [CALL])).toHaveLength(2);
      const first = await store.filedAfter(SITE, "ads", { filed_at: 0, call_id: "", name: "" }, 2);
      expect(first).toMatchObject([
        { name: "lead", value: null },
        { name: "sale", value: 5, filed_at: NOW },
      ]);
      const last = first.at(-1) as (typeof first)[number];
      expect(await store.filedAfter(SITE, "ads", last, 2)).toMatchObject([{ call_id: "d".repeat(32) }]);
      expect(await store.filedAfter(SITE, "other", { filed_at: 0, call_id: "", name: "" }, 2)).toEqual([]);
      await store.markAdjusted(first.slice(0, 1));
      expect(await store.filedOf(SITE, [CALL])).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ name: "lead", adjusted: 1 }),
          expect.objectContaining({ name: "sale", adjusted: 0 }),
        ]),
      );
    });

    it("by file keep a click id until its visitor is erased, and none that comes after", async () => {
      const erased = "e".repeat(32);
      const row = filed({ call_id: erased, click_id: "click" });
      const clicks = async () => (await store.filedOf(SITE, [erased])).map(({ click_id }) => click_id);
      await store.write([write({ events: [event({ call_id: erased, own_id: CONTEXT })] })], [], NOW);
      await store.addFiled([row]);
      expect(await clicks()).toEqual(["click"]);
      await store.beginErasing(SITE, CONTEXT, NOW);
      const { calls } = await store.findCalls(SITE, CONTEXT, CONTEXT, "", NOW);
      expect(calls).toEqual([erased]);
      // In steps of some milliseconds.
      for (let left = calls; left.length > 0; ) ({ left } = await store.redactCalls(SITE, left, NOW));
      expect(await clicks()).toEqual([null]);
      await store.addFiled([{ ...row, webhook: "other" }]);
      expect(await clicks()).toEqual([null, null]);
    });

    it("are listed by state and webhook, the newest first, with their attempts, and can be made due again", async () => {
      await add({}, { id: `${CALL}-2`, made_at: NOW + 1 }, { id: `${CALL}-3`, made_at: NOW + 2, webhook: "other" });
      const [claimed] = await store.claimDeliveries(SITE, "crm", NOW, NOW + 9, 1);
      await store.settleDeliveries([settled(claimed, {})]);
      const ids = async (...query: Parameters<Store["deliveries"]> extends [string, ...infer Rest] ? Rest : never) =>
        (await store.deliveries(SITE, ...query)).map(({ id }) => id.slice(-1));
      expect(await ids({}, null, 5)).toEqual(["3", "2", "1"]);
      expect(await ids({}, { made_at: NOW + 2, id: `${CALL}-3` }, 1)).toEqual(["2"]);
      expect(await ids({ state: "dead" }, null, 5)).toEqual([(claimed as DeliveryRow).id.slice(-1)]);
      expect(await ids({ webhook: "other" }, null, 5)).toEqual(["3"]);
      expect(await ids({ state: "pending", webhook: "crm" }, null, 5)).toHaveLength(1);
      expect(await store.attempts(SITE, CALL, (claimed as DeliveryRow).id)).toMatchObject([{ number: 0, status: 500 }]);
      expect(await store.replayDeliveries(SITE, { since: NOW, webhook: "other" }, NOW)).toBe(0);
      expect(await store.replayDeliveries(SITE, { since: NOW }, NOW)).toBe(1);
      expect(await store.replayDeliveries(SITE, { id: `${CALL}-3` }, NOW)).toBe(1);
    });

    it("are settled together, all but those that are gone", async () => {
      const OTHER = "d".repeat(32);
      await add({ id: `${OTHER}-1`, call_id: OTHER }, {}, { id: `${CALL}-2` });
      const claimed = await store.claimDeliveries(SITE, "crm", NOW, NOW + 9, 5);
      expect(claimed).toHaveLength(3);
      await store.beginErasing(SITE, CONTEXT, NOW);
      for (let left = [OTHER]; left.length > 0; ) ({ left } = await store.redactCalls(SITE, left, NOW));
      await store.settleDeliveries(
        claimed.map((one) => settled(one, one.id === `${CALL}-2` ? {} : { state: "delivered" })),
      );
      const states = (await store.deliveries(SITE, {}, null, 5)).map(({ id, state }) => [id, state]);
      expect(states.sort()).toEqual([
        [`${CALL}-1`, "delivered"],
        [`${CALL}-2`, "dead"],
      ]);
      for (const id of [`${CALL}-1`, `${CALL}-2`]) expect(await store.attempts(SITE, CALL, id)).toHaveLength(1);
      expect(await store.attempts(SITE, OTHER, `${OTHER}-1`)).toEqual([]);
    });

    it("are made due again where they were given up before a time, those of one webhook, in steps", async () => {
      await add(...["1", "2", "3"].map((n) => ({ id: `${CALL}-${n}`, webhook: n === "3" ? "other" : "crm" })));
      for (const webhook of ["crm", "other", "crm"]) {
        const [claimed] = await store.claimDeliveries(SITE, webhook, NOW, NOW + 9, 1);
        const dead = { state: "dead" as const, next_attempt_at: null };
        await store.settleDeliveries([settled(claimed, dead)]);
      }
      const [one] = await store.deliveries(SITE, { state: "dead", webhook: "crm" }, null, 5);
      const ended = one?.ended_at ?? 0;
      expect(await store.replayDead(SITE, "crm", ended, NOW, 10)).toEqual({ replayed: 0, remaining: 0 });
      expect(await store.replayDead(SITE, "crm", ended + 1, NOW, 10)).toEqual({ replayed: 2, remaining: 0 });
      expect(await store.deliveries(SITE, { state: "dead" }, null, 5)).toMatchObject([{ webhook: "other" }]);
      expect(await store.deliveries(SITE, { call_id: CALL }, null, 5)).toHaveLength(3);
      expect(await store.deliveries(SITE, { call_id: "none" }, null, 5)).toEqual([]);
    });

    it("wait on where the 410 came too late to count: its lease had run out, or the webhook points elsewhere since", async () => {
      const document = JSON.stringify({ webhooks: [{ name: "crm", url: "https://crm.example/new" }] });
      await store.saveSite({ site: SITE, document, identifying: [], secrets: [], at: NOW });
      await add({}, { id: `${CALL}-2` }, { id: `${CALL}-3` });
      const [late] = await store.claimDeliveries(SITE, "crm", NOW, NOW + 9, 1);
      const [again] = await store.claimDeliveries(SITE, "crm", NOW + 9, NOW + 19, 1);
      await store.replayDeliveries(SITE, { id: (late as DeliveryRow).id }, NOW + 10);
      const here = { why: "410", url: "https://crm.example/new" };
      await store.settleDeliveries([settled(late, { webhookOff: here })]);
      const elsewhere = { why: "410", url: "https://crm.example/old" };
      await store.settleDeliveries([settled(again, { webhookOff: elsewhere })]);
      expect(await store.site(SITE)).toMatchObject({ version: 1 });
      expect(await store.deliveries(SITE, { state: "pending" }, null, 5)).toHaveLength(2);
    });

    it("wait for nothing any more once their webhook is off", async () => {
      const url = "https://crm.example/";
      const document = JSON.stringify({ webhooks: [{ name: "crm", url }] });
      await store.saveSite({ site: SITE, document, identifying: [], secrets: [], at: NOW });
      await add({}, { id: `${CALL}-2` }, { id: `${CALL}-3`, webhook: "other" });
      const [claimed] = await store.claimDeliveries(SITE, "crm", NOW, NOW + 9, 1);
      await store.settleDeliveries([settled(claimed, { webhookOff: { why: "410", url } })]);
      expect((await store.deliveries(SITE, { state: "pending" }, null, 5)).map(({ webhook }) => webhook)).toEqual([
        "other",
      ]);
      expect(await store.site(SITE)).toMatchObject({ version: 2 });
    });
  });
}
