/** Call events: from what a vendor posted to rows (contract 5). */
import canonicalize from "canonicalize";
import { hashOf, sha256 } from "../store/hash";
import type { CallEventRow, RejectedRow } from "../store/tables";
import { CALL_ID_LENGTH } from "../wire/ids";
import type { Receipt } from "../wire/snapshots";
import type { CallEvent, Refusal } from "./adapters/adapter";
import type { Committer } from "./commit";
import { type Rejection, receipt, rejectedRow } from "./receipt";

/** A batch of one vendor's events, still as that vendor wrote them. */
export interface EventBatch {
  site: string;
  vendor: string;
  /** Where a refused event would be sent to again: `calls`, or `native` for a vendor's own format. */
  route: "calls" | "native";
  events: unknown[];
  /** The adapter's reading of one event. */
  read: (event: unknown) => CallEvent | Refusal;
  receivedAt: number;
  bytes: number;
}

/** Takes a batch; resolves when what it counts as accepted is on disk. */
export type TakeEvents = (batch: EventBatch) => Promise<Receipt>;

export function createEventIntake(committer: Committer): TakeEvents {
  return async ({ site, vendor, route, events, read, receivedAt, bytes }) => {
    const rows: CallEventRow[] = [];
    const rejected: RejectedRow[] = [];
    const rejections: Rejection[] = [];
    events.forEach((raw, index) => {
      const event = readWhole(raw, read);
      const body = JSON.stringify(raw);
      if ("reason" in event) {
        rejections.push({ index, ...event });
        rejected.push(rejectedRow({ site, route, vendor, received_at: receivedAt, body }, event));
      } else rows.push({ site, vendor, ...rowOf(site, vendor, event), body, received_at: receivedAt });
    });
    const written = await committer.submit({ snapshots: [], events: rows, rejected }, bytes);
    return receipt(written.events, rejections);
  };
}

type Read = CallEvent & { canonical: string };

function readWhole(raw: unknown, read: EventBatch["read"]): Read | Refusal {
  const event = read(raw);
  if ("reason" in event) return event;
  try {
    return { ...event, canonical: canonicalize(raw) ?? "null" };
  } catch {
    // JSON.parse makes Infinity of 1e999, which no JSON can say again.
    return { reason: "invalid", detail: "event: a number in it is too large" };
  }
}

/** The id of a call: derived from what makes it one call, so that a replay makes the same (contract 5). */
export function callIdOf(site: string, vendor: string, type: string, transactionId: string): string {
  return hashOf(site, vendor, type, transactionId).slice(0, CALL_ID_LENGTH);
}

function rowOf(
  site: string,
  vendor: string,
  event: Read,
): Omit<CallEventRow, "site" | "vendor" | "body" | "received_at"> {
  const { total, canonical, own_is_alias, ...rest } = event;
  return {
    ...rest,
    call_id: callIdOf(site, vendor, event.type, event.transaction_id),
    event_id: sha256(canonical),
    own_is_alias: own_is_alias ? 1 : 0,
    canonical,
    total_value: total?.value ?? null,
    total_currency: total?.currency ?? null,
  };
}
