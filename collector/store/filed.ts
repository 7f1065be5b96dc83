/** Conversions that files have told platforms of. */
import type { Kysely } from "kysely";
import { beyond } from "./beyond";
import { chunks } from "./chunks";
import type { Engine } from "./engine";
import { erasedIds } from "./erased";
import { lockCall } from "./joins";
import type { FiledRow, Tables } from "./tables";
import type { Transact } from "./transact";

export type FiledPlace = Pick<FiledRow, "filed_at" | "call_id" | "name">;

export interface FiledStore {
  /** Remembers what a file has told; what was told before stays as it was. A click id of a visitor who was erased meanwhile is not kept. */
  addFiled(rows: FiledRow[]): Promise<void>;
  /** Remembers that a platform was told of changes. */
  markAdjusted(rows: FiledRow[]): Promise<void>;
  /** What files have told of some calls. */
  filedOf(site: string, callIds: string[]): Promise<FiledRow[]>;
  /** A page of what a destination's file has told, in the order in which it was, after a place. */
  filedAfter(site: string, webhook: string, after: FiledPlace, limit: number): Promise<FiledRow[]>;
}

export function filedStore(db: Kysely<Tables>, engine: Engine, transact: Transact): FiledStore {
  return {
    async addFiled(rows) {
      for (const part of chunks(rows.filter(({ click_id }) => click_id === null))) await insert(db, part);
      for (const row of rows.filter(({ click_id }) => click_id !== null)) {
        await transact(async (tx) => {
          const { site, call_id } = row;
          // Its erasure waits, or is over and seen.
          await lockCall(tx, engine, site, call_id);
          const erased = await erasedIds(tx, [], [{ site, id: call_id }]);
          await insert(tx, [erased.size > 0 ? { ...row, click_id: null } : row]);
        });
      }
    },

    async markAdjusted(rows) {
      for (const { site, call_id, webhook, name } of rows) {
        const row = db.updateTable("filed").where("site", "=", site).where("call_id", "=", call_id);
        await row.where("webhook", "=", webhook).where("name", "=", name).set({ adjusted: 1 }).execute();
      }
    },

    async filedOf(site, callIds) {
      const found: FiledRow[] = [];
      for (const part of chunks(callIds)) {
        const rows = db.selectFrom("filed").selectAll().where("site", "=", site).where("call_id", "in", part);
        found.push(...(await rows.execute()));
      }
      return found;
    },

    filedAfter: (site, webhook, { filed_at, call_id, name }, limit) =>
      db
        .selectFrom("filed")
        .selectAll()
        .where("site", "=", site)
        .where("webhook", "=", webhook)
        .where(beyond(">", { filed_at, call_id, name }))
        .orderBy("filed_at")
        .orderBy("call_id")
        .orderBy("name")
        .limit(limit)
        .execute(),
  };
}

async function insert(db: Kysely<Tables>, rows: FiledRow[]): Promise<void> {
  const query = db.insertInto("filed").values(rows);
  await query.onConflict((conflict) => conflict.doNothing()).execute();
}

/** Forgets by whose click it was that a call was told of. */
export async function redactFiled(tx: Kysely<Tables>, site: string, callId: string): Promise<void> {
  const rows = tx.updateTable("filed").where("site", "=", site).where("call_id", "=", callId);
  await rows.set({ click_id: null }).execute();
}

/** Forgets what was told of a call, with the call. */
export async function deleteFiled(tx: Kysely<Tables>, site: string, callId: string): Promise<void> {
  await tx.deleteFrom("filed").where("site", "=", site).where("call_id", "=", callId).execute();
}
