/** Call events: from what a vendor posted to rows (contract 5). */
import { setImmediate as others } from "node:timers/promises";
import canonicalize from "canonicalize";
import { hashOf, sha256 } from "../hash";
import type { CallEventRow, RejectedRow } from "../store/tables";
import { CALL_ID_LENGTH } from "../wire/ids";
import type { Site, Vendor } from "../wire/site";
import type { Receipt } from "../wire/snapshots";
import { wellFormedJson } from "../wire/text";
import { keeperOf, readerOf } from "./adapters";
import type { CallEvent, Refusal } from "./adapters/event";
import type { Committer } from "./commit";
import { type Rejection, receipt, rejectedRow } from "./receipt";

/** A batch of one vendor's events, still as that vendor wrote them. */
export interface EventBatch {
  site: string;
  vendor: Vendor;
  document: Site;
  /** Where a refused event would be sent to again: `calls`, or `native` for a vendor's own format. */
  route: "calls" | "native";
  events: unknown[];
  /** Why all of them are to be refused, whatever they say. */
  refusal?: Refusal | null;
  receivedAt: number;
  bytes: number;
}

/** Takes a batch; resolves when what it counts as accepted is on disk. */
export type TakeEvents = (batch: EventBatch) => Promise<Receipt>;

/** An event as it is kept, and what was read out of it. */
export interface Read {
  /** JSON. */
  body: string;
  event: (Omit<CallEventRow, "site" | "vendor" | "body" | "received_at"> & { event: CallEvent }) | Refusal;
}

export function createEventIntake(committer: Committer): TakeEvents {
  return async (batch) => {
    const { site, vendor, route, receivedAt, bytes, refusal } = batch;
    const rows: CallEventRow[] = [];
    const rejected: RejectedRow[] = [];
    const rejections: Rejection[] = [];
    for (const [index, { body, event: read }] of (await readInSteps(batch)).entries()) {
      const refused = refusal ?? ("reason" in read ? read : null);
      if (refused) {
        const { reason, detail } = refused;
        rejections.push({ index, reason, detail });
        const call_id = refusedCallOf(site, vendor.name, read);
        rejected.push(
          rejectedRow({ site, route, vendor: vendor.name, call_id, received_at: receivedAt, body }, refused),
        );
      } else if (!("reason" in read)) {
        const { event: _read, ...row } = read;
        rows.push({ site, vendor: vendor.name, ...row, body, received_at: receivedAt });
      }
    }
    const written = await committer.submit({ snapshots: [], events: rows, rejected }, bytes);
    return receipt(written.events, rejections);
  };
}

/** Events read at once: a batch of thousands must not hold up who asks meanwhile. */
const STEP = 100;

async function readInSteps(batch: EventBatch): Promise<Read[]> {
  const read: Read[] = [];
  for (let n = 0; n < batch.events.length; n += STEP) {
    if (n > 0) await others();
    read.push(...readEvents({ ...batch, events: batch.events.slice(n, n + STEP) }));
  }
  return read;
}

/** Reads a batch: first what is not to be kept is taken out, so that nothing that comes after knows it. */
export function readEvents({
  site,
  vendor,
  document,
  events,
}: Pick<EventBatch, "site" | "vendor" | "document" | "events">): Read[] {
  const [keep, read] = [keeperOf(vendor, document), readerOf(vendor, document)];
  return events.map((raw) => {
    // Half of a surrogate pair, which JSON.stringify escapes, is U+FFFD in every store (contract 2).
    const given = keep(raw);
    const body = wellFormedJson(given);
    const kept: unknown = body.includes("\ufffd") ? JSON.parse(body) : given;
    const event = read(kept);
    if ("reason" in event) return { body, event };
    try {
      return { body, event: { ...rowOf(site, vendor.name, event, canonicalize(kept) ?? "null"), event } };
    } catch {
      // JSON.parse makes Infinity of 1e999, which no JSON can say again.
      return { body, event: { reason: "invalid", detail: "event: a number in it is too large" } };
    }
  });
}

/** The id of a call: derived from what makes it one call, so that a replay makes the same (contract 5). */
export function callIdOf(site: string, vendor: string, type: string, transactionId: string): string {
  return hashOf(site, vendor, type, transactionId).slice(0, CALL_ID_LENGTH);
}

/** The call that a refused event is of: one of an erased visitor's is kept no more than another of it. Null where it does not say. */
export function refusedCallOf(site: string, vendor: string, read: Read["event"] | undefined): string | null {
  const of = read && ("reason" in read ? read.of : read);
  return of ? callIdOf(site, vendor, of.type, of.transaction_id) : null;
}

export function rowOf(
  site: string,
  vendor: string,
  event: CallEvent,
  canonical: string,
): Omit<CallEventRow, "site" | "vendor" | "body" | "received_at"> {
  const { total, own_is_alias, answered, ...rest } = event;
  return {
    ...rest,
    call_id: callIdOf(site, vendor, event.type, event.transaction_id),
    event_id: sha256(canonical),
    own_is_alias: own_is_alias ? 1 : 0,
    canonical,
    total_value: total?.value ?? null,
    total_currency: total?.currency ?? null,
    answered: answered === null ? null : Number(answered),
  };
}
