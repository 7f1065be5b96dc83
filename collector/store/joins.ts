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
    /** What is due until a time, oldest first. */
    due,
    /**
     * Takes what is due until a time and `isLeft`, the oldest first: it is nobody else's until `lease`, and then due again unless it was struck
     * off. What is not left stays as it is: should whoever is at it fail, it is due at once.
     */
    async claimDue(until: number, limit: number, lease: number, isLeft: (row: DueRow) => boolean = () => true) {
      const rows = (await due(until, limit)).filter(isLeft);
      // An embedded store has one collector, and after a crash that must not wait for its own lease to end.
      if (!engine.locksRows) return rows;
      const claimed: DueRow[] = [];
      // Site by site, for a database that is sharded by it. Who comes second to a row finds it claimed.
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
    /** What a join reads of visitors, outside of one: to explain it. */
    history: historyStore(db),
  };
}

/** What a join reads and writes in its transaction. */
function joinTx(tx: Kysely<Tables>, engine: Engine) {
  /** The site document (JSON) as it stands in this transaction. */
  const document = async (site: string) => (await newestVersion(tx, site))?.document ?? null;
  const read = { ...historyStore(tx), document };
  return {
    // Where rows are locked, who has waited for one has to see what was written meanwhile.
    ...(engine.locksRows ? read : remembered(read)),
    /**
     * A call's events, locked until the transaction ends: two joins of one call run one after the other, and the later one reads what the
     * earlier one could not see yet (collector/README.md says why no join can be missed).
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
    /** The deliveries that a call has given rise to. */
    deliveriesOf: (site: string, callId: string) => deliveriesOfCalls(tx, site, [callId]),
    /** Replaces a call's events (locked) by what they are when they are read anew. */
    replaceEvents: (before: CallEventRow[], after: CallEventRow[], now: number) =>
      replaceEvents(tx, before, after, now),

    async saveCall(row: CallRow) {
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
