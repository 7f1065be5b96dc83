import { describe, expect, it } from "vitest";
import { cursorOf, placeOf } from "../../../collector/http/cursor";
import { parseQuery } from "../../../collector/http/query";
import { coverage } from "../../../collector/read/coverage";
import { matchRate } from "../../../collector/read/match-rate";
import { callsQuery, rateQuery, spanIn } from "../../../collector/read/query";
import { snapshot } from "../store/rows";

describe("entity coverage", () => {
  const entities = ["crm", "cart"].map((name) => ({
    name,
    type: "simple" as const,
    scope: "session" as const,
    value: name,
  }));
  // The newest first, as the store answers them.
  const latest = [
    snapshot({ view_id: "b", seq: 1, entities: '{"crm":"new"}' }),
    snapshot({ view_id: "b", seq: 0, errors: '{"cart":"TypeError: gone"}' }),
    snapshot({ view_id: "a", seq: 1, entities: '{"crm":"mid"}', errors: '{"cart":"TypeError: before"}' }),
    snapshot({ view_id: "a", seq: 0, entities: '{"crm":"old"}' }),
    snapshot({ view_id: "a", context_id: "another-visitor" }),
  ];

  it("counts the views on which an entity had a value, with its last value and its last error", () => {
    expect(coverage(entities, latest)).toMatchObject([
      { name: "crm", views: 3, with_value: 2, coverage: 2 / 3, last_value: "new", last_error: null },
      { name: "cart", views: 3, with_value: 0, coverage: 0, last_value: null, last_error: "TypeError: gone" },
    ]);
  });

  it("is no number where there were no views", () => {
    expect(coverage(entities, [])[0]).toMatchObject({ views: 0, coverage: null });
  });
});

describe("the match rate", () => {
  const count = { key: "all", rule: null, reason: null, late: false, calls: 1 };

  it("is matched over all but the unusable, with every status, rule and reason", () => {
    const counts = [
      { ...count, status: "matched", rule: "context_id", calls: 5 },
      { ...count, status: "matched", rule: "alias", late: true, calls: 1 },
      { ...count, status: "offline", reason: "offline_vendor_id" },
      { ...count, status: "unmatched", reason: "unknown_context" },
      { ...count, status: "unusable", reason: "junk_id", calls: 7 },
    ];
    expect(matchRate(counts, ["all"])).toEqual([
      {
        key: "all",
        total: 15,
        matched: 6,
        via_context_id: 5,
        via_alias: 1,
        late: 1,
        offline: 1,
        unmatched: 1,
        unusable: 7,
        match_rate: 6 / 8,
        reasons: { offline_vendor_id: 1, unknown_context: 1, junk_id: 7 },
      },
    ]);
  });

  it("is null over nothing", () => {
    expect(matchRate([], ["all"])[0]).toMatchObject({ total: 0, match_rate: null });
    expect(matchRate([{ ...count, status: "unusable" }], [])[0]).toMatchObject({ total: 1, match_rate: null });
  });
});

describe("a query", () => {
  it.each([
    ["1732262400000", 1732262400000],
    ["2024-11-22", 1732233600000],
    ["2024-11-22T09:00:00+01:00", 1732262400000],
    ["2024-11-22T08:00Z", 1732262400000],
  ])("says a time in milliseconds or ISO 8601: %s", (text, ms) => {
    expect(spanIn("UTC", parseQuery(rateQuery, { from: text })).from).toBe(ms);
  });

  it.each(["yesterday", "2024-11-22T08:00", "2024-13-45", "-1", " "])(
    "is refused for a time that is none: %j",
    (text) => {
      expect(() => parseQuery(rateQuery, { from: text })).toThrow();
    },
  );

  it("takes an empty parameter for none", () => {
    const empty = {
      status: "",
      vendor: "",
      from: "",
      to: "",
      transaction_id: "",
      context_id: "",
      cursor: "",
      limit: "",
    };
    expect(parseQuery(callsQuery, empty)).toEqual({ limit: 50 });
  });

  it("goes on where its cursor says", () => {
    expect(placeOf(cursorOf([5, "x"]))).toEqual([5, "x"]);
    expect(placeOf(undefined)).toBeNull();
    expect(() => placeOf("rubbish")).toThrow(expect.objectContaining({ status: 400 }));
  });
});
