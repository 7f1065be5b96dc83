import { beforeAll, describe, expect, test } from "vitest";
import { sharedCollector } from "./shared";
import { DAY, event, HOUR, MINUTE, newContext, openShop, SECOND, type Shop, THEN, view } from "./shop";

const collector = sharedCollector();
let site: Shop;
beforeAll(async () => {
  site = await openShop(collector.request, collector.adminToken, {
    entities: [
      { name: "basket", type: "expression", scope: "session", value: "basket" },
      { name: "rtap_visitor", type: "expression", scope: "session", value: "rtap", identifies: "responsetap" },
    ],
  });
});

let orders = 0;
const newOrder = () => `late-${++orders}`;
const report = async (id: string, vendor = "infinity", ts = THEN) => {
  const transaction = newOrder();
  await site.report(vendor, event({ id, ts, transaction }));
  return site.call(transaction);
};

describe("what arrives late", () => {
  test("a call before its snapshots is joined when they come, and says so", async () => {
    const contextId = newContext();
    const before = await report(contextId);
    expect(before.join).toMatchObject({ status: "unmatched", reason: "unknown_context", late: false });
    await site.post(contextId, [view("v1", THEN - MINUTE, { entities: { basket: 7 } })]);
    const after = await site.call(before.transaction.id);
    expect(after).toMatchObject({
      id: before.id,
      version: 2,
      join: { status: "matched", late: true, view_id: "v1" },
      entities: { basket: 7 },
    });
  });

  test("a call that was matched when it came is not late", async () => {
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN - MINUTE)]);
    const { transaction } = await report(contextId);
    await site.post(contextId, [view("v2", THEN - SECOND)]);
    expect(await site.call(transaction.id)).toMatchObject({ version: 2, join: { view_id: "v2", late: false } });
  });

  test("a snapshot that changes nothing of a call makes no new version", async () => {
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN - MINUTE)]);
    const call = await report(contextId);
    await site.post(contextId, [view("v2", THEN + HOUR, { entities: { basket: 9 } })]);
    await site.post(newContext(), [view("v1", THEN - SECOND)]);
    expect(await site.call(call.transaction.id)).toEqual(call);
  });

  test("a view's first snapshot may be the last to come", async () => {
    const contextId = newContext();
    await site.post(contextId, [
      { view_id: "v1", session_id: "session-1", seq: 1, at: THEN - SECOND, entities: { basket: 2 } },
    ]);
    const call = await report(contextId);
    expect(call.context).toMatchObject({ url: null, view_ts: THEN - SECOND });
    await site.post(contextId, [view("v1", THEN - MINUTE, { entities: { basket: 1 } })]);
    expect(await site.call(call.transaction.id)).toMatchObject({
      context: { url: "https://shop.example/v1", view_ts: THEN - MINUTE },
      entities: { basket: 2 },
    });
  });

  test("an alias that is learnt later joins the call that carried it", async () => {
    const call = await report("gbr0-learnt-later", "responsetap");
    expect(call.join).toMatchObject({ status: "offline", reason: "offline_vendor_id" });
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN - MINUTE, { entities: { rtap_visitor: "gbr0-learnt-later" } })]);
    expect((await site.call(call.transaction.id)).join).toMatchObject({
      status: "matched",
      rule: "alias",
      context_id: contextId,
    });
  });

  test("a newer carrier of an alias takes the call over, and the taker's later snapshots still reach it", async () => {
    const [older, newer] = [newContext(), newContext()];
    await site.post(older, [view("v1", THEN - HOUR, { entities: { rtap_visitor: "gbr0-taken-over" } })]);
    const call = await report("gbr0-taken-over", "responsetap");
    await site.post(newer, [view("v1", THEN - MINUTE, { entities: { rtap_visitor: "gbr0-taken-over" } })]);
    await site.post(newer, [
      { view_id: "v1", session_id: "session-1", seq: 1, at: THEN - SECOND, entities: { basket: "theirs" } },
    ]);
    expect(await site.call(call.transaction.id)).toMatchObject({
      join: { context_id: newer },
      entities: { basket: "theirs" },
    });
  });

  test("an event that brings the id joins the call; one that brings a junk id does not part it", async () => {
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN - MINUTE)]);
    const transaction = newOrder();
    await site.report("infinity", event({ ts: THEN, transaction }));
    expect((await site.call(transaction)).join.reason).toBe("no_id");
    await site.report("infinity", event({ ts: THEN + SECOND, id: contextId, transaction }));
    expect((await site.call(transaction)).join).toMatchObject({ status: "matched", view_id: "v1" });
    await site.report("infinity", event({ ts: THEN + MINUTE, id: "undefined", transaction }));
    expect((await site.call(transaction)).join).toMatchObject({ status: "matched", view_id: "v1" });
  });

  test("an earlier start event moves T, and the call to the view of that time", async () => {
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN - HOUR), view("v2", THEN - MINUTE)]);
    const transaction = newOrder();
    await site.report("infinity", event({ ts: THEN, id: contextId, transaction }));
    expect((await site.call(transaction)).join.view_id).toBe("v2");
    await site.report("infinity", event({ ts: THEN - 30 * MINUTE, id: contextId, transaction }));
    expect((await site.call(transaction)).join.view_id).toBe("v1");
  });

  test("a call and its snapshot posted at one moment meet, every time", async () => {
    const contexts = Array.from({ length: 40 }, newContext);
    await site.token("infinity");
    const calls = await Promise.all(
      contexts.map(async (contextId) => {
        const transaction = newOrder();
        const parts = [
          () => site.report("infinity", event({ id: contextId, ts: THEN, transaction })),
          () => site.post(contextId, [view("v1", THEN - MINUTE)]),
        ];
        await Promise.all(parts.map((part) => part()));
        return transaction;
      }),
    );
    const joined = await Promise.all(calls.map(async (transaction) => (await site.call(transaction)).join.status));
    expect(joined).toEqual(calls.map(() => "matched"));
  });
});

describe("clocks", () => {
  /** A visit by a clock that is `ahead` ms ahead: two pages, the second one opened a minute ago. */
  const visit = async (ahead: number, delay = 0) => {
    const contextId = newContext();
    const now = Date.now();
    const clock = now + ahead;
    await site.post(
      contextId,
      [
        view("before", clock - 10 * MINUTE, { view: { session_at: clock - 10 * MINUTE } }),
        view("during", clock - MINUTE, { view: { number: 2, session_at: clock - 10 * MINUTE } }),
        view("after", clock - 5 * SECOND, { view: { number: 3, session_at: clock - 10 * MINUTE } }),
      ],
      clock - delay,
    );
    return { contextId, now };
  };

  test.each([
    ["right", 0],
    ["9 s ahead, which is taken for delay", 9 * SECOND],
    ["an hour ahead", HOUR],
    ["an hour behind", -HOUR],
    ["a day ahead", DAY],
    ["a day behind", -DAY],
    ["a year ahead", 365 * DAY],
    ["40 years behind", -40 * 365 * DAY],
  ])("a visitor's clock that is %s moves no view relative to a call", async (_name, ahead) => {
    const { contextId, now } = await visit(ahead);
    const call = await report(contextId, "infinity", now - 30 * SECOND);
    expect(call.join).toMatchObject({ status: "matched", view_id: "during" });
    const uncorrected = Math.abs(ahead) <= 10 * SECOND ? ahead : 0;
    expect(Math.abs((call.context?.view_ts ?? 0) - (now - MINUTE + uncorrected))).toBeLessThan(5 * SECOND);
    expect((call.context?.view_ts ?? 0) - (call.context?.session_ts ?? 0)).toBe(9 * MINUTE);
  });

  test("one quick request is enough: batches that a network held for minutes reorder nothing", async () => {
    const contextId = newContext();
    const clock = Date.now() - HOUR;
    await site.post(contextId, [view("before", clock - 10 * MINUTE)], clock - 9 * MINUTE);
    await site.post(contextId, [view("during", clock - MINUTE, { view: { number: 2 } })], clock - 50 * SECOND);
    const call = await report(contextId, "infinity", Date.now() - 30 * SECOND);
    await site.post(contextId, [view("after", clock - 5 * SECOND, { view: { number: 3 } })], clock);
    const { join, context } = await site.call(call.transaction.id);
    expect(join.view_id).toBe("during");
    expect(Math.abs((context?.view_ts ?? 0) - (Date.now() - MINUTE))).toBeLessThan(5 * SECOND);
  });

  test("each session has its own offset: a clock that was mended between visits", async () => {
    const contextId = newContext();
    const now = Date.now();
    await site.post(contextId, [view("wrong", now + HOUR - 20 * MINUTE, { session_id: "s1" })], now + HOUR);
    await site.post(contextId, [view("mended", now - MINUTE, { session_id: "s2" })], now);
    expect((await report(contextId, "infinity", now - 10 * MINUTE)).join.view_id).toBe("wrong");
    expect((await report(contextId, "infinity", now - 30 * SECOND)).join.view_id).toBe("mended");
  });

  test("a duplicate adds nothing to the clock", async () => {
    const contextId = newContext();
    const now = Date.now();
    const snapshot = view("v1", now - MINUTE);
    await site.post(contextId, [snapshot], now);
    await site.post(contextId, [snapshot], now + DAY);
    const call = await report(contextId, "infinity", now);
    expect(call.context?.view_ts).toBe(now - MINUTE);
  });
});
