import { describe, expect, test } from "vitest";
import { at, find, holds, lookUp, readingOf, text } from "../../../collector/intake/adapters/values";
import { stepsOf } from "../../../collector/wire/path";

const payload = {
  a: "",
  b: " ",
  c: null,
  d: false,
  e: 0,
  f: " x ",
  g: { h: { i: 7 } },
  "m.n": "o",
  list: [
    { name: "other", value: "1" },
    { name: "context_id", value: "abc" },
  ],
  numbered: { 0: { name: "context_id", value: "def" } },
  "call[id]": "literal",
  said: "Call from <x-77>",
};
const reading = readingOf(payload, {});

describe("a path", () => {
  test.each<[string, unknown]>([
    ["g.h.i", 7],
    ["g[h][i]", 7],
    ["g[h].i", 7],
    ["m.n", "o"],
    ["list[0].value", "1"],
    ["list[name=context_id].value", "abc"],
    ["numbered[name=context_id].value", "def"],
    ["call[id]", "literal"],
    ["g.h.constructor", undefined],
    ["toString", undefined],
    ["f.length", undefined],
    ["list[name=nothing].value", undefined],
  ])("%s leads to %j", (path, value) => expect(at(reading, path)).toEqual(value));

  test.each(["", ".a", "a.", "a..b", "a[b", "a]b", "a[]", "a[0]b"])("%j is none", (path) =>
    expect(stepsOf(path)).toBeNull(),
  );
});

describe("a field", () => {
  test.each([
    [["a", "f"], "x"],
    ["d", "false"],
    ["e", "0"],
    ["g", null],
    [["b", "c", "nothing"], null],
    [{ value: "GBP" }, "GBP"],
    [{ join: ["f", "e"] }, "x-0"],
    [{ join: ["f", "a"] }, null],
    [{ path: "said", match: "<(.+)>" }, "x-77"],
    [{ path: "said", match: "[0-9]+" }, "77"],
    [{ path: "said", match: "nothing" }, null],
    [{ path: "f", when: [{ at: "a", blank: true }] }, "x"],
    [[{ path: "f", when: [{ at: "a", blank: false }] }, "e"], "0"],
  ])("of %j says %j", (field, said) => expect(text(reading, field)).toBe(said));

  test("is looked for in what wraps the payload, and in an item before what stands around it", () => {
    const wrapped = readingOf(
      { id: "", data: { id: 1, call: { id: 2, x: 3 } } },
      { body: { within: ["data", "data.call"] } },
    );
    expect([at(wrapped, "id"), at(wrapped, "x")]).toEqual([1, 3]);
    const batch = readingOf({ id: "batch", account: 9, calls: [{ id: "call" }] }, { body: { items: "calls" } });
    expect([at(batch, "id"), at(batch, "account")]).toEqual(["call", 9]);
  });

  test("may be an object, where objects are asked for", () => expect(find(reading, ["a", "g"])).toEqual(payload.g));
});

describe("a condition", () => {
  test.each([
    [{ at: "f", is: ["X"] }, true],
    [{ at: "f", is: ["y"] }, false],
    [{ at: "said", is: ["call*"] }, true],
    [{ at: "said", matches: "^Call.*77>$" }, true],
    [{ at: "a", blank: true }, true],
    [{ at: ["a", "f"], blank: true }, false],
    [{ at: "nothing", is: ["x"] }, false],
  ])("%j is %s", (condition, is) => expect(holds(reading, condition)).toBe(is));
});

test("a table is asked for the word first, then for the longest beginning", () => {
  const table = { "*": 0, "no*": 1, "no answer*": 2, NO: 3 };
  expect(["no", "No answer yet", "none", "x"].map((said) => lookUp(table, {}, said))).toEqual([3, 2, 1, 0]);
  expect(lookUp({ yes: true }, {}, "no")).toBeUndefined();
  expect(["YES", "off", "sometimes"].map((said) => lookUp({ "*": null }, { yes: true, "of*": false }, said))).toEqual([
    true,
    false,
    null,
  ]);
});
