/** What the join reads and writes. */
import type { Kysely } from "kysely";
import { chunks } from "./chunks";
import { addDeliveries, deliveriesOfCalls } from "./delivery-log";
import { amongDue, type Touched } from "./due";
import type { Engine } from "./engine";
import { type History, historyStore, remembered } from "./history";
import { type NumberedCall, readStore } from "./reads";
import { replaceEvents } from "./replace";
import { createShapes } from "./shapes";
import { newestVersion } from "./sites";
import type { CallEventRow, CallRow, DeliveryRow, DueRow, Tables } from "./tables";
import { callsTouchedBy, type TouchedCall } from "./touched";
import type { Transact } from "./transact";

export interface JoinTx extends History {
  /** The site document (JSON) as it stands in this transaction. */
  document(site: string): Promise<string | null>;
  /**
   * A call's events, locked until the transaction ends: two joins of one call run one after the other, and the later one reads what the
   * earlier one could not see yet (collector/README.md says why no join can be missed).
   */
  lockEvents(site: string, callId: string): Promise<CallEventRow[]>;
  call(site: string, callId: string): Promise<CallRow | null>;
  saveCall(row: CallRow): Promise<void>;
  /** A call with its conversion number. */
  numbered(site: string, callId: string): Promise<NumberedCall | null>;
  addDeliveries(rows: DeliveryRow[]): Promise<void>;
  /** The deliveries that a call has given rise to. */
  deliveriesOf(site: string, callId: string): Promise<DeliveryRow[]>;
  /** Replaces a call's events (locked) by what they are when they are read anew. */
  replaceEvents(before: CallEventRow[], after: CallEventRow[], now: number): Promise<void>;
}

export interface Joins {
  /** Runs one transaction of the join. */
  joining<T>(work: (tx: JoinTx) => Promise<T>): Promise<T>;
  /** What is due until a time, oldest first. */
  due(until: number, limit: number): Promise<DueRow[]>;
  /**
   * Takes what is due until a time and `isLeft`, the oldest first: it is nobody else's until `lease`, and then due again unless it was struck
   * off. What is not left stays as it is: should whoever is at it fail, it is due at once.
   */
  claimDue(until: number, limit: number, lease: number, isLeft?: (row: DueRow) => boolean): Promise<DueRow[]>;
  /** The calls that contexts have touched. */
  callsTouchedBy(contexts: Touched[]): Promise<TouchedCall[]>;
  /** The same reading, outside of a join: to explain one. */
  history: History;
}

export function joinStore(db: Kysely<Tables>, engine: Engine, transact: Transact): Joins {
  const shapes = createShapes();
  const due = (until: number, limit: number) =>
    db.selectFrom("due").selectAll().where("due_at", "<=", until).orderBy("due_at").limit(limit).execute();
  return {
    // Where rows are locked, who has waited for one has to see what was written meanwhile.
    joining: (work) =>
      transact((tx) => {
        const document = async (site: string) => (await newestVersion(tx, site))?.document ?? null;
        const read = { ...historyStore(tx), document };
        return work({ ...(engine.locksRows ? read : remembered(read)), ...writer(tx, engine) });
      }),
    due,
    async claimDue(until, limit, lease, isLeft = () => true) {
      const rows = (await due(until, limit)).filter(isLeft);
      // An embedded store has one collector, and after a crash that must not wait for its own lease to end.
      if (!engine.locksRows) return rows;
      const claimed: DueRow[] = [];
      // Site by site, for a database that is sharded by it. Who comes second to a row finds it claimed.
      for (const site of new Set(rows.map((row) => row.site))) {
        for (const part of chunks(rows.filter((row) => row.site === site))) {
          const update = (tx: Kysely<Tables>) => tx.updateTable("due").set({ due_at: lease }).where("site", "=", site);
          claimed.push(
            ...(await transact((tx) =>
              update(tx).where(amongDue(part)).where("due_at", "<=", until).returningAll().execute(),
            )),
          );
        }
      }
      return claimed;
    },
    callsTouchedBy: (contexts) => callsTouchedBy(db, shapes, contexts),
    history: historyStore(db),
  };
}

function writer(tx: Kysely<Tables>, engine: Engine): Omit<JoinTx, keyof History | "document"> {
  return {
    async lockEvents(site, callId) {
      await lockCall(tx, engine, site, callId);
      return tx
        .selectFrom("call_events")
        .selectAll()
        .where((eb) => eb.and({ site, call_id: callId }))
        .orderBy("event_id")
        .execute();
    },

    async call(site, callId) {
      const row = await tx
        .selectFrom("calls")
        .selectAll()
        .where((eb) => eb.and({ site, call_id: callId }))
        .executeTakeFirst();
      return row ?? null;
    },

    numbered: async (site, callId) => (await readStore(tx).calls(site, { id: callId }, null, 1))[0] ?? null,
    addDeliveries: (rows) => addDeliveries(tx, rows),
    deliveriesOf: (site, callId) => deliveriesOfCalls(tx, site, [callId]),
    replaceEvents: (before, after, now) => replaceEvents(tx, before, after, now),

    async saveCall(row) {
      // Less its key, which a sharded database does not let anybody set.
      const { site: _site, call_id: _id, ...changes } = row;
      await tx
        .insertInto("calls")
        .values(row)
        .onConflict((conflict) => conflict.columns(["site", "call_id"]).doUpdateSet(changes))
        .execute();
    },
  };
}

/**
 * Locks a call until the transaction ends. A statement of its own: what waited for the lock still reads as of before it waited, and the
 * join would be made without an event that was committed meanwhile.
 */
export async function lockCall(tx: Kysely<Tables>, engine: Engine, site: string, callId: string): Promise<void> {
  if (!engine.locksRows) return;
  await tx
    .selectFrom("call_events")
    .select("event_id")
    .where((eb) => eb.and({ site, call_id: callId }))
    .orderBy("event_id")
    .forUpdate()
    .execute();
}
