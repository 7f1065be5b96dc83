/** Goals: which matched calls count as conversions. */
import { Several, Text } from "../form";
import type { Site } from "./document";
import { TYPES } from "./filters";

type Goal = Site["goals"][number];

export function Goals({ goals, onChange }: { goals: Goal[]; onChange: (goals: Goal[]) => void }) {
  const put = (index: number, goal: Goal) => onChange(goals.map((one, at) => (at === index ? goal : one)));
  return (
    <fieldset class="parameters">
      <legend>Goals</legend>
      <p class="hint">A matched call that meets all that a goal asks is a conversion.</p>
      {goals.map((goal, index) => {
        const path = `goals.${index}`;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row has nothing else that stays: its name is what is being written.
          <div key={index} class="parameter">
            <Text
              label="Goal"
              path={`${path}.name`}
              isCode
              value={goal.name}
              onInput={(name) => put(index, { ...goal, name })}
            />
            <Text
              label="At least this total"
              path={`${path}.min_total`}
              value={shown(goal.min_total)}
              onInput={(typed) => put(index, withNumber(goal, "min_total", typed))}
            />
            <Text
              label="At least so many seconds"
              path={`${path}.min_duration_s`}
              value={shown(goal.min_duration_s)}
              onInput={(typed) => put(index, withNumber(goal, "min_duration_s", typed))}
            />
            <Text
              label="Worth without a total"
              path={`${path}.value`}
              value={shown(goal.value)}
              onInput={(typed) => put(index, withNumber(goal, "value", typed))}
            />
            <Text
              label="Its currency"
              path={`${path}.currency`}
              value={goal.currency ?? ""}
              onInput={(typed) => {
                const { currency: _before, ...others } = goal;
                put(index, typed === "" ? others : { ...others, currency: typed });
              }}
            />
            <Several
              legend="Kinds"
              options={TYPES.map((value) => ({ value, label: value }))}
              chosen={goal.types ?? []}
              onChange={(types) => {
                const { types: _before, ...others } = goal;
                put(index, types.length > 0 ? { ...others, types: types as Goal["types"] } : others);
              }}
            />
            <Several
              legend="Answered"
              options={[{ value: "unanswered", label: "unanswered calls count, too" }]}
              chosen={goal.unanswered ? ["unanswered"] : []}
              onChange={([ticked]) => put(index, { ...goal, unanswered: ticked !== undefined })}
            />
            <button type="button" class="plain" onClick={() => onChange(goals.filter((_one, at) => at !== index))}>
              Remove<span class="unseen"> goal {index + 1}</span>
            </button>
          </div>
        );
      })}
      <div class="row">
        <button type="button" onClick={() => onChange([...goals, { name: "" }])}>
          Add a goal
        </button>
      </div>
    </fieldset>
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
