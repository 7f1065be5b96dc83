import fc from "fast-check";

/** What the random worlds choose from: few enough that times, ids and pages meet all the time. */

export const NOON = Date.UTC(2026, 10, 20, 12);
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const CONTEXTS = ["6o2diu81w9o-0irxltk5b-aaaaaaa", "6o2diu81w9o-0irxltk5b-bbbbbbb", "gbr0-and-a-context"];
export const ALIASES = ["gbr0-a", "clarity-b", "gbr0-and-a-context", "gbr0"];
export const JUNK = [
  "null",
  "Undefined",
  "00000000",
  "anonymous",
  "[object Object]",
  "short",
  "with space in it",
  "",
  0,
  {},
];
export const URLS = [
  "https://shop.example/a",
  "https://shop.example/a#part",
  "https://SHOP.example:443/a",
  "https://shop.example/b?x=1",
  "https://shop.example/b",
  "http://shop.example/a",
  "not a url",
  "",
];

/** A time near noon, or at one of the edges that the contract's steps have. */
export const near = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -6, max: 6 }).map((n) => n * 500) },
  { weight: 2, arbitrary: fc.integer({ min: -2000, max: 2000 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(-998, -999, -1, 1, 998, 999, 59_999, 60_000, 60_001, 60_998, 60_999, 61_000),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(-60_001, -60_000, -MINUTE - 999, -10 * MINUTE, 10 * MINUTE, HOUR, -HOUR, -DAY, DAY),
  },
  { weight: 1, arbitrary: fc.constantFrom(-DAY - 1, -30 * DAY, -30 * DAY - 1, -30 * DAY + 1, -31 * DAY, -400 * DAY) },
);
