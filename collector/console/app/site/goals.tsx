/** Goals: which matched calls count as conversions. */
import { SUMMARY_TYPES } from "../../../wire/lists";
import { Several, Text } from "../form";
import { Rows } from "../rows";
import { Numeral } from "../typed";
import type { Site } from "./document";

type Goal = Site["goals"][number];

export function Goals({ goals, onChange }: { goals: Goal[]; onChange: (goals: Goal[]) => void }) {
  return (
    <Rows
      legend="Goals"
      hint="A matched call that meets all conditions of a goal is a conversion."
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
          <Numeral
            label="At least this total"
            path={`${path}.min_total`}
            value={goal.min_total}
            onInput={(to) => put({ ...goal, min_total: to } as Goal)}
          />
          <Numeral
            label="At least this many seconds"
            path={`${path}.min_duration_s`}
            value={goal.min_duration_s}
            onInput={(to) => put({ ...goal, min_duration_s: to } as Goal)}
          />
          <Numeral
            label="Worth without a total"
            path={`${path}.value`}
            value={goal.value}
            onInput={(to) => put({ ...goal, value: to } as Goal)}
          />
          <Text
            label="Its currency"
            path={`${path}.currency`}
            value={goal.currency ?? ""}
            onInput={(typed) => put({ ...goal, currency: typed || undefined } as Goal)}
          />
          <Several
            legend="Kinds"
            options={SUMMARY_TYPES.map((value) => ({ value, label: value }))}
            chosen={goal.types ?? []}
            onChange={(types) => put({ ...goal, types: types.length > 0 ? types : undefined } as Goal)}
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
