import { describe, expect, test } from "vitest";
import { eventOf } from "../../../collector/forward/deliveries";

const MINUTE = 60_000;

describe("what is told of a call", () => {
  test.each([
    // What was told, how it is now, whether that is new, how long ago it came, and what is told.
    [null, "matched", true, 0, "matched"],
    [null, "matched", false, 20 * MINUTE, "matched"],
    [null, "unmatched", true, 0, null],
    [null, "unmatched", true, 15 * MINUTE - 1, null],
    [null, "unmatched", false, 15 * MINUTE, "unmatched"],
    [null, "offline", true, 15 * MINUTE, "unmatched"],
    [null, "unusable", false, 60 * MINUTE, "unmatched"],
    ["unmatched", "unmatched", false, 60 * MINUTE, null],
    ["unmatched", "unmatched", true, 60 * MINUTE, "updated"],
    ["unmatched", "matched", true, 60 * MINUTE, "matched"],
    ["matched", "matched", false, 60 * MINUTE, null],
    ["matched", "matched", true, MINUTE, "updated"],
    ["matched", "unmatched", true, 60 * MINUTE, "updated"],
    ["matched", "unmatched", false, 60 * MINUTE, null],
  ] as const)("told %s, %s now (new: %s) after %i ms: %s", (told, status, changed, age, event) => {
    expect(eventOf({ told, status }, changed, age)).toBe(event);
  });
});
