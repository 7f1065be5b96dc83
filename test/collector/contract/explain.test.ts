import { beforeAll, describe, expect, test } from "vitest";
import { callOf, DOCUMENT, later } from "./joined";
import { sharedCollector } from "./shared";
import { type Call, HOUR, MINUTE, newContext, openShop, SECOND, type Shop, THEN, view } from "./shop";

const collector = sharedCollector();
let site: Shop;
beforeAll(async () => {
  site = await openShop(collector.request, collector.adminToken, DOCUMENT);
});

interface Explanation {
  own_id: string | null;
  cut: number;
  missing: string | null;
  events: { ts: number; ts_unit: string }[];
  candidates: { view_id: string; chosen: boolean }[];
  clock_offset_ms: number | null;
  arrived_late: { view_id: string; seq: number }[];
}

async function explain(call: Call): Promise<Explanation> {
  const answer = await site.admin("GET", `/calls/${call.id}?explain=1`);
  return answer.json<{ explain: Explanation }>().explain;
}

describe("a call answers why it is what it is", () => {
  test("matched: its own id, the cut, its events, and the views that it might have been tied to", async () => {
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN - MINUTE), view("v2", THEN - SECOND), view("after", THEN + HOUR)]);
    const call = await callOf(site, "infinity", { id: contextId, ts: THEN / SECOND, url: "https://shop.example/v1" });
    const { candidates, ...explanation } = await explain(call);
    expect(explanation).toMatchObject({
      own_id: contextId,
      cut: THEN + 999,
      missing: null,
      events: [{ ts: THEN, ts_unit: "s" }],
      clock_offset_ms: 0,
      arrived_late: [],
    });
    expect(candidates.filter(({ chosen }) => chosen).map(({ view_id }) => view_id)).toEqual(["v1"]);
    expect(candidates.map(({ view_id }) => view_id).toSorted()).toEqual(["v1", "v2"]);
  });

  test("a view within 60 s after the call: the cut is its start", async () => {
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN + 30 * SECOND)]);
    expect((await explain(await callOf(site, "infinity", { id: contextId }))).cut).toBe(THEN + 30 * SECOND);
  });

  test("a wrong clock: by how much it was corrected", async () => {
    const contextId = newContext();
    const now = Date.now();
    await site.post(contextId, [view("v1", now - HOUR - MINUTE)], now - HOUR);
    const { clock_offset_ms } = await explain(await callOf(site, "infinity", { id: contextId, ts: now }));
    expect(Math.abs((clock_offset_ms ?? 0) - HOUR)).toBeLessThan(5 * SECOND);
  });

  test("what arrived late: the snapshots that came after the call", async () => {
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN - MINUTE)]);
    const call = await callOf(site, "infinity", { id: contextId });
    await site.post(contextId, [later("v1", 1, THEN - SECOND)]);
    expect((await explain(call)).arrived_late).toMatchObject([{ view_id: "v1", seq: 1 }]);
  });

  test("not matched: what is missing, in words that differ by reason", async () => {
    const known = newContext();
    await site.post(known, [view("v1", THEN + HOUR)]);
    const calls = [
      await callOf(site, "infinity", { id: newContext() }),
      await callOf(site, "infinity", { id: known }),
      await callOf(site, "infinity", { id: known, ts: THEN + 40 * 24 * HOUR }),
      await callOf(site, "infinity", { id: "guest" }),
      await callOf(site, "infinity", {}),
      await callOf(site, "responsetap", { id: "gbr0-nobody" }),
      await callOf(site, "responsetap", { id: "gbr0-nobody", source: "ppc-1" }),
    ];
    const missing = await Promise.all(calls.map(async (call) => (await explain(call)).missing ?? ""));
    expect(missing.every((words) => words.length > 10)).toBe(true);
    expect(new Set(missing).size).toBe(calls.length);
  });
});
