/** Named tokens, and the marks: what is remembered beside the data. */
import type { Kysely } from "kysely";
import { addMissing } from "./rows";
import type { MarkRow, Tables, TokenRow } from "./tables";

export function tokenStore(db: Kysely<Tables>) {
  return {
    /** All of them, by name. */
    tokens: () => db.selectFrom("tokens").selectAll().orderBy("name").execute(),

    /** The token of a hash, or null. */
    token: async (hash: string) =>
      (await db.selectFrom("tokens").selectAll().where("hash", "=", hash).executeTakeFirst()) ?? null,

    /** False where its name is taken. */
    addToken: async (row: TokenRow) => (await addMissing(db, "tokens", [row])) > 0,

    /** False where there is none of this name. */
    async deleteToken(name: string) {
      const { numDeletedRows } = await db.deleteFrom("tokens").where("name", "=", name).executeTakeFirst();
      return numDeletedRows > 0;
    },

    /** Notes that a token was used, unless it was noted at or after `since`. */
    async noteUse(hash: string, at: number, since: number) {
      await db
        .updateTable("tokens")
        .set({ last_used_at: at })
        .where("hash", "=", hash)
        .where((eb) => eb.or([eb("last_used_at", "is", null), eb("last_used_at", "<", since)]))
        .execute();
    },

    /** A kind's marks of a site, by name; the one of a name, if it is given. */
    marks: (site: string, kind: MarkRow["kind"], name?: string) =>
      db
        .selectFrom("marks")
        .selectAll()
        .where("site", "=", site)
        .where("kind", "=", kind)
        .$if(name !== undefined, (query) => query.where("name", "=", name ?? ""))
        .orderBy("name")
        .execute(),

    /** Puts a mark in the place of the one before. */
    async putMark(row: MarkRow) {
      const { at, said } = row;
      const insert = db.insertInto("marks").values(row);
      await insert.onConflict((taken) => taken.columns(["site", "kind", "name"]).doUpdateSet({ at, said })).execute();
    },

    /** Adds a mark; false where there is one, which stays: of all who try, one is told true. */
    addMark: async (row: MarkRow) => (await addMissing(db, "marks", [row])) > 0,

    async deleteMark(site: string, kind: MarkRow["kind"], name: string) {
      await db.deleteFrom("marks").where("site", "=", site).where("kind", "=", kind).where("name", "=", name).execute();
    },

    /** Removes a kind's marks of a site from before a time. */
    async deleteMarks(site: string, kind: MarkRow["kind"], before: number) {
      await db.deleteFrom("marks").where("site", "=", site).where("kind", "=", kind).where("at", "<", before).execute();
    },
  };
}
