import { describe, expect, test } from "vitest";
import { readTime } from "../../../collector/intake/adapters/time";

const at = (iso: string) => Date.parse(iso);

describe("a time as vendors write it", () => {
  test.each([
    ["1732262400", "2024-11-22T08:00:00Z", "s"],
    ["1732262400123", "2024-11-22T08:00:00.123Z", "ms"],
    ["1732262400.5", "2024-11-22T08:00:00.500Z", "ms"],
    ["2024-11-22T08:00:00Z", "2024-11-22T08:00:00Z", "s"],
    ["2024-11-22T08:00:00.25Z", "2024-11-22T08:00:00.250Z", "ms"],
    ["2024-11-22T08:00:00.000Z", "2024-11-22T08:00:00Z", "ms"],
    ["2018-02-19T13:41:00.236-05:00", "2018-02-19T18:41:00.236Z", "ms"],
    ["2024-11-22 08:00:00", "2024-11-22T08:00:00Z", "s"],
    ["2024-11-22 08:00:00 UTC", "2024-11-22T08:00:00Z", "s"],
    ["2024-11-22T08:00", "2024-11-22T08:00:00Z", "s"],
    ["2013-10-01 10:17 AM +02:00", "2013-10-01T08:17:00Z", "s"],
    ["2013-10-01 12:17 AM +02:00", "2013-09-30T22:17:00Z", "s"],
    ["2013-10-01 12:17 PM -0400", "2013-10-01T16:17:00Z", "s"],
    ["2013-10-01 01:17 PM", "2013-10-01T13:17:00Z", "s"],
    ["Fri, 22 Nov 2024 08:00:00 +0000", "2024-11-22T08:00:00Z", "s"],
    ["Fri, 22 Nov 2024 08:00:00 -0730", "2024-11-22T15:30:00Z", "s"],
  ])("%s is %s, in %s", (text, iso, ts_unit) => {
    expect(readTime(text, "UTC")).toEqual({ ts: at(iso), ts_unit });
  });

  test.each([
    "",
    "now",
    "0",
    "173226240",
    "17322624001",
    "2024-02-31 08:00:00",
    "2024-13-01 08:00:00",
    "2024-11-22 25:00:00",
    "2024-11-22 08:61:00",
    "22/11/2024 08:00",
    "2024-11-22",
    "Fri, 22 Foo 2024 08:00:00 +0000x",
  ])("%j is none", (text) => expect(readTime(text, "UTC")).toBeNull());
});

describe("a time without a zone is the vendor's", () => {
  test.each([
    ["2024-07-01 09:00:00", "Europe/London", "2024-07-01T08:00:00Z"],
    ["2024-12-01 09:00:00", "Europe/London", "2024-12-01T09:00:00Z"],
    ["2024-12-01 09:00:00", "Asia/Kolkata", "2024-12-01T03:30:00Z"],
    ["2024-12-01 09:00:00", "America/Los_Angeles", "2024-12-01T17:00:00Z"],
    // Clocks go back at 01:00Z: half past one is there twice, and the earlier one is meant.
    ["2024-10-27 01:30:00", "Europe/London", "2024-10-27T00:30:00Z"],
    ["2024-10-27 02:30:00", "Europe/London", "2024-10-27T02:30:00Z"],
    ["2024-03-31 00:59:59", "Europe/London", "2024-03-31T00:59:59Z"],
    ["2024-03-31 02:00:00", "Europe/London", "2024-03-31T01:00:00Z"],
    ["2024-11-03 01:30:00", "America/New_York", "2024-11-03T05:30:00Z"],
  ])("%s in %s is %s", (text, zone, iso) => expect(readTime(text, zone)?.ts).toBe(at(iso)));

  test("and one that says its zone keeps it", () => {
    expect(readTime("2024-07-01T09:00:00Z", "Europe/London")?.ts).toBe(at("2024-07-01T09:00:00Z"));
  });
});
