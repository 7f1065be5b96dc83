/** How many calls were matched, and why the others were not. */
import type { CallCount } from "../store/reads";

export interface MatchRateRow {
  key: string;
  total: number;
  matched: number;
  via_context_id: number;
  via_alias: number;
  late: number;
  offline: number;
  unmatched: number;
  unusable: number;
  /** matched / (total − unusable), or null if that divides by zero. */
  match_rate: number | null;
  /** Calls that are not matched, by reason. */
  reasons: Record<string, number>;
}

/** Rows in the order of their keys. Each of `keys` gets a row even if nothing was counted for it. */
export function matchRate(counts: CallCount[], keys: string[]): MatchRateRow[] {
  const all = [...new Set([...keys, ...counts.map(({ key }) => key)])].sort();
  return all.map((key) =>
    rowOf(
      key,
      counts.filter((count) => count.key === key),
    ),
  );
}

function rowOf(key: string, counts: CallCount[]): MatchRateRow {
  const sum = (of: (count: CallCount) => boolean) => counts.filter(of).reduce((calls, count) => calls + count.calls, 0);
  const total = sum(() => true);
  const matched = sum(({ status }) => status === "matched");
  const unusable = sum(({ status }) => status === "unusable");
  const reasons: Record<string, number> = {};
  for (const { reason, calls } of counts) if (reason) reasons[reason] = (reasons[reason] ?? 0) + calls;
  return {
    key,
    total,
    matched,
    via_context_id: sum(({ rule }) => rule === "context_id"),
    via_alias: sum(({ rule }) => rule === "alias"),
    late: sum(({ late }) => late),
    offline: sum(({ status }) => status === "offline"),
    unmatched: sum(({ status }) => status === "unmatched"),
    unusable,
    match_rate: total === unusable ? null : matched / (total - unusable),
    reasons,
  };
}
