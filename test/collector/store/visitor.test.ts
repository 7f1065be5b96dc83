import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contextOf, visitorOf } from "../../../collector/store/visitor";

describe("a visitor's key", () => {
  it("begins with the time at which the context_id was minted, so that visitors of one day lie together", () => {
    expect(visitorOf("6o2diu81w9o-0irxltk5b-u9t1cv4")).toBe("0irxltk5b-6o2diu81w9o-u9t1cv4");
  });

  it("is of one context_id alone, whatever its form", () => {
    const ids = fc.oneof(
      fc.string({ unit: "binary-ascii", minLength: 29, maxLength: 29 }),
      fc.string({ unit: "binary-ascii", minLength: 8, maxLength: 128 }),
    );
    fc.assert(fc.property(ids, (id) => contextOf(visitorOf(id)) === id && visitorOf(contextOf(id)) === id));
  });
});
