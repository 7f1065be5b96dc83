/** Conversions that files have told platforms of. */
import type { Kysely } from "kysely";
import { chunks } from "./chunks";
import type { FiledRow, Tables } from "./tables";

export type FiledPlace = Pick<FiledRow, "filed_at" | "call_id" | "name">;

export interface FiledStore {
  /** Remembers what a file has told; what was told before stays as it was. */
  addFiled(rows: FiledRow[]): Promise<void>;
  /** What files have told of some calls. */
  filedOf(site: string, callIds: string[]): Promise<FiledRow[]>;
  /** A page of what a destination's file has told, in the order in which it was, after a place. */
  filedAfter(site: string, webhook: string, after: FiledPlace, limit: number): Promise<FiledRow[]>;
}

export function filedStore(db: Kysely<Tables>): FiledStore {
  return {
    async addFiled(rows) {
      for (const part of chunks(rows)) {
        const insert = db.insertInto("filed").values(part);
        await insert.onConflict((conflict) => conflict.doNothing()).execute();
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
        .where(({ eb, refTuple, tuple }) =>
          eb(refTuple("filed_at", "call_id", "name"), ">", tuple(filed_at, call_id, name)),
        )
        .orderBy("filed_at")
        .orderBy("call_id")
        .orderBy("name")
        .limit(limit)
        .execute(),
  };
}

/** Forgets what was told of a call, with the call. */
export async function deleteFiled(tx: Kysely<Tables>, site: string, callId: string): Promise<void> {
  await tx.deleteFrom("filed").where("site", "=", site).where("call_id", "=", callId).execute();
}
