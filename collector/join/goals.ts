import type { Goal } from "../wire/site";
import type { CallFacts } from "./event";

/** Names of the goals that a call meets, matched or not; only a matched one is a conversion (contract 6.6). */
export function goalsOf(call: Pick<CallFacts, "type" | "total">, goals: Goal[]): string[] {
  return goals
    .filter(({ types }) => types === undefined || types.includes(call.type))
    .filter(({ min_total }) => min_total === undefined || (call.total !== null && call.total.value >= min_total))
    .map(({ name }) => name);
}
