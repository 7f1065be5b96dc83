import { beforeAll, describe, expect, test } from "vitest";
import { sharedCollector } from "./shared";
import { BASE, DAY, event, MINUTE, newContext, openShop, type Shop, THEN, view } from "./shop";

const collector = sharedCollector();

const DOCUMENT = {
  ...BASE,
  entities: [
    { name: "basket", type: "expression", scope: "session", value: "basket" },
    { name: "rtap_visitor", type: "expression", scope: "session", value: "rtap", identifies: "responsetap" },
  ],
  goals: [{ name: "phone_order" }],
};
const shop = (more = {}) => openShop(collector.request, collector.adminToken, { ...DOCUMENT, ...more });
/** Noon of a day, UTC, some days ago. */
const NOON = Math.floor(THEN / DAY) * DAY - 5 * DAY + DAY / 2;

describe("match-rate", () => {
  let site: Shop;
  beforeAll(async () => {
    site = await shop();
    const [early, late] = [newContext(), newContext()];
    await site.post(early, [view("v1", NOON - MINUTE, { entities: { rtap_visitor: "gbr0-known" } })]);
    await site.report(
      "infinity",
      event({ id: early, ts: NOON, transaction: "a" }),
      event({ id: late, ts: NOON, transaction: "b" }),
    );
    await site.report(
      "infinity",
      event({ id: newContext(), ts: NOON + DAY, transaction: "c" }),
      event({ ts: NOON + DAY, transaction: "d" }),
    );
    await site.report(
      "responsetap",
      event({ id: "gbr0-known", ts: NOON, transaction: "e" }),
      event({ id: "gbr0-nobody", ts: NOON + DAY, transaction: "f" }),
    );
    await site.post(late, [view("v1", NOON - MINUTE)]);
  });
  const rows = async (query: string) =>
    (await site.admin("GET", `/match-rate?${query}`)).json<{ rows: { key: string }[] }>().rows;
  const byKey = async (query: string) => (await rows(query)).toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  const row = (key: string, counts: object, match_rate: number | null) => ({
    key,
    total: 0,
    matched: 0,
    via_context_id: 0,
    via_alias: 0,
    late: 0,
    offline: 0,
    unmatched: 0,
    unusable: 0,
    ...counts,
    match_rate,
  });

  test("of all calls: one row", async () => {
    const counts = {
      total: 6,
      matched: 3,
      via_context_id: 2,
      via_alias: 1,
      late: 1,
      offline: 1,
      unmatched: 1,
      unusable: 1,
    };
    expect(await rows("")).toMatchObject([row("all", counts, 3 / 5)]);
  });

  test("by vendor", async () => {
    expect(await byKey("by=vendor")).toMatchObject([
      row("infinity", { total: 4, matched: 2, via_context_id: 2, late: 1, unmatched: 1, unusable: 1 }, 2 / 3),
      row("responsetap", { total: 2, matched: 1, via_alias: 1, offline: 1 }, 1 / 2),
    ]);
  });

  test("by day, in UTC", async () => {
    expect(await byKey("by=day")).toMatchObject([
      row(day(NOON), { total: 3, matched: 3, via_context_id: 2, via_alias: 1, late: 1 }, 1),
      row(day(NOON + DAY), { total: 3, offline: 1, unmatched: 1, unusable: 1 }, 0),
    ]);
  });

  test("by day, and from a date on, in the site's own time zone", async () => {
    const away = await shop({ timezone: "Pacific/Kiritimati" });
    await away.report("infinity", event({ ts: Date.UTC(2026, 0, 1, 9, 59, 59), transaction: "before" }));
    await away.report("infinity", event({ ts: Date.UTC(2026, 0, 1, 10), transaction: "after" }));
    const read = async (query: string) =>
      (await away.admin("GET", `/match-rate?by=day${query}`)).json<{ rows: { key: string; total: number }[] }>().rows;
    expect((await read("")).map(({ key, total }) => [key, total])).toEqual([
      ["2026-01-01", 1],
      ["2026-01-02", 1],
    ]);
    expect((await read("&from=2026-01-02&to=2026-01-03")).map(({ key }) => key)).toEqual(["2026-01-02"]);
  });

  test("`from` is included, `to` is not", async () => {
    expect(await rows(`from=${NOON}&to=${NOON + DAY}`)).toMatchObject([{ total: 3, matched: 3 }]);
    expect(await rows(`from=${NOON + 1}&to=${NOON + DAY + 1}`)).toMatchObject([{ total: 3, matched: 0 }]);
  });

  test("over nothing is null", async () => {
    expect(await rows(`from=${NOON + 9 * DAY}`)).toMatchObject([row("all", {}, null)]);
    const unusable = await shop();
    await unusable.report("infinity", event({ ts: NOON, transaction: "x" }));
    expect((await unusable.admin("GET", "/match-rate")).json()).toMatchObject({
      rows: [row("all", { total: 1, unusable: 1 }, null)],
    });
  });

  test("by anything else is 400", async () => {
    expect((await site.admin("GET", "/match-rate?by=mood")).status).toBe(400);
  });
});

describe("rejected events", () => {
  test("are listed page by page, newest first or oldest first but each once, and only their own site's", async () => {
    const site = await shop();
    for (let n = 0; n < 5; n += 1) await site.report("infinity", event({ ts: "never", transaction: `r${n}` }));
    const seen: string[] = [];
    let path = "/rejected?limit=2";
    while (path !== "") {
      const page = (await site.admin("GET", path)).json<{
        rejected: { body: unknown }[];
        next_cursor: string | null;
      }>();
      seen.push(...page.rejected.map(({ body }) => /r\d/.exec(JSON.stringify(body))?.[0] ?? "?"));
      path = page.next_cursor === null ? "" : `/rejected?limit=2&cursor=${encodeURIComponent(page.next_cursor)}`;
    }
    expect(seen.toSorted()).toEqual(["r0", "r1", "r2", "r3", "r4"]);
    expect((await (await shop()).admin("GET", "/rejected")).json()).toMatchObject({ rejected: [], next_cursor: null });
  });

  test("rejected snapshots are kept, too", async () => {
    const site = await shop();
    const contextId = newContext();
    await site.post(contextId, [{ ...view("v1", NOON), seq: -7 }]);
    const { rejected } = (await site.admin("GET", "/rejected")).json<{
      rejected: { body: unknown; reason: string }[];
    }>();
    expect(rejected).toHaveLength(1);
    expect(JSON.stringify(rejected)).toContain("-7");
  });

  test("one that is replayed while its cause lasts stays rejected; of nobody is 404", async () => {
    const site = await shop();
    await site.report("infinity", event({ ts: "never", transaction: "still-bad" }));
    const list = async () => (await site.admin("GET", "/rejected")).json<{ rejected: { id: string }[] }>().rejected;
    const [first] = await list();
    const replayed = await site.admin("POST", `/rejected/${first?.id}/replay`);
    expect(replayed.status).toBeLessThan(500);
    expect(await list()).toHaveLength(1);
    expect((await site.admin("POST", "/rejected/nobody/replay")).status).toBe(404);
  });
});
