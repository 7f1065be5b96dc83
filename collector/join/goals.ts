import type { Goal } from "../wire/site";
import type { CallFacts } from "./event";

/** Names of the goals that a call meets, matched or not; only a matched one is a conversion (contract 6.6). */
export function goalsOf(
  { type, total, duration_s, answered }: Pick<CallFacts, "type" | "total" | "duration_s" | "answered">,
  goals: Goal[],
): string[] {
  // What is not known is not enough.
  const reaches = (value: number | null | undefined, least: number | undefined) =>
    least === undefined || (value ?? Number.NEGATIVE_INFINITY) >= least;
  return goals
    .filter(({ types }) => types === undefined || types.includes(type))
    .filter(({ min_total, min_duration_s }) => reaches(total?.value, min_total) && reaches(duration_s, min_duration_s))
    .filter(({ unanswered }) => answered !== false || unanswered)
    .map(({ name }) => name);
}
