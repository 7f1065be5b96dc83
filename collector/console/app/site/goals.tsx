/** Goals: which matched calls count as conversions. */
import { SUMMARY_TYPES } from "../../../wire/lists";
import { Several } from "../choices";
import { Text, tie } from "../form";
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
      {(goal, path, put) => {
        const of = tie<Goal>(goal, (change) => put({ ...goal, ...change }), `${path}.`);
        return (
          <>
            <Text label="Goal" isCode {...of("name")} />
            <Numeral label="At least this total" {...of("min_total")} />
            <Numeral label="At least this many seconds" {...of("min_duration_s")} />
            <Numeral label="Worth without a total" {...of("value")} />
            <Text
              label="Its currency"
              {...of("currency")}
              onInput={(typed) => put({ ...goal, currency: typed || undefined } as Goal)}
            />
            <Several
              legend="Kinds"
              options={SUMMARY_TYPES}
              chosen={goal.types ?? []}
              onChange={(types) => put({ ...goal, types: types.length > 0 ? types : undefined } as Goal)}
            />
            <Several
              legend="Answered"
              options={{ unanswered: "unanswered calls count, too" }}
              chosen={goal.unanswered ? ["unanswered"] : []}
              onChange={([ticked]) => put({ ...goal, unanswered: ticked !== undefined })}
            />
          </>
        );
      }}
    </Rows>
  );
}
