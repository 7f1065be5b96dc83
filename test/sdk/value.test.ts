import { describe, expect, it } from "vitest";
import { cut } from "../../sdk/browser/cut";
import { quote } from "../../sdk/browser/json";
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

  it("is none for DOM nodes and what lists them", () => {
    document.body.innerHTML = `<p id="p" class="c">text</p><form><input name="n" type="radio"><input name="n" type="radio"></form>`;
    const p = document.querySelector("p") as HTMLElement;
    const form = document.querySelector("form") as HTMLFormElement;
    const nodes = [p, p.firstChild, p.attributes[0], document.links, p.childNodes, form, form.elements];
    expect([...nodes, form.elements.namedItem("n")].map(toValue).filter((value) => value !== undefined)).toEqual([]);
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
