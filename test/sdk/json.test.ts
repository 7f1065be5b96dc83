import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { quote, stringify } from "../../sdk/browser/json";
import { toValue } from "../../sdk/entity/value";

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

  const tagged = <T extends object>(value: T, tag: string): T =>
    Object.defineProperty(value, Symbol.toStringTag, { value: tag });
  it.each<[string, object]>([
    ["a list's class", tagged(Object.assign([1, 2], { a: 1 }), "MyList")],
    ...["Array", "PointArray", "Uint8Array", "Date", "String", "Number", "Promise"].map((tag): [string, object] => [
      `an object that calls itself ${tag}`,
      tagged({ a: [1], b: tagged([2], tag) }, tag),
    ]),
    ["a typed array's class", tagged(new Float64Array([1, 2.5]), "Points")],
    ["a date's class", [tagged(new Date(0), "Day")]],
  ])("is JSON.stringify's of %s", (_what, value) => {
    expect(stringify(value, Number.POSITIVE_INFINITY)).toBe(JSON.stringify(value));
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

  it.each([{ mine: true }, null, () => []])("does without the name Date (%#)", (taken) => {
    const { Date: original } = window;
    Object.assign(window, { Date: taken });
    try {
      expect(toValue({ toJSON: () => "own" })).toBe('"own"');
    } finally {
      window.Date = original;
    }
  });

  it.each(['"', "\\", "\u0000", "\u001f", "\n", "é", "😀", "</script>", "\u2028"])(
    "quotes %j so that it is read back",
    (text) => {
      expect(JSON.parse(quote(text))).toBe(text);
    },
  );
});
