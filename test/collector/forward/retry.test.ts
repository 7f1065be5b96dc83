import { describe, expect, test } from "vitest";
import { next } from "../../../collector/forward/retry";

const NOW = 1_800_000_000_000;
const S = 1_000;
const H = 3_600 * S;
const failed = { status: 500, retryAfter: null };

describe("after a failed attempt", () => {
  test.each([
    [0, 5 * S],
    [1, 300 * S],
    [2, 1_800 * S],
    [3, 2 * H],
    [4, 5 * H],
    [5, 10 * H],
    [6, 14 * H],
    [7, 20 * H],
    [8, 24 * H],
  ])("that followed %i others, the next one is %i ms away, give or take a fifth", (failures, delay) => {
    expect(next(failed, failures, NOW, 0.5)).toEqual({ state: "pending", at: NOW + delay });
    expect(next(failed, failures, NOW, 0)).toEqual({ state: "pending", at: NOW + delay * 0.8 });
    expect(next(failed, failures, NOW, 1)).toEqual({ state: "pending", at: NOW + delay * 1.2 });
  });

  test("the tenth, there is none", () => {
    expect(next(failed, 9, NOW, 0.5)).toEqual({ state: "dead", at: null });
  });
});

test.each([200, 201, 204, 299])("a %i is a delivery", (status) => {
  expect(next({ status, retryAfter: null }, 3, NOW, 0)).toEqual({ state: "delivered", at: null });
});

test.each([null, 100, 199, 300, 301, 302, 304, 307, 400, 404, 408, 429, 500, 503])("a %j is none", (status) => {
  expect(next({ status, retryAfter: null }, 0, NOW, 0.5).state).toBe("pending");
});

test("a 410 ends it at once", () => {
  expect(next({ status: 410, retryAfter: "5" }, 0, NOW, 0.5)).toEqual({ state: "dead", at: null });
});

describe("Retry-After", () => {
  test.each([
    ["120", 120 * S],
    ["0", 5 * S],
    ["3", 5 * S],
    [new Date(NOW + 600 * S).toUTCString(), 600 * S],
    [new Date(NOW - 600 * S).toUTCString(), 5 * S],
    ["soon", 5 * S],
    ["-1", 5 * S],
    ["999999999", 24 * H],
    ["9".repeat(400), 5 * S],
  ])("of %j is honoured: %i ms", (retryAfter, wait) => {
    expect(next({ status: 429, retryAfter }, 0, NOW, 0.5)).toEqual({ state: "pending", at: NOW + wait });
  });
});
