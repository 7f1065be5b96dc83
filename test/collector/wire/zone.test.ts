import { describe, expect, it } from "vitest";
import { inZone, shiftsOf, timeZone } from "../../../collector/wire/zone";

const at = (text: string) => Date.parse(text);
const HOUR = 3_600_000;

describe("a zone's clocks", () => {
  it("go as they do between two moments, to the millisecond", () => {
    expect(shiftsOf("Europe/Berlin", at("2026-01-01T00:00Z"), at("2026-12-31T00:00Z"))).toEqual([
      { until: at("2026-03-29T01:00Z"), offset: HOUR },
      { until: at("2026-10-25T01:00Z"), offset: 2 * HOUR },
      { until: Number.MAX_SAFE_INTEGER, offset: HOUR },
    ]);
  });

  it("go as one where nothing changes", () => {
    expect(shiftsOf("Asia/Kathmandu", 0, 0)).toHaveLength(1);
    expect(shiftsOf("UTC", 0, at("2100-01-01T00:00Z"))).toEqual([{ until: Number.MAX_SAFE_INTEGER, offset: 0 }]);
  });

  it("begin a day where it begins there", () => {
    expect(inZone(at("2026-03-29T00:00Z"), "Europe/Berlin")).toBe(at("2026-03-28T23:00Z"));
    expect(inZone(at("2026-10-26T00:00Z"), "Europe/Berlin")).toBe(at("2026-10-25T23:00Z"));
  });

  it.each([
    ["2025-09-07", "America/Santiago", "2025-09-07T04:00Z"],
    ["2025-04-25", "Africa/Cairo", "2025-04-24T22:00Z"],
    ["2025-03-30", "Asia/Beirut", "2025-03-29T22:00Z"],
    ["2011-12-30", "Pacific/Apia", "2011-12-30T10:00Z"],
    ["2025-11-02", "America/Havana", "2025-11-02T04:00Z"],
  ])("begin %s in %s, where midnight is missing or comes twice, when its first hour does", (day, zone, start) => {
    expect(inZone(at(day), zone)).toBe(at(start));
  });

  it("are those of a zone that there is", () => {
    expect(timeZone.safeParse("Europe/London").success).toBe(true);
    expect(timeZone.safeParse("Mars/Olympus").success).toBe(false);
  });

  it("are not those of an abbreviation that several zones have", () => {
    const taken = ["BST", "AST", "ist", "CST", "UTC", "CET", "EST5EDT"].filter(
      (name) => timeZone.safeParse(name).success,
    );
    expect(taken).toEqual(["UTC", "CET", "EST5EDT"]);
  });
});
