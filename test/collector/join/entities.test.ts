import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { valuesAsOf } from "../../../collector/join/entities";
import { goalsOf } from "../../../collector/join/goals";
import { chooseView } from "../../../collector/join/view";
import { CONTEXT, SITE, snapshot } from "../store/rows";
import { openStored, type Stored } from "./stored";

const VISITOR = { site: SITE, contextId: CONTEXT };
const ENTITIES = [
  { name: "s", scope: "session" as const },
  { name: "p", scope: "page_view" as const },
];

const says = (view_id: string, at: number, entities: object, seq = at) =>
  snapshot({ view_id, seq, at, sent_at: at, received_at: at, entities: JSON.stringify(entities) });

describe("entities as of a moment", () => {
  let stored: Stored;
  beforeEach(async () => {
    stored = await openStored();
  });
  afterEach(() => stored.close());

  async function valuesAt(cut: number, entities: Parameters<typeof valuesAsOf>[3] = ENTITIES) {
    const chosen = await chooseView(stored.store.history, VISITOR, cut, "");
    return chosen && valuesAsOf(stored.store.history, VISITOR, chosen, entities);
  }

  it("have the last value said: in the session, or on the view, by their scope", async () => {
    await stored.add([
      says("v1", 1, { s: "before" }),
      says("v2", 2, { p: 0 }),
      says("v1", 3, { s: "last", p: "elsewhere" }),
    ]);
    expect(await valuesAt(3)).toEqual({ values: { s: "last", p: 0 }, activity: 2 });
    expect(await valuesAt(2)).toEqual({ values: { s: "before", p: 0 }, activity: 2 });
  });

  it("have none that the site does not list, and none that was not said", async () => {
    await stored.add([says("other", 1, { p: 1 }), says("v1", 2, { unlisted: 1, toString: 2 })]);
    expect((await valuesAt(2))?.values).toEqual({});
  });

  it("may be named like what every object has", async () => {
    const entities = [{ name: "constructor", scope: "session" as const }];
    await stored.add([says("v1", 1, { other: 1 })]);
    expect((await valuesAt(1, entities))?.values).toEqual({});
    await stored.add([says("v1", 2, { constructor: "x" })]);
    expect((await valuesAt(2, entities))?.values).toEqual({ constructor: "x" });
  });

  it("are found in a tab that was opened long before, and spoke last", async () => {
    const others = Array.from({ length: 100 }, (_, n) => says(`v${n}`, 10 + n, { s: n }));
    await stored.add([says("tab", 1, { s: "early" }), ...others, says("tab", 105, { s: "tab" }, 999)]);
    expect((await valuesAt(104))?.values).toEqual({ s: 94 });
    expect((await valuesAt(105))?.values).toEqual({ s: "tab" });
    expect((await valuesAt(106))?.values).toEqual({ s: 96 });
  });

  it("are told of two snapshots of one moment by seq, then by view", async () => {
    await stored.add([says("b", 5, { s: "b1" }, 1), says("a", 5, { s: "a2" }, 2), says("c", 5, { s: "c2" }, 2)]);
    expect((await valuesAt(5))?.values).toEqual({ s: "c2" });
  });

  it("are found behind thousands of snapshots of one view", async () => {
    const rows = Array.from({ length: 3_000 }, (_, n) => says("v", 10 + n, { s: n }));
    await stored.add([says("v", 1, { p: "first" }), ...rows]);
    expect((await valuesAt(5_000))?.values).toEqual({ s: 2_999, p: "first" });
  });

  it("cost nearly the same in a session of 20,000 views as in one of 200, said on each, said once, or never said", {
    tags: ["long"],
  }, async () => {
    const measured = async (count: number, contextId: string) => {
      const rows = Array.from({ length: count }, (_, n) => {
        const said = n === 3 ? { once: 1, each: n } : { each: n };
        return { ...says(`v${n}`, 10 * n, said), context_id: contextId };
      });
      await stored.add(rows);
      const entities = ["each", "once", "never"].map((name) => ({ name, scope: "session" as const }));
      const visitor = { site: SITE, contextId };
      const times: number[] = [];
      for (let n = 0; n < 30; n += 1) {
        const before = process.cpuUsage();
        const chosen = await chooseView(stored.store.history, visitor, 10 * count, "https://shop.example/nowhere");
        const seen = chosen && (await valuesAsOf(stored.store.history, visitor, chosen, entities));
        const { user, system } = process.cpuUsage(before);
        times.push((user + system) / 1_000);
        expect(seen?.values).toEqual({ each: count - 1, once: 1 });
      }
      return Math.min(...times);
    };
    const few = await measured(200, "context-of-few");
    const many = await measured(20_000, "context-of-many");
    // A narrow index of the session's views is walked once or twice; none of them is read, which were a hundred times as much.
    expect(many).toBeLessThan(20 * few);
  });
});

describe("goals", () => {
  const type = "ecBasketTransactionSummary" as const;
  const call = { type, total: { value: 5, currency: "GBP" }, duration_s: null, answered: null };

  it("are met by type and by total, both where both are asked for", () => {
    const goals = [
      { name: "any" },
      { name: "type", types: ["trPackageTransactionSummary" as const] },
      { name: "total", min_total: 5 },
      { name: "more", min_total: 5.01 },
    ];
    expect(goalsOf(call, goals)).toEqual(["any", "total"]);
  });

  it("with a least total are met by no call without one, not even where it is zero", () => {
    expect(goalsOf({ ...call, total: null }, [{ name: "zero", min_total: 0 }])).toEqual([]);
  });

  it("with a least duration are met by no call whose duration is not known", () => {
    const goals = [
      { name: "zero", min_duration_s: 0 },
      { name: "talk", min_duration_s: 30 },
    ];
    expect(goalsOf(call, goals)).toEqual([]);
    expect(goalsOf({ ...call, duration_s: 0 }, goals)).toEqual(["zero"]);
    expect(goalsOf({ ...call, duration_s: 30 }, goals)).toEqual(["zero", "talk"]);
  });

  it("are met by a call that nobody answered only where they say so", () => {
    const goals = [{ name: "any" }, { name: "attempt", unanswered: true }, { name: "no", unanswered: false }];
    expect(goalsOf({ ...call, answered: false }, goals)).toEqual(["attempt"]);
    for (const answered of [true, null])
      expect(goalsOf({ ...call, answered }, goals)).toEqual(["any", "attempt", "no"]);
  });
});
