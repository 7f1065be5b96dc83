import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createTurns } from "../../../collector/join/turns";

const items = (...names: string[]) => names.map((name) => ({ name, item: name }));
const numbered = (prefix: string, count: number) =>
  items(...Array.from({ length: count }, (_, n) => `${prefix}${String(n).padStart(4, "0")}`));

/** Steps of at most `size` items; `seen` are those steps. */
function turnsOf(size: number, work: (name: string) => Promise<void> | void = () => {}, lanes = 1) {
  const seen: string[][] = [];
  const turns = createTurns<string>(async (next) => {
    const step: string[] = [];
    seen.push(step);
    for (let item = next(); item !== null; item = step.length < size ? next() : null) {
      step.push(item);
      await work(item);
    }
  }, lanes);
  return { seen, take: turns.take };
}

describe("turns", () => {
  it("do everything once, in steps, each in the order of names", async () => {
    const { seen, take } = turnsOf(3);
    await Promise.all([take(items("b", "d", "f", "h")), take(items("a", "c"))]);
    expect(seen.flat().sort()).toEqual(["a", "b", "c", "d", "f", "h"]);
    for (const step of seen) expect(step).toEqual([...step].sort());
  });

  it("let who brings one go before who has brought thousands", async () => {
    const { seen, take } = turnsOf(10, () => wait(0));
    const heavy = take(numbered("a", 2_000));
    await wait(20);
    const before = seen.flat().length;
    await take(items("z"));
    expect(seen.flat().indexOf("z") - before).toBeLessThan(100);
    void heavy;
  });

  it("do for all who wait what nobody has begun, and again for who comes after it was begun", async () => {
    let release = () => {};
    const { seen, take } = turnsOf(1, (name) => (name === "z" ? new Promise<void>((go) => (release = go)) : undefined));
    const first = take(items("z"));
    const waiting = [take(items("x")), take(items("x"))];
    await wait(5);
    const again = take(items("z"));
    release();
    await Promise.all([first, ...waiting]);
    release();
    await wait(5);
    release();
    await again;
    expect(seen.flat().filter((name) => name === "x")).toHaveLength(1);
    expect(seen.flat().filter((name) => name === "z")).toHaveLength(2);
  });

  it("let what cannot be done cost only itself", async () => {
    const { take } = turnsOf(10, (name) => {
      if (name === "b") throw new Error("b");
    });
    const ended = await Promise.allSettled(["a", "b", "c"].map((name) => take(items(name))));
    expect(ended.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  it("tell who waits of a step that failed before it asked for anything, and go on with the next", async () => {
    const failures = [new Error("no connection")];
    const { take } = createTurns<string>(async (next) => {
      const failure = failures.pop();
      if (failure) throw failure;
      next();
    }, 1);
    await expect(take(items("a"))).rejects.toThrow("no connection");
    await take(items("a"));
  });

  it("have nothing to do for nothing", async () => {
    const { seen, take } = turnsOf(1);
    await take([]);
    expect(seen).toEqual([]);
  });
});
