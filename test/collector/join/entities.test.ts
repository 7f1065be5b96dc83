import { describe, expect, it } from "vitest";
import { asOf } from "../../../collector/join/entities";
import { goalsOf } from "../../../collector/join/goals";
import { snapshot } from "../store/rows";

const says = (view_id: string, entities: object) => snapshot({ view_id, entities: JSON.stringify(entities) });

describe("entities as of a moment", () => {
  const entities = [
    { name: "s", scope: "session" as const },
    { name: "p", scope: "page_view" as const },
  ];

  it("have the last value said: in the session, or on the view, by their scope", () => {
    const values = asOf(entities, "v2");
    for (const row of [says("v1", { s: "last", p: "elsewhere" }), says("v2", { p: 0 }), says("v1", { s: "before" })])
      values.take(row);
    expect(values.values()).toEqual({ s: "last", p: 0 });
    expect(values.complete()).toBe(true);
  });

  it("have none that the site does not list, and none that was not said", () => {
    const values = asOf(entities, "v1");
    values.take(says("other", { p: 1 }));
    values.take(says("v1", { unlisted: 1, toString: 2 }));
    expect(values.values()).toEqual({});
    expect(values.complete()).toBe(false);
  });

  it("may be named like what every object has", () => {
    const values = asOf([{ name: "constructor", scope: "session" }], "v1");
    values.take(says("v1", { other: 1 }));
    expect(values.values()).toEqual({});
    values.take(says("v1", { constructor: "x" }));
    expect(values.values()).toEqual({ constructor: "x" });
  });
});

describe("goals", () => {
  const call = { type: "ecBasketTransactionSummary" as const, total: { value: 5, currency: "GBP" } };

  it("are met by type and by total, both where both are asked for", () => {
    const goals = [
      { name: "any" },
      { name: "type", types: ["trPackageTransactionSummary" as const] },
      { name: "total", min_total: 5 },
      { name: "more", min_total: 5.01 },
    ];
    expect(goalsOf(call, goals)).toEqual(["any", "total"]);
  });

  it("with a least total are met by no call without one, not even where it is zero", () => {
    expect(goalsOf({ ...call, total: null }, [{ name: "zero", min_total: 0 }])).toEqual([]);
  });
});
