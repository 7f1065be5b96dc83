import { describe, expect, it } from "vitest";
import { keptValues } from "../../../collector/intake/values";

const keptValue = (value: unknown) => keptValues({ value }).value ?? null;

describe("an entity's value", () => {
  it.each([["gold"], [42], [0], [true], [false]])("is kept as it is: %j", (value) => {
    expect(keptValue(value)).toBe(value);
  });

  it.each([[null], [undefined], [""]])("is not kept where it is empty: %j", (value) => {
    expect(keptValue(value)).toBeNull();
  });

  it("is kept as JSON text where it is an object", () => {
    expect(keptValue({ a: [1] })).toBe('{"a":[1]}');
    expect(keptValue([])).toBe("[]");
  });

  it("of up to 1 KiB is kept whole, and a longer one cut to it and marked", () => {
    expect(keptValue("x".repeat(1_024))).toBe("x".repeat(1_024));
    expect(keptValue("x".repeat(1_025))).toBe(`${"x".repeat(1_021)}…`);
  });

  it("is cut between characters, never within one", () => {
    const cut = String(keptValue("😀".repeat(400)));
    expect(cut).toBe(`${"😀".repeat(255)}…`);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(1_024);
  });

  it("has U+FFFD for half of a surrogate pair, also within an object", () => {
    expect(keptValue("a\ud83d")).toBe("a\ufffd");
    expect(keptValue({ a: ["\ude00", "\\ud83d", "😀"] })).toBe('{"a":["\ufffd","\\\\ud83d","😀"]}');
  });

  it("that was cut already is not cut again", () => {
    const once = keptValue("é".repeat(2_000));
    expect(keptValue(once)).toBe(once);
  });

  it("is left out of a snapshot where it is empty", () => {
    expect(keptValues({ a: null, b: "", c: 0 })).toEqual({ c: 0 });
  });
});
