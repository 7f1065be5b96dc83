import { groupBy } from "./order";
import type { Outcome } from "./types";

/** A row of `match-rate` (contract 8), less `late`, which tells history. */
export interface MatchRateRow {
  key: string;
  total: number;
  matched: number;
  via_context_id: number;
  via_alias: number;
  offline: number;
  unmatched: number;
  unusable: number;
  match_rate: number | null;
}

/** "without `by` one row `all`; days are UTC" */
export function matchRate(calls: Outcome[], by?: "vendor" | "day"): MatchRateRow[] {
  if (by === undefined) return [row("all", calls)];
  const groups = groupBy(calls, (call) =>
    by === "vendor" ? call.vendor : new Date(call.ts).toISOString().slice(0, 10),
  );
  return [...groups].map(([key, ofKey]) => row(key, ofKey));
}

function row(key: string, calls: Outcome[]): MatchRateRow {
  const count = (belongs: (call: Outcome) => boolean) => calls.filter(belongs).length;
  const matched = count((call) => call.join.status === "matched");
  const unusable = count((call) => call.join.status === "unusable");
  const base = calls.length - unusable;
  return {
    key,
    total: calls.length,
    matched,
    via_context_id: count((call) => call.join.rule === "context_id"),
    via_alias: count((call) => call.join.rule === "alias"),
    offline: count((call) => call.join.status === "offline"),
    unmatched: count((call) => call.join.status === "unmatched"),
    unusable,
    // "match_rate = matched / (total − unusable), null over nothing"
    match_rate: base === 0 ? null : matched / base,
  };
}
