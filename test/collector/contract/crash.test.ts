import { afterAll, beforeAll, expect, test } from "vitest";
import type { AcceptedSnapshot } from "../../oracle";
import { compareWithOracle } from "../property/compare";
import { type Collector, startCollector } from "./process";
import { BASE, event, MINUTE, newContext, openShop, SECOND, type Shop, THEN, view } from "./shop";

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.stop());

const DOCUMENT = {
  ...BASE,
  entities: [
    { name: "basket", type: "expression", scope: "session" as const, value: "basket" },
    {
      name: "visitor",
      type: "expression",
      scope: "session" as const,
      value: "rtap",
      identifies: "responsetap",
    },
  ],
  goals: [{ name: "order" }],
};

const CRASHES = 3;
const VISITORS = 40;
const AT_ONCE = 8;

/** One request, which may be made again; says how much the collector took as new. */
type Post = () => Promise<number>;

/** Visitors of two views, each with a call by context_id and one by alias. */
function traffic(shop: Shop) {
  const visitors = Array.from({ length: VISITORS }, (_, n) => {
    const context_id = newContext();
    const alias = `gbr0-crash-${n}`;
    const snapshots = [
      view("v1", THEN - MINUTE - n, { entities: { basket: n, visitor: alias } }),
      view("v2", THEN - SECOND - n, { view: { number: 2 }, entities: { basket: n + 1 } }),
    ];
    const events = [
      { vendor: "infinity", event: event({ id: context_id, ts: THEN, transaction: `crash-${n}` }) },
      { vendor: "infinity", event: event({ ts: THEN + MINUTE, source: "end", transaction: `crash-${n}` }) },
      { vendor: "responsetap", event: event({ id: alias, ts: THEN, transaction: `crash-${n}` }) },
    ];
    return { context_id, snapshots, events };
  });
  const posts: Post[] = visitors.flatMap(({ context_id, snapshots, events }) => [
    ...snapshots.map((snapshot) => async () => (await shop.post(context_id, [snapshot])).accepted),
    ...events.map(
      ({ vendor, event: told }) =>
        async () =>
          (await shop.report(vendor, told)).accepted,
    ),
  ]);
  const accepted = visitors.flatMap(({ context_id, snapshots }) =>
    snapshots.map((snapshot) => ({ ...snapshot, context_id, sent_at: THEN, received_at: THEN }) as AcceptedSnapshot),
  );
  return { posts, snapshots: accepted, events: visitors.flatMap(({ events }) => events) };
}

/** Posts all until `crashAfter` were answered, then kills the collector with the rest under way; gives what was answered and what was not. */
async function postUntilCrash(posts: Post[], crashAfter: number): Promise<{ answered: Post[]; open: Post[] }> {
  const answered: Post[] = [];
  const open: Post[] = [];
  const queue = [...posts];
  let crashed: Promise<void> | null = null;
  const work = async () => {
    for (let post = queue.shift(); post !== undefined; post = queue.shift()) {
      try {
        if (crashed !== null) throw new Error("the collector is gone");
        await post();
        answered.push(post);
      } catch {
        open.push(post);
      }
      if (answered.length >= crashAfter && crashed === null) crashed = collector.crash();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await crashed;
  return { answered, open };
}

test("what was answered for is there after a crash, and what comes then meets it", async () => {
  const shop = await openShop(collector.request, collector.adminToken, DOCUMENT);
  const [early, late] = [newContext(), newContext()];
  await shop.post(early, [view("v1", THEN - MINUTE, { entities: { basket: 7 } })]);
  await shop.report("infinity", event({ id: early, ts: THEN, transaction: "early" }));
  await shop.report("infinity", event({ id: late, ts: THEN, transaction: "late" }));
  await collector.crash();
  expect(await shop.call("early")).toMatchObject({ join: { view_id: "v1", late: false }, entities: { basket: 7 } });
  await shop.post(late, [view("v1", THEN - MINUTE)]);
  await collector.crash();
  expect(await shop.call("late")).toMatchObject({ join: { status: "matched", late: true } });
});

test("killed in the middle of its work, again and again, the collector keeps all that it answered for, and joins it right", {
  tags: ["long"],
}, async () => {
  const shop = await openShop(collector.request, collector.adminToken, DOCUMENT);
  for (const vendor of ["infinity", "responsetap"]) await shop.token(vendor);
  const { posts, snapshots, events } = traffic(shop);
  const answered: Post[] = [];
  let open = posts.toSorted((a, b) => ((posts.indexOf(a) * 7) % 13) - ((posts.indexOf(b) * 7) % 13));
  for (let crash = 0; crash < CRASHES; crash += 1) {
    const end = await postUntilCrash(open, Math.floor(posts.length / (CRASHES + 2)));
    answered.push(...end.answered);
    open = end.open;
  }
  const again = await Promise.all(answered.map((post) => post()));
  expect([again.length > 0, again.filter((accepted) => accepted > 0)]).toEqual([true, []]);
  for (const post of open) await post();
  expect(await compareWithOracle(shop, { site: DOCUMENT, snapshots, events })).toBe(2 * VISITORS);
});
