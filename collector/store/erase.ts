/**
 * Erasing a visitor, in steps of some milliseconds: each goes on from row to row until its time is over, and no row is larger than what one
 * request may bring. What is left to be done is what is still there, or marked (`erased.pending`): a crash in the middle costs nothing.
 */
import { type Kysely, sql } from "kysely";
import { sha256 } from "../hash";
import { isPlaceholder } from "../wire/ids";
import { deleteDeliveries } from "./delivery-log";
import { addDueCalls } from "./due";
import type { Engine } from "./engine";
import { erasedIds, hashOfAlias, isShown, isTheirs, ownIdOf, redacted, remember } from "./erased";
import { findMentions, type ScanPlace } from "./mentioned";
import { deleteOfCall, inChunks } from "./rows";
import type { Tables } from "./tables";
import type { Transact } from "./transact";
import { lockCall, stepsOf } from "./transact";
import { visitorOf } from "./visitor";

/** Calls that are looked at in one step, rows deleted by one statement, and values of one look through the site. */
const CALLS = 20;
const ROWS = 20;
const VALUES = 500;

/** What holds rows of a visitor, and the rest of its key. */
const TABLES = [
  ["showings", ["name", "value", "at", "seq", "view_id"]],
  ["aliases", ["name", "value"]],
  ["snapshots", ["view_id", "seq"]],
  ["views", ["view_id"]],
  ["sessions", ["session_id"]],
] as const;

export function eraseStore(db: Kysely<Tables>, engine: Engine, transact: Transact) {
  const step = stepsOf(engine, transact);
  return {
    /** Remembers that a visitor is erased: from then on nothing of theirs is stored, and no call is joined with them. */
    beginErasing: (site: string, contextId: string, now: number) =>
      step(site, async (tx) => {
        const row = { site, hash: sha256(contextId), erased_at: now, pending: contextId };
        const insert = tx.insertInto("erased").values(row);
        await insert
          .onConflict((conflict) => conflict.columns(["site", "hash"]).doUpdateSet({ pending: contextId }))
          .execute();
      }),

    /**
     * Finds some of the calls that name a visitor's id, or were joined with them, or name what they have shown as a vendor's id: theirs are
     * those of the id, of what is nobody else's (`sole`), and those that were joined with them. The others lose what was told of them
     * while they may have been. `aliases` are what these were matched by, were no snapshot left that shows it.
     */
    findCalls: (site: string, contextId: string, value: string, after: string, now: number) =>
      step(site, async (tx, isOver) => {
        const isOwn = value === contextId;
        const sole = isOwn || (!isPlaceholder(value) && !(await isAnothers(tx, site, value)));
        if (sole) await remember(tx, site, isOwn ? sha256(value) : hashOfAlias(value), now);
        const ids = await callsOf(tx, site, value, isOwn, after);
        const calls = tx.selectFrom("calls").select(["context_id", "rule", "version"]).where("site", "=", site);
        const [theirs, others, aliases]: [string[], string[], Set<string>] = [[], [], new Set()];
        for (const id of ids) {
          await lockCall(tx, engine, site, id);
          const call = await calls.where("call_id", "=", id).executeTakeFirst();
          const own = await ownIdOf(tx, { site, call_id: id });
          const isJoined = call?.context_id === contextId;
          if (isJoined || (sole && isTheirs(own, [value]))) {
            if (isJoined && call.rule === "alias" && own !== null) aliases.add(own);
            await remember(tx, site, id, now, id);
            theirs.push(id);
          } else if (await deleteDeliveries(tx, site, [id], { below: call?.version, isOver })) others.push(id);
          if (isOver()) break;
        }
        const seen = theirs.length + others.length;
        const next = seen === ids.length && seen < CALLS ? null : (ids[seen - 1] ?? after);
        return { calls: theirs, due: await addDueCalls(tx, site, others, now), next, sole, aliases: [...aliases] };
      }),

    /** Finds ids in some events and refusals of a site, wherever they name them: others' calls and refusals lose them at once. */
    findMentions: (site: string, ids: string[], from: ScanPlace, now: number) =>
      findMentions({ db, engine, step }, site, ids, from, now),

    /** Redacts some of what these calls are made of, which were found. Answers which ones are left, and what has to be joined again. */
    redactCalls: (site: string, calls: string[], now: number) =>
      step(site, async (tx, isOver) => {
        const done: string[] = [];
        for (const id of calls) {
          await lockCall(tx, engine, site, id);
          if (!(await redactCall(tx, site, id, isOver))) break;
          done.push(id);
          if (isOver()) break;
        }
        const marks = tx.updateTable("erased").set({ pending: null }).where("site", "=", site);
        await inChunks(done, (part) => marks.where("hash", "in", part));
        return { left: calls.slice(done.length), due: await addDueCalls(tx, site, done, now) };
      }),

    /** Some of the values that a visitor has shown as a vendor's id. */
    async shownBy(site: string, contextId: string) {
      const query = db.selectFrom("aliases").select("value").where("site", "=", site);
      const rows = await query.where("visitor", "=", visitorOf(contextId)).limit(VALUES).execute();
      return [...new Set(rows.map(({ value }) => value))];
    },

    /** Deletes some rows of a visitor, only those about these values where they are given. True until none is left. */
    eraseRows: (site: string, contextId: string, values: string[] | null) =>
      step(site, async (tx, isOver) => {
        const visitor = visitorOf(contextId);
        for (const [table, key] of values ? TABLES.slice(0, 2) : TABLES) {
          const rows = tx.selectFrom(table).select(key).where("site", "=", site).where("visitor", "=", visitor);
          const some = values ? rows.where("value" as "site", "in", values) : rows;
          // By the key, whatever else there is an index of.
          const inOrder = key.reduce((query, column) => query.orderBy(column as "site"), some);
          const deletion = tx.deleteFrom(table).where("site", "=", site).where("visitor", "=", visitor);
          const among = sql<boolean>`(${sql.join(key.map((column) => sql.ref(column)))}) in (${inOrder.limit(ROWS)})`;
          for (;;) {
            if (isOver()) return true;
            const { numDeletedRows } = await deletion.where(among).executeTakeFirstOrThrow();
            if (numDeletedRows === 0n) break;
          }
        }
        const due = tx.deleteFrom("due").where("site", "=", site).where("subject", "=", contextId);
        await due.where("kind", "=", "context").execute();
        return false;
      }),

    /** Says how far erasing a visitor has come: no table holds anything of theirs, or no file either. */
    async endErasing(site: string, hash: string, left: "files" | "nothing") {
      const mark = db.updateTable("erased").where("site", "=", site).where("hash", "=", hash);
      await mark.set({ pending: left === "files" ? "" : null }).execute();
    },

    /**
     * Of what was begun at or before `until` and is not done: visitors by their ids, calls by theirs (`id` and `hash` are one), and visitors
     * of whom only the files are left (an empty id).
     */
    async unfinished(until: number) {
      const query = db.selectFrom("erased").select(["site", "hash", "pending"]).where("pending", "is not", null);
      const rows = await query.where("erased_at", "<=", until).limit(ROWS).execute();
      return rows.map(({ pending, ...row }) => ({ ...row, id: pending ?? "" }));
    },
  };
}

/** Some calls that name a value, and, if it is a visitor's own id, those that were joined with them, in the order of their ids. */
async function callsOf(tx: Kysely<Tables>, site: string, value: string, isOwn: boolean, after: string) {
  // An expression, which no engine takes for the key's column: it would walk the site's calls in their order.
  const id = sql<string>`call_id || ''`;
  const { rows } = await sql<{ id: string }>`select distinct ${id} as id from call_events
    where site = ${site} and own_id = ${value} and ${id} > ${after} order by 1 limit ${CALLS}`.execute(tx);
  const joined = sql<{ id: string }>`select ${id} as id from calls
    where site = ${site} and context_id = ${value} and ${id} > ${after} order by 1 limit ${CALLS}`;
  const all = isOwn ? [...rows, ...(await joined.execute(tx)).rows] : rows;
  return [...new Set(all.map((row) => row.id))].sort().slice(0, CALLS);
}

/** Whether a value is somebody else's, who is not erased: as a vendor's id that they have shown, or as their own. */
async function isAnothers(tx: Kysely<Tables>, site: string, value: string): Promise<boolean> {
  if (await isShown(tx, site, value)) return true;
  const views = tx.selectFrom("views").select("view_id").where("site", "=", site);
  if (!(await views.where("visitor", "=", visitorOf(value)).limit(1).executeTakeFirst())) return false;
  return (await erasedIds(tx, [{ site, id: value }])).size === 0;
}

/**
 * Redacts the events of a call that is marked as erased, and forgets what was told of it; leaves what makes it a call (time, transaction,
 * total). False where `isOver` said so before all was done.
 */
export async function redactCall(
  tx: Kysely<Tables>,
  site: string,
  callId: string,
  isOver = () => false,
): Promise<boolean> {
  const events = tx.selectFrom("call_events").where("site", "=", site).where("call_id", "=", callId);
  const whole = events.where("body", "is not", null).select(["ts", "revision", "received_at"]).limit(1);
  for (let next = await whole.executeTakeFirst(); next; next = await whole.executeTakeFirst()) {
    const { ts, revision, received_at } = next;
    const alike = events.where("ts", "=", ts).where("revision", "=", revision).where("received_at", "=", received_at);
    const count = alike.where("body", "is", null).select(({ fn }) => fn.countAll<number>().as("redacted"));
    let rank = Number((await count.executeTakeFirstOrThrow()).redacted);
    const inOrder = alike.where("body", "is not", null).select("event_id").orderBy("canonical").limit(ROWS);
    for (const { event_id } of await inOrder.execute()) {
      // Their order is kept as a rank, because what decided it last is going to be gone.
      const canonical = `${String(rank).padStart(8, "0")} ${event_id}`;
      const row = tx.updateTable("call_events").where("site", "=", site).where("call_id", "=", callId);
      const changes = { ...redacted({ event_id }), canonical };
      await row.where("event_id", "=", event_id).set(changes).execute();
      rank += 1;
      if (isOver()) return false;
    }
  }
  if (!(await deleteDeliveries(tx, site, [callId], { isOver }))) return false;
  await deleteOfCall(tx, site, callId, ["rejected"]);
  // What was told stays, to be taken back, without whose click it was; it goes with the call.
  const filed = tx.updateTable("filed").where("site", "=", site).where("call_id", "=", callId);
  await filed.set({ click_id: null }).execute();
  const isLeft = await events.select("event_id").limit(1).executeTakeFirst();
  if (!isLeft) await deleteOfCall(tx, site, callId, ["filed", "calls"]);
  return true;
}
