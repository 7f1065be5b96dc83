import { expect, test } from "vitest";
import type { Explain } from "../../collector/console/app/answers";
import { clockTime } from "../../collector/console/app/format";
import type { Session } from "../../collector/console/app/visit/context";
import { type ExplainedCall, explained } from "../../collector/console/app/visit/explained";

const T = Date.UTC(2026, 10, 27, 14, 5);
const OPENED = T - 3 * 60_000;

const product = {
  ...{ view_id: "v1", number: 3, url: "https://shop.example/p/9", referrer: null, title: null },
  ...{ started_at: OPENED, last_seen_at: T - 1_000, snapshots_omitted: 0 },
  snapshots: [
    { seq: 0, at: OPENED, entities: { basket_total: 10 } },
    { seq: 1, at: T - 3_000, entities: { basket_total: 49.9 } },
  ],
};
const visit: Session[] = [{ session_id: "s1", number: 1, started_at: OPENED, views: [product] }];
const scopes = new Map([["basket_total", "page_view"]]);

type Placed = Extract<Explain, { call_url: string }>;

function call(
  join: Partial<ExplainedCall["join"]>,
  { clock = null, ...explain }: Partial<Omit<Placed, "join">> & Partial<Pick<Placed["join"], "clock">> = {},
): ExplainedCall {
  const isMatched = join.status === "matched";
  const joined: ExplainedCall["join"] = {
    ...{ status: "matched", rule: null, reason: null, late: false, gap_ms: null },
    ...{ context_id: null, session_id: null, view_id: isMatched ? "v1" : null },
    ...join,
  };
  return {
    ...{ id: "c1", vendor: "infinity", type: "ecBasketTransactionSummary", version: 1, transaction: { id: "1" } },
    ...{ total: null, ts: T, ts_unit: "ms", url: "", source: "", goals: [] },
    ...{ duration_s: null, answered: null, direction: "inbound", caller: null, caller_sha256: null, dialled: null },
    join: joined,
    context: isMatched
      ? {
          ...{ view_number: 3, session_number: 1, session_view_number: 2, view_ts: OPENED, session_ts: OPENED },
          ...{ url: "https://shop.example/p/9", referrer: null, entrance_url: null, conversion_number: null },
        }
      : null,
    entities: isMatched ? { basket_total: 49.9 } : {},
    explain: {
      ...{ own_id: null, fields: ["context.id"], cut: T, missing: null, join: { ...joined, clock } },
      ...{ events: [], candidates: [], call_url: "", clock_offset_ms: 0, last_activity: null, arrived_late: [] },
      ...explain,
    },
  };
}

test("a matched call says its page, since when it was open, and each value with its time before the call", () => {
  const said = explained(call({ status: "matched", rule: "context_id" }), visit, scopes);
  expect(said[0]).toBe(`Joined to /p/9, open since ${clockTime(OPENED)}.`);
  expect(said).toContain("The value of basket_total, 49.9, was read 3 s before the call.");
  expect(said).toContain("The vendor sent the visitor's context_id in context.id.");
});

test("a value that the site lists no more is not told", () => {
  const old = { ...call({ status: "matched", rule: "context_id" }), entities: {} };
  expect(explained(old, visit, scopes).join(" ")).not.toContain("basket_total");
});

test("a value that would turn the writing round leaves its sentence as it is", () => {
  const turned = { ...call({ status: "matched", rule: "context_id" }), entities: { basket_total: "a\u202Eb" } };
  expect(explained(turned, visit, scopes)).toContain("The value of basket_total, ab, was the last before the call.");
});

test("a value whose snapshot is not among those that are shown is told without its time", () => {
  const other = { ...call({ status: "matched", rule: "context_id" }), entities: { basket_total: 7 } };
  expect(explained(other, visit, scopes)).toContain("The value of basket_total, 7, was the last before the call.");
});

test("a view that began after the call says so", () => {
  const matched = call({ status: "matched", rule: "context_id" });
  const late = { ...matched, ts: OPENED - 20_000 };
  expect(explained(late, visit, scopes)[0]).toBe(
    `Joined to /p/9, which began at ${clockTime(OPENED)}, 20 s after the call.`,
  );
});

test("why this view, and not another one of the session", () => {
  const candidates = ["v0", "v1"].map((view_id) => ({
    ...{ view_id, session_id: "s1", number: 1, url: null, started_at: OPENED },
    chosen: view_id === "v1",
  }));
  const newest = explained(
    call({ status: "matched", rule: "context_id" }, { candidates, call_url: "" }),
    visit,
    scopes,
  );
  expect(newest).toContain("Of 2 views of this session it is this one because it was the newest.");
  const call_url = "https://shop.example/p/9";
  const own = explained(call({ status: "matched", rule: "context_id" }, { candidates, call_url }), visit, scopes);
  expect(own).toContain(
    "Of 2 views of this session it is this one because its address is the one that the vendor sent.",
  );
});

test("wrong clocks and a late visit are told", () => {
  const matched = call(
    { status: "matched", rule: "context_id", late: true },
    { clock_offset_ms: -7_200_000, clock: "ahead" },
  );
  const said = explained(matched, visit, scopes).join(" ");
  expect(said).toContain("The visitor's clock was 2 h 0 min fast");
  expect(said).toContain("first answered as unmatched");
  expect(said).toContain("The vendor's clock is ahead");
});

test("a call that is not matched says why, and what it would need", () => {
  const missing = "any snapshot of the context that the call names, abc in context.id";
  const said = explained(call({ status: "unmatched", reason: "unknown_context" }, { missing }), [], scopes);
  expect(said).toEqual(["Not joined: the visitor is unknown.", `To be joined it would need ${missing}.`]);
});

test("a call that a rule has left out is missing nothing", () => {
  const missing = `nothing: a rule in the vendor's "unusable" says that such calls belong to no visit`;
  const said = explained(call({ status: "unusable", reason: "vendor_rule" }, { missing }), [], scopes);
  expect(said[1]).toBe(`A rule in the vendor's "unusable" says that such calls belong to no visit.`);
});
