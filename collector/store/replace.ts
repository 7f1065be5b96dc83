/** Events that were read anew, in the place of what they were. */
import type { Kysely } from "kysely";
import { chunks } from "./chunks";
import { redactCall } from "./erase";
import { remember, withoutErased } from "./erased";
import type { CallEventRow, Tables } from "./tables";

/**
 * Replaces a call's events, in the transaction that has locked them. Some may now be another call's: where none is left here, the call goes,
 * with what was told of it or was to be. Of an erased visitor they are redacted, as if they came now.
 */
export async function replaceEvents(
  tx: Kysely<Tables>,
  before: CallEventRow[],
  after: CallEventRow[],
  now: number,
): Promise<void> {
  for (const { site, call_id, event_id } of before) {
    const row = tx.deleteFrom("call_events").where("site", "=", site).where("call_id", "=", call_id);
    await row.where("event_id", "=", event_id).execute();
  }
  const { rows, calls } = await withoutErased(tx, after);
  for (const part of chunks(rows)) {
    const insert = tx.insertInto("call_events").values(part);
    await insert.onConflict((conflict) => conflict.doNothing()).execute();
  }
  for (const { site, call_id } of calls) {
    await remember(tx, site, [call_id], now);
    await redactCall(tx, site, call_id);
  }
  for (const [name, { site, call_id }] of new Map(before.map((row) => [row.call_id, row]))) {
    if (!after.some((row) => row.call_id === name)) await redactCall(tx, site, call_id);
  }
}
