import { beforeAll, describe, expect, test } from "vitest";
import { sharedCollector } from "./shared";
import { BASE, type Call, DAY, event, MINUTE, newContext, openShop, SECOND, type Shop, THEN, view } from "./shop";

const collector = sharedCollector();

const DOCUMENT = {
  ...BASE,
  entities: [
    { name: "basket", type: "expression", scope: "session", value: "basket" },
    { name: "rtap_visitor", type: "expression", scope: "session", value: "rtap", identifies: "responsetap" },
  ],
  goals: [{ name: "phone_order" }],
};
const shop = () => openShop(collector.request, collector.adminToken, DOCUMENT);
/** Noon of a day, UTC, some days ago. */
const NOON = Math.floor(THEN / DAY) * DAY - 5 * DAY + DAY / 2;

describe("the list of calls", () => {
  let site: Shop;
  let contextId: string;
  beforeAll(async () => {
    site = await shop();
    contextId = newContext();
    await site.post(contextId, [view("v1", NOON - MINUTE)]);
    const told = (n: number, id: string) => event({ id, ts: NOON + n * SECOND, transaction: `t${n}` });
    await site.report("infinity", told(3, contextId), told(1, contextId), told(5, newContext()));
    await site.report("responsetap", told(2, "gbr0-nobody"), told(4, "guest"));
  });
  const ids = async (query: string) => (await site.calls(query)).map((call) => call.transaction.id);

  test("comes newest T first", async () => {
    expect(await ids("")).toEqual(["t5", "t4", "t3", "t2", "t1"]);
  });

  test.each([
    ["status=matched", ["t3", "t1"]],
    ["status=unmatched", ["t5"]],
    ["status=offline", ["t2"]],
    ["status=unusable", ["t4"]],
    ["vendor=responsetap", ["t4", "t2"]],
    ["vendor=nobody", []],
    [`from=${NOON + 2000}`, ["t5", "t4", "t3", "t2"]],
    [`to=${NOON + 4000}`, ["t3", "t2", "t1"]],
    [`from=${NOON + 2000}&to=${NOON + 4000}`, ["t3", "t2"]],
    ["transaction_id=t2", ["t2"]],
    ["limit=100000", ["t5", "t4", "t3", "t2", "t1"]],
    ["status=matched&limit=1", ["t3"]],
  ])("%s", async (query, expected) => {
    expect(await ids(query)).toEqual(expected);
  });

  test("context_id=…", async () => {
    expect(await ids(`context_id=${contextId}`)).toEqual(["t3", "t1"]);
  });

  test("page by page says the same as all at once, with null after the last", async () => {
    const pages: string[][] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = cursor === "" ? "limit=2" : `limit=2&cursor=${encodeURIComponent(cursor)}`;
      const page = (await site.admin("GET", `/calls?${query}`)).json<{ calls: Call[]; next_cursor: string | null }>();
      pages.push(page.calls.map((call) => call.transaction.id));
      cursor = page.next_cursor;
    }
    expect(pages.flat()).toEqual(["t5", "t4", "t3", "t2", "t1"]);
    expect(pages.slice(0, 2).map((page) => page.length)).toEqual([2, 2]);
  });

  test("calls of one T are on one page or the next, never on none", async () => {
    const even = await shop();
    await even.report(
      "infinity",
      ...Array.from({ length: 7 }, (_, n) => event({ ts: NOON, transaction: `same-${n}` })),
    );
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = `limit=3${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`;
      const page = (await even.admin("GET", `/calls?${query}`)).json<{ calls: Call[]; next_cursor: string | null }>();
      seen.push(...page.calls.map((call) => call.transaction.id));
      cursor = page.next_cursor;
    }
    expect(seen.toSorted()).toEqual(Array.from({ length: 7 }, (_, n) => `same-${n}`));
  });

  test.each([
    "status=lost",
    "limit=0",
    "limit=-1",
    "limit=many",
    "from=yesterday-ish",
    "to=2026-02-30",
    "cursor=no-cursor",
  ])("%s is a question that has no answer: 400", async (query) => {
    const answer = await site.admin("GET", `/calls?${query}`);
    expect([query, answer.status]).toEqual([query, 400]);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
  });

  test("one call by its id; 404 for an id of nobody, or of another site", async () => {
    const [first] = await site.calls("transaction_id=t1");
    expect((await site.admin("GET", `/calls/${first?.id}`)).json()).toEqual(first);
    expect((await site.admin("GET", "/calls/nobody")).status).toBe(404);
    expect((await (await shop()).admin("GET", `/calls/${first?.id}`)).status).toBe(404);
  });

  test("explain=1 adds the reasons and takes nothing away", async () => {
    for (const call of await site.calls()) {
      const explained = (await site.admin("GET", `/calls/${call.id}?explain=1`)).json<object>();
      expect(explained).toMatchObject(call);
      expect(Object.keys(explained).length).toBeGreaterThan(Object.keys(call).length);
    }
  });

  test("is for the administrator alone", async () => {
    const [call] = await site.calls();
    for (const path of [
      "/calls",
      `/calls/${call?.id}`,
      `/contexts/${contextId}`,
      "/tables/ecBasketTransactionSummary",
      "/match-rate",
      "/rejected",
    ])
      expect((await collector.request("GET", `/v1/sites/${site.id}${path}`)).status).toBe(401);
  });

  test("of an unknown site is 404", async () => {
    for (const path of [
      "calls",
      "match-rate",
      "rejected",
      "tables/ecBasketTransactionSummary",
      `contexts/${contextId}`,
    ])
      expect(
        (await collector.request("GET", `/v1/sites/nobodys/${path}`, { token: collector.adminToken })).status,
      ).toBe(404);
  });
});

describe("a context", () => {
  test("shows sessions, views and snapshots in the order of time, and the visitor's calls", async () => {
    const site = await shop();
    const contextId = newContext();
    await site.post(contextId, [
      view("v3", NOON, { session_id: "s2", entities: { basket: 3 }, view: { number: 3, session_number: 2 } }),
      { view_id: "v1", session_id: "s1", seq: 1, at: NOON - 3 * MINUTE, entities: { basket: 2 } },
      view("v2", NOON - 2 * MINUTE, { session_id: "s1", view: { number: 2 } }),
      view("v1", NOON - 4 * MINUTE, {
        session_id: "s1",
        entities: { basket: 1 },
        view: { referrer: "https://find.example/" },
      }),
    ]);
    await site.report("infinity", event({ id: contextId, ts: NOON + 1, transaction: "t1" }));
    const answer = (await site.admin("GET", `/contexts/${contextId}`)).json();
    const shown = (number: number, at: number, rest: object = {}) => ({
      number,
      url: `https://shop.example/v${number}`,
      referrer: "",
      title: "Shoes",
      view_id: `v${number}`,
      started_at: at,
      last_seen_at: at,
      ...rest,
    });
    expect(answer).toMatchObject({
      context_id: contextId,
      sessions: [
        {
          session_id: "s1",
          number: 1,
          started_at: NOON - 4 * MINUTE,
          views: [
            shown(1, NOON - 4 * MINUTE, {
              referrer: "https://find.example/",
              last_seen_at: NOON - 3 * MINUTE,
              snapshots: [
                { seq: 0, at: NOON - 4 * MINUTE, entities: { basket: 1 } },
                { seq: 1, at: NOON - 3 * MINUTE, entities: { basket: 2 } },
              ],
            }),
            shown(2, NOON - 2 * MINUTE),
          ],
        },
        { session_id: "s2", number: 2, started_at: NOON, views: [shown(3, NOON)] },
      ],
      calls: [await site.call("t1")],
    });
  });

  test("of nobody is 404", async () => {
    expect((await (await shop()).admin("GET", `/contexts/${newContext()}`)).status).toBe(404);
  });
});
