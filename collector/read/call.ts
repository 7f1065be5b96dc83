/** A stored call as it is answered. */
import { isLate } from "../join/joiner";
import type { NumberedCall } from "../store/reads";
import type { Call, Outcome } from "../wire/call";

export function callOf(row: NumberedCall): Call {
  const outcome: Outcome = JSON.parse(row.outcome);
  const { join, context, entities, goals, id, vendor, type, ...facts } = outcome;
  return {
    id,
    vendor,
    type,
    version: row.version,
    ...facts,
    join: { ...join, late: isLate(row) },
    context: context && { ...context, conversion_number: row.conversion_number },
    entities,
    goals,
  };
}
