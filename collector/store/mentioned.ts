/** Finds erased ids wherever else they appear: reads through the raw bodies and refusals of a site once. */
import { type Kysely, sql } from "kysely";
import { mentions } from "../wire/mentions";
import { deleteDeliveriesNaming } from "./delivery-log";
import { addDueCalls } from "./due";
import type { Engine } from "./engine";
import { isTheirs, ownIdOf, remember, without } from "./erased";
import type { DueRow, Tables } from "./tables";
import { budget, lockCall, type Step } from "./transact";

/** Where a scan of a site's events and refusals goes on. */
export interface ScanPlace {
  table: "call_events" | "rejected";
  after: [string, string];
}

/**
 * What a step has found: calls that are the visitor's, which are marked and must be redacted, and other calls that must
 * be joined again.
 */
export interface Found<Next> {
  calls: string[];
  due: DueRow[];
  /** Where the next step goes on. Null if there is none. */
  next: Next | null;
}

/**
 * Finds ids in some events and refusals of a site, wherever they name them. Refusals and other visitors' calls lose the
 * ids at once.
 */
export async function findMentions(
  { db, engine, step }: { db: Kysely<Tables>; engine: Engine; step: Step },
  site: string,
  ids: string[],
  from: ScanPlace,
  now: number,
): Promise<Found<ScanPlace>> {
  const isNamed = mentions(ids);
  const isOver = budget();
  let place: ScanPlace | null = from;
  while (place && !isOver()) {
    const { table } = place;
    const { rows, next } = await textsAfter(db, site, place);
    const named = rows.filter(({ text }) => isNamed(text)).map(({ key }) => key);
    if (named.length > 0 && table === "rejected") {
      const refused = named.map(([id]) => id);
      await db.deleteFrom("rejected").where("site", "=", site).where("id", "in", refused).execute();
    } else if (named.length > 0) {
      return step(site, async (tx, isOver) => {
        const [calls, others]: [string[], string[]] = [[], []];
        let last: [string, string] | undefined;
        while (last === undefined || !isOver()) {
          last = named.shift();
          if (!last) break;
          ((await eraseMention(tx, engine, site, last, ids, now)) ? calls : others).push(last[0]);
        }
        return { calls, due: await addDueCalls(tx, site, others, now), next: last ? { table, after: last } : next };
      });
    }
    place = next;
  }
  return { calls: [], due: [], next: place };
}

/**
 * Erases what an event says about erased ids. If the call is somebody else's, the event loses the ids, and deliveries
 * of the call that name them are deleted. Any other call belongs to the erased visitor: it is marked, and the result is
 * true.
 */
async function eraseMention(
  tx: Kysely<Tables>,
  engine: Engine,
  site: string,
  [callId, eventId]: [string, string],
  ids: string[],
  now: number,
): Promise<boolean> {
  await lockCall(tx, engine, site, callId);
  const calls = tx.selectFrom("calls").select("context_id").where("site", "=", site).where("call_id", "=", callId);
  const call = await calls.executeTakeFirst();
  const isJoinedWithThem = ids.includes(call?.context_id ?? "");
  if (isJoinedWithThem || isTheirs(await ownIdOf(tx, { site, call_id: callId }), ids)) {
    await remember(tx, site, callId, now, callId);
    return true;
  }
  const row = tx.selectFrom("call_events").selectAll().where("site", "=", site).where("call_id", "=", callId);
  const event = await row.where("event_id", "=", eventId).executeTakeFirst();
  if (event) {
    const { own_id, url, source, canonical, body } = without(event, ids);
    const update = tx.updateTable("call_events").where("site", "=", site).where("call_id", "=", callId);
    await update.where("event_id", "=", eventId).set({ own_id, url, source, canonical, body }).execute();
  }
  await deleteDeliveriesNaming(tx, site, callId, mentions(ids));
  return false;
}

/** How many texts are read at once, and how long they may be together. One text is read in any case. */
const TEXTS = 100;
const TEXTS_BYTES = 256 * 1024;

async function textsAfter(db: Kysely<Tables>, site: string, { table, after }: ScanPlace) {
  const [key, more] = table === "rejected" ? ["id", "detail"] : ["call_id, event_id", "own_id"];
  const place = sql.join(table === "rejected" ? after.slice(0, 1) : after);
  const read = <Row>(what: string, limit: number) =>
    sql<Row>`select ${sql.raw(what)} from ${sql.table(table)}
      where site = ${site} and (${sql.raw(key)}) > (${place})
      order by ${sql.raw(key)} limit ${limit}`.execute(db);
  const sizes = (await read<{ bytes: number }>("coalesce(octet_length(body), 0) as bytes", TEXTS)).rows;
  let room = TEXTS_BYTES;
  const tooMany = sizes.findIndex(({ bytes }) => {
    room -= bytes;
    return room < 0;
  });
  const limit = tooMany < 0 ? TEXTS : Math.max(1, tooMany);
  const { rows } = await read<Record<string, string | null>>(`${key}, ${more}, body`, limit);
  const texts = rows.map((row): { key: [string, string]; text: string } => ({
    key: [row.id ?? row.call_id ?? "", row.event_id ?? ""],
    text: `${row[more]} ${row.body}`,
  }));
  const last = rows.length === limit ? texts.at(-1) : undefined;
  const end: ScanPlace | null = table === "rejected" ? null : { table: "rejected", after: ["", ""] };
  return { rows: texts, next: last ? { table, after: last.key } : end };
}
