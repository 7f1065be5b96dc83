/** Named tokens and marks. Marks are what is remembered besides the data. */
import type { Kysely } from "kysely";
import { addMissing } from "./rows";
import type { MarkRow, Tables, TokenRow } from "./tables";

export function tokenStore(db: Kysely<Tables>) {
  return {
    /** All tokens, by name. */
    tokens: () => db.selectFrom("tokens").selectAll().orderBy("name").execute(),

    /** The token that has this hash, or null. */
    token: async (hash: string) =>
      (await db.selectFrom("tokens").selectAll().where("hash", "=", hash).executeTakeFirst()) ?? null,

    /** False if the name is taken. */
    addToken: async (row: TokenRow) => (await addMissing(db, "tokens", [row])) > 0,

    /** False if no token has this name. */
    async deleteToken(name: string) {
      const { numDeletedRows } = await db.deleteFrom("tokens").where("name", "=", name).executeTakeFirst();
      return numDeletedRows > 0;
    },

    /** Notes that a token was used, unless a use at or after `since` was noted. */
    async noteUse(hash: string, at: number, since: number) {
      await db
        .updateTable("tokens")
        .set({ last_used_at: at })
        .where("hash", "=", hash)
        .where((eb) => eb.or([eb("last_used_at", "is", null), eb("last_used_at", "<", since)]))
        .execute();
    },

    /** A site's marks of one kind, by name. If a name is given, only the mark of that name. */
    marks: (site: string, kind: MarkRow["kind"], name?: string) =>
      db
        .selectFrom("marks")
        .selectAll()
        .where("site", "=", site)
        .where("kind", "=", kind)
        .$if(name !== undefined, (query) => query.where("name", "=", name ?? ""))
        .orderBy("name")
        .execute(),

    /** Adds a mark, or replaces the one of the same name. */
    async putMark(row: MarkRow) {
      const { at, said } = row;
      const insert = db.insertInto("marks").values(row);
      await insert.onConflict((taken) => taken.columns(["site", "kind", "name"]).doUpdateSet({ at, said })).execute();
    },

    /** Adds a mark. False if there is one of that name, which stays. If several try at once, only one gets true. */
    addMark: async (row: MarkRow) => (await addMissing(db, "marks", [row])) > 0,

    async deleteMark(site: string, kind: MarkRow["kind"], name: string) {
      await db.deleteFrom("marks").where("site", "=", site).where("kind", "=", kind).where("name", "=", name).execute();
    },

    /** Removes a site's marks of one kind from before a time. */
    async deleteMarks(site: string, kind: MarkRow["kind"], before: number) {
      await db.deleteFrom("marks").where("site", "=", site).where("kind", "=", kind).where("at", "<", before).execute();
    },
  };
}
