import { describe, expect, test } from "vitest";
import { readTime } from "../../../collector/intake/adapters/time";
import { patternOf } from "../../../collector/wire/pattern";

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
    ["Wed, 19 Sept 2018 20:00:00 +0000", "2018-09-19T20:00:00Z", "s"],
    ["Sun, 09 Feb 2020 09:30:03 Etc/UTC", "2020-02-09T09:30:03Z", "s"],
    ["22 Nov 2024 08:00 EST", "2024-11-22T13:00:00Z", "s"],
    ["2021-04-28 21:51:18.731479Z", "2021-04-28T21:51:18.731Z", "ms"],
    ["22.11.2024 08:00:00", "2024-11-22T08:00:00Z", "s"],
    ["2.1.2024, 8:05", "2024-01-02T08:05:00Z", "s"],
    ["2024-11-22T08:00:00+02", "2024-11-22T06:00:00Z", "s"],
    ["2024/11/22 08:00:00", "2024-11-22T08:00:00Z", "s"],
    ["2016-12-31 23:59:60", "2017-01-01T00:00:00Z", "s"],
    ["2024-07-01 09:00:00 Europe/Kyiv", "2024-07-01T06:00:00Z", "s"],
    ["2024-07-01 09:00:00 America/New_York", "2024-07-01T13:00:00Z", "s"],
    ["1 Jul 2024 09:00 america/new_york", "2024-07-01T13:00:00Z", "s"],
    ["2024-07-01 09:00 PM America/New_York", "2024-07-02T01:00:00Z", "s"],
    ["2024-07-01 09:00PMEST", "2024-07-02T02:00:00Z", "s"],
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
    "2024-11-22 08:00:61",
    "22/11/2024 08:00",
    "2024-11-22",
    "Fri, 22 Foo 2024 08:00:00 +0000x",
    "Fri, 22 Foo 2024 08:00:00 +0000",
    "2024-11-22 08:00:00 Europe/Nowhere",
    "31.02.2024 08:00:00",
    // What .NET, SQL Server and Unix write where there is none.
    "0001-01-01T00:00:00",
    "1900-01-01 00:00:00",
    "1970-01-01T00:00:00Z",
    "0000000000",
  ])("%j is none", (text) => expect(readTime(text, "UTC")).toBeNull());
});

describe("a time in a notation of its own", () => {
  test.each([
    ["4/30/2021 1:31:38 PM", "M/d/yyyy h:mm:ss a", "2021-04-30T13:31:38Z", "s"],
    ["30/04/2021 12:31", "dd/MM/yyyy HH:mm", "2021-04-30T12:31:00Z", "s"],
    ["20210430T123138.250", "yyyyMMdd'T'HHmmss.SSS", "2021-04-30T12:31:38.250Z", "ms"],
    ["30 Apr 21 12:31:38 +0300", "d MMM yy HH:mm:ss Z", "2021-04-30T09:31:38Z", "s"],
    ["1732262400", "epoch_s", "2024-11-22T08:00:00Z", "s"],
    ["1732262400.123", "epoch_s", "2024-11-22T08:00:00.123Z", "ms"],
    ["1732262400123", "epoch_ms", "2024-11-22T08:00:00.123Z", "ms"],
    ["1732262400123456", "epoch_us", "2024-11-22T08:00:00.123Z", "ms"],
    ["946684800", "epoch_s", "2000-01-01T00:00:00Z", "s"],
  ])("%s by %s is %s, in %s", (text, format, iso, ts_unit) => {
    expect(readTime(text, "UTC", format)).toEqual({ ts: at(iso), ts_unit });
  });

  test("is none where it is written otherwise", () => {
    expect(readTime("2021-04-30 12:31", "UTC", "dd/MM/yyyy HH:mm")).toBeNull();
    expect(readTime("31/04/2021 12:31", "UTC", "dd/MM/yyyy HH:mm")).toBeNull();
    expect(readTime("1732262400", "UTC", "dd/MM/yyyy HH:mm")).toBeNull();
  });

  test.each(["yyyy-MM-dd QQ", "HH:mm", "dd dd", "epoch"])("cannot be %j", (format) =>
    expect(patternOf(format)).toBeNull(),
  );
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
