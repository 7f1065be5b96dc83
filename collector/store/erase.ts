/**
 * Erases a visitor in steps of some milliseconds. Each step goes from row to row until its time is over, and no row is
 * larger than what one request may bring. What remains to be done is what is still there, or what is marked
 * (`erased.pending`). So a crash in the middle costs nothing.
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

/** Calls that one step looks at, rows that one statement deletes, and values that one scan of the site looks for. */
const CALLS = 20;
const ROWS = 20;
const VALUES = 500;

/** The tables that hold rows of a visitor, with the rest of each key. */
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
    /**
     * Remembers that a visitor is erased. From then on nothing of theirs is stored, and no call is joined with them.
     */
    beginErasing: (site: string, contextId: string, now: number) =>
      step(site, async (tx) => {
        const row = { site, hash: sha256(contextId), erased_at: now, pending: contextId };
        const insert = tx.insertInto("erased").values(row);
        await insert
          .onConflict((conflict) => conflict.columns(["site", "hash"]).doUpdateSet({ pending: contextId }))
          .execute();
      }),

    /**
     * Finds some of the calls that name `value`, which is the visitor's own id or something that they have shown as a
     * vendor's id. For their own id, it also finds the calls that were joined with them. A call is theirs if it was
     * joined with them, or if it names their own id or a value that is nobody else's (`sole`). The other calls may have
     * been theirs for a while, so what webhooks were told of them then is deleted. `aliases` are the values that their
     * calls were matched by, in case no snapshot that shows one is left.
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

    /**
     * Finds ids in some events and refusals of a site, wherever they name them. Refusals and other visitors' calls lose
     * the ids at once.
     */
    findMentions: (site: string, ids: string[], from: ScanPlace, now: number) =>
      findMentions({ db, engine, step }, site, ids, from, now),

    /**
     * Redacts some of these calls, which were found before. Returns the calls that are left, and what must be joined
     * again.
     */
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

    /**
     * Deletes some rows of a visitor. If values are given, it deletes only rows about these. Returns true until none is
     * left.
     */
    eraseRows: (site: string, contextId: string, values: string[] | null) =>
      step(site, async (tx, isOver) => {
        const visitor = visitorOf(contextId);
        for (const [table, key] of values ? TABLES.slice(0, 2) : TABLES) {
          const rows = tx.selectFrom(table).select(key).where("site", "=", site).where("visitor", "=", visitor);
          const some = values ? rows.where("value" as "site", "in", values) : rows;
          // In the order of the key, whatever other indexes there are.
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

    /** Records how far erasing a visitor has come: no table holds anything of theirs, or no file does either. */
    async endErasing(site: string, hash: string, left: "files" | "nothing") {
      const mark = db.updateTable("erased").where("site", "=", site).where("hash", "=", hash);
      await mark.set({ pending: left === "files" ? "" : null }).execute();
    },

    /**
     * What was begun at or before `until` and is not done: visitors by their ids, calls by theirs (`id` and `hash` are
     * the same), and visitors of whom only files are left (an empty `id`).
     */
    async unfinished(until: number) {
      const query = db.selectFrom("erased").select(["site", "hash", "pending"]).where("pending", "is not", null);
      const rows = await query.where("erased_at", "<=", until).limit(ROWS).execute();
      return rows.map(({ pending, ...row }) => ({ ...row, id: pending ?? "" }));
    },
  };
}

/**
 * Some calls that name a value, in the order of their ids. If the value is a visitor's own id, also calls that were
 * joined with that visitor.
 */
async function callsOf(tx: Kysely<Tables>, site: string, value: string, isOwn: boolean, after: string) {
  // This is an expression so that no engine takes it for the key's column. If one did, it would walk all calls of the
  // site in their order.
  const id = sql<string>`call_id || ''`;
  const { rows } = await sql<{ id: string }>`select distinct ${id} as id from call_events
    where site = ${site} and own_id = ${value} and ${id} > ${after} order by 1 limit ${CALLS}`.execute(tx);
  const joined = sql<{ id: string }>`select ${id} as id from calls
    where site = ${site} and context_id = ${value} and ${id} > ${after} order by 1 limit ${CALLS}`;
  const all = isOwn ? [...rows, ...(await joined.execute(tx)).rows] : rows;
  return [...new Set(all.map((row) => row.id))].sort().slice(0, CALLS);
}

/**
 * True if a value belongs to somebody else who is not erased: as a vendor's id that they have shown, or as their own
 * id.
 */
async function isAnothers(tx: Kysely<Tables>, site: string, value: string): Promise<boolean> {
  if (await isShown(tx, site, value)) return true;
  const views = tx.selectFrom("views").select("view_id").where("site", "=", site);
  if (!(await views.where("visitor", "=", visitorOf(value)).limit(1).executeTakeFirst())) return false;
  return (await erasedIds(tx, [{ site, id: value }])).size === 0;
}

/**
 * Redacts the events of a call that is marked as erased, and forgets what webhooks were told of it. What makes it a
 * call stays (time, transaction, total). False if `isOver` ended it before all was done.
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
      // Keeps the order of the events as a rank, because what decided it last is about to go.
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
  // What files have told stays, so that it can be taken back, but without the click id. It goes when the call goes.
  const filed = tx.updateTable("filed").where("site", "=", site).where("call_id", "=", callId);
  await filed.set({ click_id: null }).execute();
  const isLeft = await events.select("event_id").limit(1).executeTakeFirst();
  if (!isLeft) await deleteOfCall(tx, site, callId, ["filed", "calls"]);
  return true;
}
