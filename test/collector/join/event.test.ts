import { describe, expect, it } from "vitest";
import { mergeEvents } from "../../../collector/join/event";
import type { CallEventRow } from "../../../collector/store/tables";
import { event } from "../store/rows";

/** Merges in every order of arrival; all have to agree. */
function merged(...events: CallEventRow[]) {
  const results = orders(events).map((order) => mergeEvents(order, ["gbr0"]));
  for (const result of results) expect(result).toEqual(results[0]);
  return results[0];
}

function orders<T>(items: T[]): T[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) => orders(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

describe("several events of one call", () => {
  it("happen at the earliest time", () => {
    expect(merged(event({ ts: 3 }), event({ ts: 1 }), event({ ts: 2 }))?.ts).toBe(1);
  });

  it("are in whole seconds if any at that time is", () => {
    expect(merged(event({ ts: 1_000, ts_unit: "s" }), event({ ts: 1_000, ts_unit: "ms" }))?.ts_unit).toBe("s");
    expect(merged(event({ ts: 1_000, ts_unit: "ms" }), event({ ts: 2_000, ts_unit: "s" }))?.ts_unit).toBe("ms");
  });

  it("take each field from the last that has one, empty ones never", () => {
    const start = event({ ts: 1, url: "https://a/", source: "x", total_value: 1, total_currency: "GBP" });
    const end = event({ ts: 2, url: "", source: "y", total_value: null });
    expect(merged(start, end)).toMatchObject({ url: "https://a/", source: "y", total: { value: 1, currency: "GBP" } });
  });

  it("of one time are ordered by the vendor's revision, then by their arrival, then by their canonical JSON", () => {
    const later = event({ source: "post-call", revision: 2, canonical: "a" });
    const early = event({ source: "pre-call", revision: 1, canonical: "b" });
    expect(merged(early, later)?.source).toBe("post-call");
    const raised = event({ source: "raised", canonical: "a", received_at: 2 });
    expect(merged(event({ source: "first", canonical: "b", received_at: 1 }), raised)?.source).toBe("raised");
    expect(merged(event({ source: "1", canonical: "a" }), event({ source: "2", canonical: "b" }))?.source).toBe("2");
  });

  it("tell duration, outcome and numbers as the last that knows them", () => {
    const ringing = event({ ts: 1, caller: "+14045550123", caller_sha256: "a", dialled: "+14045550199" });
    const ended = event({ ts: 2, answered: 0, duration_s: 0 });
    expect(merged(ringing, ended, event({ ts: 3 }))).toMatchObject({
      answered: false,
      duration_s: 0,
      caller: "+14045550123",
      caller_sha256: "a",
      dialled: "+14045550199",
    });
    expect(merged(event())).toMatchObject({ answered: null, duration_s: null, caller: null });
  });

  it("count a junk id only where none has a better one", () => {
    expect(merged(event({ ts: 1, own_id: "good-id-1" }), event({ ts: 2, own_id: "undefined" }))?.own_id).toBe(
      "good-id-1",
    );
    expect(merged(event({ ts: 1, own_id: "null" }), event({ ts: 2, own_id: null }))?.own_id).toBe("null");
    expect(merged(event({ own_id: null }))?.own_id).toBeNull();
  });

  it("do not take a vendor's own id for junk, however short", () => {
    expect(merged(event({ ts: 1, own_id: "gbr01" }), event({ ts: 2, own_id: "short" }))?.own_id).toBe("gbr01");
  });
});
