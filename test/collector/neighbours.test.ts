/** What one visitor, one vendor's batch or one reader costs the others: hardly anything. The collector runs as its users run it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { allowed, bystanders } from "./contract/bystanders";
import { startCollector } from "./contract/process";
import { openShop, type Shop, view } from "./contract/shop";

const HEAVY = "6o2diu81w9o-0irxltk5b-u9t1cv4";
const LIGHT = "6o2diu81w9o-0irxltk5b-u9t1cv5";
const VIEWS = 16_000;
const T = Date.now() - 20 * 86_400_000;
const END = T + VIEWS * 60_000;
const DOCUMENT = {
  entities: [
    { name: "crm", type: "simple", scope: "session", value: "crm" },
    { name: "never", type: "simple", scope: "session", value: "never" },
    { name: "rtap", type: "simple", scope: "session", value: "rtap", identifies: "responsetap" },
  ],
  goals: [{ name: "order" }],
};

const call = (id: string, ts: number, context: string) => ({
  context: { id: context },
  meta: { type: "ecBasketTransactionSummary", ts },
  transaction: { id },
});

describe.each([
  ["one session", () => "s"],
  ["a session for each view", (n: number) => `s${n}`],
])("beside a visitor of 16,000 views in %s", (_name, sessionOf) => {
  let collector: Awaited<ReturnType<typeof startCollector>>;
  let shop: Shop;
  let other: Shop;
  beforeEach(async () => {
    collector = await startCollector({ CALLJOIN_RATE_LIMIT: "0" });
    shop = await openShop(collector.request, collector.adminToken, DOCUMENT);
    other = await openShop(collector.request, collector.adminToken, DOCUMENT);
    for (let n = 0; n < VIEWS; n += 200) {
      await shop.post(
        HEAVY,
        Array.from({ length: 200 }, (_, i) => seen(n + i)),
      );
    }
    await shop.post(LIGHT, [seen(0)]);
  });
  afterEach(() => collector.stop());

  const seen = (n: number, more = {}) =>
    view(`v${n}`, T + n * 60_000, {
      session_id: sessionOf(n),
      entities: { crm: `v-${n}`, rtap: "gbr0aaa" },
      ...more,
    });

  /** The median time of some, ms. */
  async function took(work: (n: number) => Promise<unknown>): Promise<number> {
    const times: number[] = [];
    for (let n = 0; n < 21; n += 1) {
      const began = performance.now();
      await work(n);
      times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b)[10] ?? 0;
  }

  it("a snapshot costs what one of a visitor of one view does, and a call is joined as fast", {
    retry: 2,
  }, async () => {
    await shop.report("infinity", call("heavy", END, HEAVY), call("light", T + 1, LIGHT));
    const light = await took((n) => shop.post(LIGHT, [seen(n + 1)]));
    expect(await took((n) => shop.post(HEAVY, [seen(VIEWS + n)]))).toBeLessThan(3 * light + 10);
    expect(await took((n) => shop.post(HEAVY, [seen(1_000 + n, { seq: 9 })]))).toBeLessThan(3 * light + 40);
    const lightCall = await took((n) => shop.report("infinity", call(`l${n}`, T + 1, LIGHT)));
    expect(await took((n) => shop.report("infinity", call(`h${n}`, END, HEAVY)))).toBeLessThan(3 * lightCall + 20);
  });

  it("nobody waits for a snapshot that touches 600 calls, for a batch of 3,000 events, or for who reads it all", {
    retry: 2,
  }, async () => {
    const bound = await allowed(collector, other);
    const calls = Array.from({ length: 600 }, (_, n) => call(`c${n}`, END + n * 1_000, HEAVY));
    const events = Array.from({ length: 3_000 }, (_, n) => call(`e${n}`, END + n, n % 2 ? LIGHT : `nobody-${n}`));
    const late = seen(VIEWS - 1, { seq: 9, at: END - 1, entities: { crm: "late" } });
    const work: [string, () => Promise<unknown>][] = [
      ["600 calls of one visitor", () => shop.report("infinity", ...calls)],
      ["a snapshot that touches them", () => shop.post(HEAVY, [late])],
      ["3,000 events", () => shop.report("infinity", ...events)],
      ["a reader", () => shop.admin("GET", `/contexts/${HEAVY}?limit=1000`)],
    ];
    const slow: unknown[] = [];
    for (const [what, start] of work) {
      const longest = await bystanders(collector, other, start());
      if (longest.snapshot > bound.snapshot || longest.livez > bound.livez) slow.push({ what, longest, bound });
    }
    expect(slow).toEqual([]);
    const joined = await shop.calls("limit=1");
    expect(joined[0]?.entities.crm).toBe("late");
  });

  it("a visitor is read page by page, the newest views first, with what is left out counted", async () => {
    await shop.report("infinity", ...Array.from({ length: 150 }, (_, n) => call(`c${n}`, END + n, HEAVY)));
    interface Page {
      sessions: { views: { view_id: string; started_at: number }[] }[];
      calls: unknown[];
      calls_omitted: number;
      next_cursor: string | null;
    }
    const page = async (query: string) => (await shop.admin("GET", `/contexts/${HEAVY}?${query}`)).json<Page>();
    const views = ({ sessions }: Page) => sessions.flatMap((session) => session.views.map(({ view_id }) => view_id));
    const first = await page("");
    expect(views(first)).toEqual(Array.from({ length: 100 }, (_, n) => `v${VIEWS - 100 + n}`));
    expect([first.calls.length, first.calls_omitted]).toEqual([100, 50]);
    const second = await page(`limit=3&cursor=${first.next_cursor}`);
    expect(views(second)).toEqual([103, 102, 101].map((n) => `v${VIEWS - n}`));
    const seenViews: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const next: Page = await page(`limit=1000&cursor=${cursor}`);
      seenViews.unshift(...views(next));
      cursor = next.next_cursor;
    }
    expect(seenViews).toEqual(Array.from({ length: VIEWS }, (_, n) => `v${n}`));
  });
});
