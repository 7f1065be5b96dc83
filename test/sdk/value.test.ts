import { afterEach, describe, expect, it } from "vitest";
import { cut } from "../../sdk/browser/cut";
import { quote, stringify } from "../../sdk/browser/json";
import { createEntity, readEntity } from "../../sdk/entity/entity";
import { toRow } from "../../sdk/entity/row";
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
    ["quotes, line breaks and other letters inside", { a: 'say "é"\n' }, '{"a":"say \\"é\\"\\u000a"}'],
  ])("is, for %s, as expected", (_what, value, wire) => {
    expect(toValue(value)).toBe(wire);
  });

  it.each([null, undefined, "", Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Symbol("s"), () => 1])(
    "is none where it is empty (%#)",
    (value) => {
      expect(toValue(value)).toBeFalsy();
    },
  );

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

  it("has no lone surrogates, which no database keeps", () => {
    expect(cut("a\ud83d", 100)).toBe("a\ufffd");
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

  it.each(['"', "\\", "\u0000", "\u001f", "\n", "é", "😀", "</script>", "\u2028"])(
    "quotes %j so that it is read back",
    (text) => {
      expect(JSON.parse(quote(text))).toBe(text);
    },
  );
});

describe("an entity", () => {
  const make = (type: "simple" | "expression", value: () => unknown) =>
    createEntity({ name: "n", type, scope: "session", value });

  it("that is simple is read until it has a value, and then no more", () => {
    let reads = 0;
    const entity = make("simple", () => (++reads < 3 ? undefined : `v${reads}`));
    expect([1, 2, 3, 4].map(() => readEntity(entity, false))).toEqual([false, false, true, false]);
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

  it("that never rests is read rarely in passing, but always when it counts", () => {
    let reads = 0;
    const entity = make("expression", () => ++reads);
    for (let n = 0; n < 200; n++) readEntity(entity, true);
    expect(reads).toBeLessThan(25);
    const before = reads;
    readEntity(entity, false);
    expect(reads).toBe(before + 1);
    expect(toRow(entity).error).toBe("restless");
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
