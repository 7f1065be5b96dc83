/** A stored call as it is answered. */
import type { NumberedCall } from "../store/reads";
import type { CallRow } from "../store/tables";
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

/** A matched call that was first answered otherwise (contract 8, `late`). */
export function isLate({ status, first_status }: Pick<CallRow, "status" | "first_status">): boolean {
  return status === "matched" && first_status !== "matched";
}
