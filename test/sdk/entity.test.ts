import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createEntity, type Entity, hasNews, markTold, readEntity } from "../../sdk/entity/entity";
import { toInspectedRow, toRow } from "../../sdk/entity/row";

describe("an entity", () => {
  // What a reading took decides when the next one is, and a busy machine's readings take long.
  beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => void vi.useRealTimers());

  const make = (type: "simple" | "expression", value: () => unknown) =>
    createEntity({ name: "n", type, scope: "session", value });

  const readAndTell = (entity: Entity, time = 0, startedAt = 0): boolean => {
    readEntity(entity, true);
    const isNews = hasNews(entity, time, startedAt);
    if (isNews) markTold(entity, time);
    return isNews;
  };

  it("that is simple is read until it has a value, and then no more", () => {
    let reads = 0;
    const entity = make("simple", () => (++reads < 3 ? undefined : `v${reads}`));
    expect([1, 2, 3, 4].map(() => readAndTell(entity))).toEqual([false, false, true, false]);
    expect([entity._value, reads]).toEqual(["v3", 3]);
  });

  it("that is an expression has news at each change, and empty never overwrites", () => {
    const values = [1, 1, 2, null, "", Number.NaN, 2, 3];
    const entity = make("expression", () => values.shift());
    expect(Array.from({ length: 8 }, () => readEntity(entity, true))).toEqual([
      true,
      false,
      true,
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(entity._value).toBe(3);
  });

  it.each([
    [Symbol("s"), "Symbol(s)"],
    [undefined, "undefined"],
    [null, "null"],
    ["", "an empty text"],
    [Promise.resolve(1), "a promise or an element"],
    [document.createElement("form"), "a promise or an element"],
    [() => 1, "a function that was not called"],
  ])("that is empty shows why (%#)", (value, why) => {
    const entity = make("expression", () => value);
    readEntity(entity);
    expect(toInspectedRow(entity)).toMatchObject({ status: "empty", why });
  });

  it("shows what threw something whose stack cannot be read", () => {
    const thrown = {
      toString: () => "odd",
      get stack(): string {
        throw new Error("no stack");
      },
    };
    const entity = make("expression", () => {
      throw thrown;
    });
    readEntity(entity);
    expect(toInspectedRow(entity)).toMatchObject({ status: "error", error: "odd", stack: null });
  });

  it("reads with the page's own `this`", () => {
    const seen: unknown[] = [];
    readEntity(
      make("expression", function (this: unknown) {
        seen.push(this);
      }),
      false,
    );
    // Undefined in strict code, and so the window in a page's own.
    expect(seen).toEqual([undefined]);
  });

  it("that never rests is told each ten seconds, and at once when it comes to rest", () => {
    let value = 0;
    const entity = make("expression", () => value);
    const told: number[] = [];
    for (let time = 0; time < 31_000; time += 400) {
      value++;
      if (readAndTell(entity, time)) told.push(time);
    }
    // The first ten are no restlessness yet.
    expect(told.filter((time) => time > 4400)).toHaveLength(2);
    expect(toRow(entity).error).toBe("restless");
    expect(hasNews(entity, 31_000, 0, true)).toBe(true);
    expect(readAndTell(entity, 31_400)).toBe(true);
    expect(toRow(entity)).toMatchObject({ value, error: null });
  });

  it.each<[string, (look: number) => unknown]>([
    [
      "an error that is another at each look",
      (look) => {
        throw `not ready after ${look}`;
      },
    ],
    ["a value that comes and goes", (look) => (look % 2 ? look : undefined)],
    [
      "a value and an error in turn",
      (look) => {
        if (look % 2) throw "no";
        return look;
      },
    ],
    [
      "one value, and errors between",
      (look) => {
        if (look % 2) throw `no ${look}`;
        return "v";
      },
    ],
    [
      "two errors, with nothing between",
      (look) => {
        if (look % 2) throw look % 4;
      },
    ],
  ])("that never rests is told each ten seconds: %s", (_what, value) => {
    let look = 0;
    const entity = make("expression", () => value(look));
    const told: number[] = [];
    for (; look < 77; look++) if (readAndTell(entity, look * 400)) told.push(look * 400);
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter((time) => time > 11_000).length).toBeLessThanOrEqual(2);
    expect(told.length).toBeLessThanOrEqual(13);
  });

  it("that rests after errors, too, is told at once", () => {
    let look = 0;
    const entity = make("expression", () => {
      if (look < 40) throw `not ready after ${look}`;
      return "v";
    });
    const told: number[] = [];
    for (; look < 60; look++) if (readAndTell(entity, look * 400)) told.push(look);
    expect(told.at(-1)).toBeLessThanOrEqual(41);
    expect(entity._told).toBe("v");
  });

  it("that takes long to read rests by what that cost, whatever its value does", () => {
    vi.useFakeTimers({ now: 1_000_000 });
    let reads = 0;
    const entity = make("expression", () => {
      vi.setSystemTime(Date.now() + 300);
      return ++reads % 2;
    });
    for (let look = 0; look < 150; look++) {
      readEntity(entity, true);
      vi.setSystemTime(Date.now() + 400);
    }
    vi.useRealTimers();
    expect(reads).toBeGreaterThan(2);
    expect(reads).toBeLessThanOrEqual(5);
    readEntity(entity);
    expect(reads).toBeLessThanOrEqual(6);
  });

  const successor = (type: "simple" | "expression", value: () => unknown, inherited: unknown) => {
    const before = make(type, () => inherited);
    readAndTell(before);
    return createEntity({ name: "n", type, scope: "page_view", value }, before);
  };

  it.each(["simple", "expression"] as const)(
    "of a new route (%s) doubts what its predecessor had, and has the first other value stand for the view from its start",
    (type) => {
      let value: unknown = "A";
      const entity = successor(type, () => value, "A");
      expect([readAndTell(entity, 1000), readAndTell(entity, 5000)]).toEqual([false, false]);
      expect(entity._standing).toBe("inherited");
      expect(readAndTell(entity, 9000)).toBe(true);
      value = "B";
      readEntity(entity, true);
      expect([hasNews(entity, 12_000, 0), entity._standing]).toEqual([true, "replacing"]);
      markTold(entity, 0);
      expect([entity._told, entity._standing]).toEqual(["B", "own"]);
    },
  );

  it("of a new route that becomes empty is not its predecessor's any more", () => {
    let value: unknown = "A";
    const entity = successor("simple", () => value, "A");
    readAndTell(entity, 1000);
    value = undefined;
    expect(readAndTell(entity, 2000)).toBe(false);
    expect([entity._value, hasNews(entity, 99_000, 0, true)]).toEqual([undefined, false]);
    value = "A";
    expect(readAndTell(entity, 3000)).toBe(true);
  });

  it("inherits through a view that had no value", () => {
    const first = make("simple", () => "A");
    readEntity(first);
    const second = createEntity(first._setup, first);
    expect(createEntity(first._setup, second)._inherited).toBe("A");
  });

  it.each([
    Symbol("s"),
    Object.create(null),
    undefined,
    null,
    "",
    {
      get message() {
        throw Symbol("worse");
      },
      toString() {
        throw Object.create(null);
      },
    },
  ])("survives whatever is thrown (%#), and is read again", (thrown) => {
    let isFailing = true;
    const entity = make("expression", () => {
      if (isFailing) throw thrown;
      return "v";
    });
    readEntity(entity);
    expect(toRow(entity)).toMatchObject({ status: "error", error: expect.stringMatching(/./) });
    isFailing = false;
    readEntity(entity);
    expect(toRow(entity)).toMatchObject({ value: "v", error: null });
  });

  it("tells an error once, and keeps its last value", () => {
    let fails = false;
    const entity = make("expression", () => {
      if (fails) throw new RangeError("out of shoes");
      return "v";
    });
    readEntity(entity, true);
    fails = true;
    expect([readEntity(entity, true), readEntity(entity, true)]).toEqual([true, false]);
    expect(toRow(entity)).toMatchObject({ value: "v", status: "error", error: "RangeError: out of shoes" });
    fails = false;
    readEntity(entity, true);
    expect(toRow(entity)).toMatchObject({ value: "v", error: null });
  });

  it("that is simple waits for a variable that is not defined yet", () => {
    const entity = make("simple", () => {
      throw new ReferenceError("late is not defined");
    });
    readEntity(entity, true);
    expect(toRow(entity)).toMatchObject({ status: "pending", error: "ReferenceError: late is not defined" });
  });
});
