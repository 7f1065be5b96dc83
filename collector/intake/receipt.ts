/** Refusals, and the receipt that a batch is answered with. */
import { hashOf } from "../hash";
import type { Verdict } from "../store/intake";
import type { RejectedRow } from "../store/tables";
import type { Receipt, RejectReason } from "../wire/snapshots";

export interface Rejection {
  index: number;
  reason: RejectReason;
  detail: string;
}

/** The stored form of a refused item. It is complete, so it can be sent through the same route again. */
export function rejectedRow(
  row: Omit<RejectedRow, "id" | "reason" | "detail">,
  { reason, detail }: Pick<RejectedRow, "reason" | "detail">,
): RejectedRow {
  return { ...row, id: hashOf(row.route, reason, row.body).slice(0, 32), reason, detail };
}

/** Counts verdicts, and adds the refusals in the order of the batch. */
export function receipt(verdicts: Verdict[], rejections: Rejection[]): Receipt {
  return {
    accepted: verdicts.filter((verdict) => verdict === "accepted").length,
    duplicate: verdicts.filter((verdict) => verdict === "duplicate").length,
    rejected: [...rejections].sort((a, b) => a.index - b.index),
  };
}
