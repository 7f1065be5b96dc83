import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cut } from "../../sdk/browser/cut";
import { quote, stringify } from "../../sdk/browser/json";
import { createEntity, type Entity, hasNews, markTold, readEntity } from "../../sdk/entity/entity";
import { toInspectedRow, toRow } from "../../sdk/entity/row";
import { toValue } from "../../sdk/entity/value";

const bytes = (text: unknown): number => Buffer.byteLength(String(text));

describe("a value on the wire", () => {
  it.each([
    ["a string", "gold", "gold"],
    ["a number", 49.9, 49.9],
    ["zero", 0, 0],
    ["false", false, false],
    ["an object", { a: 1, b: ["x", null] }, '{"a":1,"b":["x",null]}'],
    ["a list", [1, "two", { three: 3 }], '[1,"two",{"three":3}]'],
    ["an empty list", [], "[]"],
    ["a date", new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ["a BigInt", 12345678901234567890n, "12345678901234567890"],
    ["a BigInt inside", { n: 2n }, '{"n":2}'],
    ["NaN inside", [Number.NaN, Number.POSITIVE_INFINITY], "[null,null]"],
    ["what JSON has no word for", { f() {}, s: Symbol("s"), u: undefined, l: [undefined] }, '{"l":[null]}'],
    ["quotes, line breaks and other letters inside", { a: 'say "é"\n' }, '{"a":"say \\"é\\"\\n"}'],
  ])("is, for %s, as expected", (_what, value, wire) => {
    expect(toValue(value)).toBe(wire);
  });

  it.each([
    null,
    undefined,
    "",
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Symbol("s"),
    () => 1,
    Promise.resolve(1),
  ])("is none where it is empty (%#)", (value) => {
    expect(toValue(value)).toBeFalsy();
  });

  it("is, for a DOM node, JSON too, and harmless", () => {
    expect(toValue(document.createElement("p"))).toBe("{}");
  });

  it("of a cyclic object is an error, not an endless one", () => {
    const ring: Record<string, unknown> = { name: "ring" };
    ring.self = { deeper: [ring] };
    expect(() => toValue(ring)).toThrow("cyclic");
  });

  it("says the same object twice where it is twice there", () => {
    const shoe = { sku: "s9" };
    expect(toValue([shoe, shoe])).toBe('[{"sku":"s9"},{"sku":"s9"}]');
  });

  it.each([
    ["ASCII", "x".repeat(2000)],
    ["three bytes each", "€".repeat(2000)],
    ["four bytes each", "😀".repeat(2000)],
    ["a megabyte", "y".repeat(2 ** 20)],
  ])("is cut to 1,024 bytes with its mark, between characters (%s)", (_what, long) => {
    const short = String(toValue(long));
    expect(bytes(short)).toBeLessThanOrEqual(1024);
    expect(bytes(short)).toBeGreaterThan(1019);
    expect(short.endsWith("…")).toBe(true);
    expect(long.startsWith(short.slice(0, -1))).toBe(true);
  });

  it("is left whole at exactly 1,024 bytes", () => {
    expect(toValue("x".repeat(1024))).toBe("x".repeat(1024));
  });

  it("is read no further than needed in an object without end", () => {
    let reads = 0;
    const wide = Object.defineProperties(
      {},
      Object.fromEntries(
        Array.from({ length: 5000 }, (_, n) => [`k${n}`, { enumerable: true, get: () => `${reads++}`.padStart(20) }]),
      ),
    );
    expect(bytes(toValue(wide))).toBeLessThanOrEqual(1024);
    expect(reads).toBeLessThan(100);
  });

  it("says half of a surrogate pair as JSON does, which the collector stores as U+FFFD", () => {
    expect(quote(cut("a\ud83d", 100))).toBe('"a\\ud83d"');
  });
});

describe("our JSON", () => {
  const original = JSON.stringify;
  afterEach(() => {
    JSON.stringify = original;
    Reflect.deleteProperty(Array.prototype, "toJSON");
    Reflect.deleteProperty(Object.prototype, "inherited");
  });

  it("does not depend on what the page did to JSON.stringify, toJSON and the prototypes", () => {
    JSON.stringify = () => "patched";
    Object.assign(Array.prototype, { toJSON: () => "patched" });
    Object.assign(Object.prototype, { inherited: "junk" });
    expect(stringify({ list: [1] }, 1024)).toBe('{"list":[1]}');
  });

  it("is JSON.stringify's to the byte, of whatever a page may hold", () => {
    const anything = fc.anything({
      withBoxedValues: true,
      withSparseArray: true,
      withDate: true,
      withTypedArray: true,
      withObjectString: true,
      withNullPrototype: true,
      withMap: true,
      withSet: true,
      stringUnit: "binary",
    });
    const withProperties = fc.tuple(fc.array(anything), anything).map(([list, more]) => Object.assign(list, { more }));
    const withToJson = anything.map((said) => ({ toJSON: (key: string) => [key, said] }));
    const withUndefined = fc.array(
      fc.oneof(
        fc.constant(undefined),
        fc.constant(Symbol("s")),
        fc.constant(() => 1),
        anything,
      ),
    );
    const value = fc.oneof(
      anything,
      withProperties,
      withToJson,
      withUndefined,
      fc.record({ a: withToJson, b: withProperties }),
    );
    fc.assert(
      fc.property(value, (it) => {
        expect(stringify(it, Number.POSITIVE_INFINITY)).toBe(JSON.stringify(it));
      }),
      { numRuns: 3000 },
    );
  });

  it("is the start of JSON.stringify's, where it stops before the end", () => {
    fc.assert(
      fc.property(
        fc.anything({ withSparseArray: true, stringUnit: "binary" }),
        fc.integer({ min: 4, max: 60 }),
        (it, limit) => {
          const whole = JSON.stringify(it);
          const part = stringify(it, limit);
          if (whole !== undefined) expect(part?.slice(0, limit)).toBe(whole.slice(0, limit));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("is as deep as the value", () => {
    const nest = (depth: number) => {
      let deep: unknown = 1;
      for (let n = 0; n < depth; n++) deep = n % 2 ? [deep] : { deep };
      return deep;
    };
    expect(stringify(nest(100), 1024)).toBe(JSON.stringify(nest(100)));
    expect(String(toValue(nest(100_000))).length).toBeGreaterThan(1000);
  });

  it.each([
    ["a list", () => Array.from({ length: 5e6 }, (_, n) => n)],
    ["a typed array", () => new Float64Array(5e6)],
    ["an empty list of great length", () => new Array(4e9)],
    ["a text", () => "x".repeat(5e7)],
    ["a nest", () => Array.from({ length: 1e5 }).reduce((inner) => [inner], [])],
  ])("of %s without end costs no more than a short one", (_what, make) => {
    const huge = make();
    const before = process.cpuUsage();
    for (let n = 0; n < 20; n++) toValue(huge);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000 / 20).toBeLessThan(20);
  });

  it("is a date's as the language has it, and another class's as that says", () => {
    class Money {
      toJSON() {
        return "9.99 GBP";
      }
    }
    const original = Date.prototype.toJSON;
    Date.prototype.toJSON = () => '"quoted"';
    try {
      expect(toValue([new Date(0), new Money()])).toBe('["1970-01-01T00:00:00.000Z","9.99 GBP"]');
    } finally {
      Date.prototype.toJSON = original;
    }
  });

  it.each(['"', "\\", "\u0000", "\u001f", "\n", "é", "😀", "</script>", "\u2028"])(
    "quotes %j so that it is read back",
    (text) => {
      expect(JSON.parse(quote(text))).toBe(text);
    },
  );
});

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
    [Promise.resolve(1), "a promise"],
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
