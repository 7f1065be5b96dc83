/** What the join reads and writes. */
import type { Kysely } from "kysely";
import { deliveriesOfCalls } from "./delivery-log";
import { amongDue, type Touched } from "./due";
import type { Engine } from "./engine";
import { replaceEvents } from "./events";
import { historyStore, remembered } from "./history";
import { readStore } from "./reads";
import { addMissing, chunks } from "./rows";
import { createShapes } from "./shapes";
import { newestVersion } from "./sites";
import type { CallEventRow, CallRow, DeliveryRow, DueRow, Tables } from "./tables";
import { callsTouchedBy } from "./touched";
import { lockCall, type Transact } from "./transact";

export type JoinTx = ReturnType<typeof joinTx>;

export function joinStore(db: Kysely<Tables>, engine: Engine, transact: Transact) {
  const shapes = createShapes();
  const due = (until: number, limit: number) =>
    db.selectFrom("due").selectAll().where("due_at", "<=", until).orderBy("due_at").limit(limit).execute();
  return {
    /** Runs one transaction of the join. */
    joining: <T>(work: (tx: JoinTx) => Promise<T>) => transact((tx) => work(joinTx(tx, engine))),
    /** What is due at or before a time, oldest first. */
    due,
    /**
     * Claims what is due at or before a time, oldest first, if `isLeft` says that nobody here is working on it. Nobody
     * else gets a claimed row before `lease`. Then it is due again, unless it was struck off. The other rows do not
     * change: if whoever works on one fails, it is due at once.
     */
    async claimDue(until: number, limit: number, lease: number, isLeft: (row: DueRow) => boolean = () => true) {
      const rows = (await due(until, limit)).filter(isLeft);
      // An embedded store has only one collector. After a crash, it must not wait for its own lease to end.
      if (!engine.locksRows) return rows;
      const claimed: DueRow[] = [];
      // Goes site by site, for a database that is sharded by site. If two collectors want the same row, the second
      // finds it claimed.
      for (const site of new Set(rows.map((row) => row.site))) {
        for (const part of chunks(rows.filter((row) => row.site === site))) {
          const mine = await transact((tx) => {
            const update = tx.updateTable("due").set({ due_at: lease }).where("site", "=", site);
            return update.where(amongDue(part)).where("due_at", "<=", until).returningAll().execute();
          });
          claimed.push(...mine);
        }
      }
      return claimed;
    },
    /** The calls that contexts have touched. */
    callsTouchedBy: (contexts: Touched[]) => callsTouchedBy(db, shapes, contexts),
    /** What a join reads about visitors, for use outside of a join: to explain one. */
    history: historyStore(db),
  };
}

/** What a join reads and writes in its transaction. */
function joinTx(tx: Kysely<Tables>, engine: Engine) {
  /** The site document (JSON) as it stands in this transaction. */
  const document = async (site: string) => (await newestVersion(tx, site))?.document ?? null;
  const read = { ...historyStore(tx), document };
  return {
    // Where rows are locked, code that has waited for a lock must see what was written meanwhile. So nothing is
    // remembered there.
    ...(engine.locksRows ? read : remembered(read)),
    /**
     * A call's events, locked until the transaction ends. So two joins of one call run one after the other, and the
     * later one reads what the earlier one could not see yet (collector/README.md says why no join can be missed).
     */
    async lockEvents(site: string, callId: string) {
      await lockCall(tx, engine, site, callId);
      return tx
        .selectFrom("call_events")
        .selectAll()
        .where((eb) => eb.and({ site, call_id: callId }))
        .orderBy("event_id")
        .execute();
    },

    async call(site: string, callId: string) {
      const row = tx.selectFrom("calls").selectAll().where("site", "=", site).where("call_id", "=", callId);
      return (await row.executeTakeFirst()) ?? null;
    },

    /** A call with its conversion number. */
    numbered: async (site: string, callId: string) =>
      (await readStore(tx).calls(site, { id: callId }, null, 1))[0] ?? null,
    addDeliveries: (rows: DeliveryRow[]) => addMissing(tx, "deliveries", rows),
    /** The deliveries that a call has caused. */
    deliveriesOf: (site: string, callId: string) => deliveriesOfCalls(tx, site, [callId]),
    /** Replaces a call's events (locked) with what they are when they are read again. */
    replaceEvents: (before: CallEventRow[], after: CallEventRow[], now: number) =>
      replaceEvents(tx, before, after, now),

    async saveCall(row: CallRow) {
      // Without the key: a sharded database lets nobody set it.
      const { site: _site, call_id: _id, ...changes } = row;
      await tx
        .insertInto("calls")
        .values(row)
        .onConflict((conflict) => conflict.columns(["site", "call_id"]).doUpdateSet(changes))
        .execute();
    },
  };
}
