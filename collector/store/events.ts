/** A call's events as they are stored: without anything that an erased visitor is known by. */
import type { Kysely } from "kysely";
import { redactCall } from "./erase";
import { remember, withoutErased } from "./erased";
import { chunks } from "./rows";
import type { CallEventRow, Tables } from "./tables";

/**
 * Adds events that are not there yet. `hasErased` says that one of their sites has erased somebody. Returns the keys of
 * the added events, and the events that make a call an erased visitor's from now on.
 */
export async function addEvents(tx: Kysely<Tables>, events: CallEventRow[], hasErased: boolean, now: number) {
  const { rows, calls } = hasErased ? await withoutErased(tx, events) : { rows: events, calls: [] };
  const added: Pick<CallEventRow, "site" | "call_id" | "event_id">[] = [];
  for (const part of chunks(rows)) {
    const insert = tx
      .insertInto("call_events")
      .values(part)
      .onConflict((conflict) => conflict.doNothing());
    added.push(...(await insert.returning(["site", "call_id", "event_id"]).execute()));
  }
  for (const { site, call_id } of calls) {
    await remember(tx, site, call_id, now);
    await redactCall(tx, site, call_id);
  }
  return { added, calls };
}

/**
 * Replaces a call's events with what they are when they are read again, in the transaction that has locked them. Some
 * may now belong to another call. If none is left here, the call goes, with what webhooks were told of it or were about
 * to be told.
 */
export async function replaceEvents(tx: Kysely<Tables>, before: CallEventRow[], after: CallEventRow[], now: number) {
  for (const { site, call_id, event_id } of before) {
    const row = tx.deleteFrom("call_events").where("site", "=", site).where("call_id", "=", call_id);
    await row.where("event_id", "=", event_id).execute();
  }
  await addEvents(tx, after, true, now);
  for (const [name, { site, call_id }] of new Map(before.map((row) => [row.call_id, row]))) {
    if (!after.some((row) => row.call_id === name)) await redactCall(tx, site, call_id);
  }
}
