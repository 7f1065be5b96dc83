/** Goals: which matched calls count as conversions. */
import { SUMMARY_TYPES } from "../../../wire/lists";
import { Several, Text } from "../form";
import { Rows } from "../rows";
import type { Site } from "./document";

type Goal = Site["goals"][number];

export function Goals({ goals, onChange }: { goals: Goal[]; onChange: (goals: Goal[]) => void }) {
  return (
    <Rows
      legend="Goals"
      hint="A matched call that meets all that a goal asks is a conversion."
      what="goal"
      path="goals"
      rows={goals}
      onChange={onChange}
      fresh={{ name: "" }}
    >
      {(goal, path, put) => (
        <>
          <Text
            label="Goal"
            path={`${path}.name`}
            isCode
            value={goal.name}
            onInput={(name) => put({ ...goal, name })}
          />
          <Text
            label="At least this total"
            path={`${path}.min_total`}
            value={shown(goal.min_total)}
            onInput={(typed) => put(withNumber(goal, "min_total", typed))}
          />
          <Text
            label="At least so many seconds"
            path={`${path}.min_duration_s`}
            value={shown(goal.min_duration_s)}
            onInput={(typed) => put(withNumber(goal, "min_duration_s", typed))}
          />
          <Text
            label="Worth without a total"
            path={`${path}.value`}
            value={shown(goal.value)}
            onInput={(typed) => put(withNumber(goal, "value", typed))}
          />
          <Text
            label="Its currency"
            path={`${path}.currency`}
            value={goal.currency ?? ""}
            onInput={(typed) => {
              const { currency: _before, ...others } = goal;
              put(typed === "" ? others : { ...others, currency: typed });
            }}
          />
          <Several
            legend="Kinds"
            options={SUMMARY_TYPES.map((value) => ({ value, label: value }))}
            chosen={goal.types ?? []}
            onChange={(types) => {
              const { types: _before, ...others } = goal;
              put(types.length > 0 ? { ...others, types: types as Goal["types"] } : others);
            }}
          />
          <Several
            legend="Answered"
            options={[{ value: "unanswered", label: "unanswered calls count, too" }]}
            chosen={goal.unanswered ? ["unanswered"] : []}
            onChange={([ticked]) => put({ ...goal, unanswered: ticked !== undefined })}
          />
        </>
      )}
    </Rows>
  );
}

/** A number as it is written; one that is none is left for the collector to name (JSON has null for it). */
function shown(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "" : String(value);
}

function withNumber(goal: Goal, key: "min_total" | "min_duration_s" | "value", typed: string): Goal {
  const { [key]: _before, ...others } = goal;
  return typed.trim() === "" ? others : { ...others, [key]: Number(typed) };
}
