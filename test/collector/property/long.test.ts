/** @module-tag long */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AcceptedSnapshot, ViewFacts } from "../../oracle";
import { driveShop } from "../contract/shop";
import { compareWithOracle } from "./compare";
import { START } from "./play";
import { type Running, startInProcess } from "./running";

let running: Running;
beforeAll(async () => {
  running = await startInProcess(START);
});
afterAll(() => running.stop());

const VIEWS = 20_000;
const CONTEXT = "6o2diu81w9o-0irxltk5b-u9t1cv4";
const T = START - 20 * 86_400_000;
const SITE = {
  entities: [
    { name: "each", scope: "session" as const },
    { name: "seldom", scope: "session" as const },
    { name: "page", scope: "page_view" as const },
    { name: "never", scope: "session" as const },
    { name: "visitor", scope: "session" as const, identifies: "responsetap" },
  ],
  vendors: [{ name: "infinity" }, { name: "responsetap", offline_prefixes: ["gbr0"] }],
};

/** The same numbers each time: what fails can be looked at again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Views that overlap, go back in time, come in sessions of one view and of thousands, some of whose clocks are hours off. */
function history(sessionOf: (n: number) => string, chance: () => number): AcceptedSnapshot[] {
  return Array.from({ length: VIEWS }, (_, n) => {
    const session_id = sessionOf(n);
    const behind = session_id.endsWith("7") ? 3_600_000 : 0;
    const at = T + n * 60_000 - behind + Math.floor(chance() * 90_000);
    const entities = {
      ...(chance() < 0.9 && { each: n }),
      ...(chance() < 0.001 && { seldom: `s${n}` }),
      ...(chance() < 0.5 && { page: n }),
      ...(chance() < 0.3 && { visitor: `gbr0${Math.floor(n / 5_000)}` }),
    };
    const view: ViewFacts = {
      number: n + 1,
      session_number: 1,
      session_view_number: n + 1,
      session_at: at,
      url: `https://shop.example/${n % 500}`,
      referrer: "",
      title: "",
    };
    const seq = chance() < 0.1 ? 1 : 0;
    const name = { context_id: CONTEXT, view_id: `v${n}`, session_id, seq, at };
    return { ...name, sent_at: START - behind, received_at: START, ...(chance() < 0.95 && { view }), entities };
  });
}

test.each([
  ["one session", () => "s0"],
  ["sessions of fifty views", (n: number) => `s${Math.floor(n / 50)}`],
  ["a session for each view", (n: number) => `s${n}`],
  ["two sessions, by turns", (n: number) => `s${n % 2}`],
])(
  "calls of a visitor of 20,000 views are the oracle's, whatever comes first: %s",
  async (name, sessionOf) => {
    const chance = random(name.length);
    const snapshots = history(sessionOf, chance);
    const shop = driveShop(running.request, running.adminToken, `long-${name.replace(/\W+/g, "-")}`);
    const entities = SITE.entities.map((entity) => ({ ...entity, type: "expression", value: "1" }));
    await shop.save({ name, ...SITE, entities });
    const events = Array.from({ length: 60 }, (_, n) => {
      const ts = T + Math.floor(chance() * VIEWS * 60_000);
      const id = n % 4 === 0 ? `gbr0${n % 5}` : CONTEXT;
      const url = n % 3 === 0 ? `https://shop.example/${Math.floor(chance() * 600)}` : "";
      const meta = { type: "ecBasketTransactionSummary", ts, url, source: "" };
      return { vendor: "responsetap", event: { context: { id }, meta, transaction: { id: `t${n}` } } };
    });
    // Some calls come first, some in the middle, and the visitor's snapshots in no order.
    const shuffled = snapshots.map((snapshot) => ({ snapshot, rank: chance() })).sort((a, b) => a.rank - b.rank);
    const posts = Array.from({ length: VIEWS / 200 }, (_, n) => shuffled.slice(n * 200, n * 200 + 200));
    for (const [n, post] of posts.entries()) {
      const event = events[n];
      if (event) await shop.report(event.vendor, event.event);
      for (const behind of [0, 3_600_000]) {
        const part = post.map(({ snapshot }) => snapshot).filter(({ sent_at }) => sent_at === START - behind);
        if (part.length === 0) continue;
        const bodies = part.map(({ context_id: _id, sent_at: _sent, received_at: _received, ...body }) => body);
        for (let i = 0; i < bodies.length; i += 100) await shop.post(CONTEXT, bodies.slice(i, i + 100), START - behind);
      }
    }
    const compared = await compareWithOracle(shop, { site: SITE, snapshots, events });
    expect(compared).toBe(60);
  },
  240_000,
);
