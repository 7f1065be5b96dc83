/** Conversions that platforms were told of in files. */
import type { Kysely } from "kysely";
import type { Engine } from "./engine";
import { erasedIds } from "./erased";
import { addMissing, beyond, inChunks } from "./rows";
import type { FiledRow, Tables } from "./tables";
import type { Transact } from "./transact";
import { lockCall } from "./transact";

export type FiledPlace = Pick<FiledRow, "filed_at" | "call_id" | "name">;

export function filedStore(db: Kysely<Tables>, engine: Engine, transact: Transact) {
  return {
    /**
     * Remembers what a file has told. What was told before stays unchanged. If a visitor was erased meanwhile, their
     * click id is not kept.
     */
    async addFiled(rows: FiledRow[]) {
      const nobodys = rows.filter(({ click_id }) => click_id === null);
      await addMissing(db, "filed", nobodys);
      for (const row of rows.filter(({ click_id }) => click_id !== null)) {
        await transact(async (tx) => {
          const { site, call_id } = row;
          // From here on, an erasure of this call waits for us, or it is over and we see it.
          await lockCall(tx, engine, site, call_id);
          const erased = await erasedIds(tx, [], [{ site, id: call_id }]);
          await addMissing(tx, "filed", [erased.size > 0 ? { ...row, click_id: null } : row]);
        });
      }
    },

    /** Remembers that a platform was told of changes. */
    async markAdjusted(rows: FiledRow[]) {
      for (const { site, call_id, webhook, name } of rows) {
        const row = db.updateTable("filed").where("site", "=", site).where("call_id", "=", call_id);
        await row.where("webhook", "=", webhook).where("name", "=", name).set({ adjusted: 1 }).execute();
      }
    },

    /** What files have told of some calls. */
    filedOf(site: string, callIds: string[]) {
      const filed = db.selectFrom("filed").selectAll().where("site", "=", site);
      return inChunks(callIds, (part) => filed.where("call_id", "in", part));
    },

    /** A page of what a destination's file has told, in the order in which it was told, after a place. */
    filedAfter: (site: string, webhook: string, { filed_at, call_id, name }: FiledPlace, limit: number) =>
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
