/** Named tokens, and the marks: what is remembered beside the data. */
import type { Kysely } from "kysely";
import type { MarkRow, Tables, TokenRow } from "./tables";

export interface Tokens {
  /** All of them, by name. */
  tokens(): Promise<TokenRow[]>;
  /** The token of a hash, or null. */
  token(hash: string): Promise<TokenRow | null>;
  /** False where its name is taken. */
  addToken(row: TokenRow): Promise<boolean>;
  /** False where there is none of this name. */
  deleteToken(name: string): Promise<boolean>;
  /** Notes that a token was used, unless it was noted at or after `since`. */
  noteUse(hash: string, at: number, since: number): Promise<void>;
  /** A kind's marks of a site, by name; the one of a name, if it is given. */
  marks(site: string, kind: MarkRow["kind"], name?: string): Promise<MarkRow[]>;
  /** Puts a mark in the place of the one before. */
  putMark(row: MarkRow): Promise<void>;
  /** Adds a mark; false where there is one, which stays: of all who try, one is told true. */
  addMark(row: MarkRow): Promise<boolean>;
  deleteMark(site: string, kind: MarkRow["kind"], name: string): Promise<void>;
  /** Removes a kind's marks of a site from before a time. */
  deleteMarks(site: string, kind: MarkRow["kind"], before: number): Promise<void>;
}

export function tokenStore(db: Kysely<Tables>): Tokens {
  return {
    tokens: () => db.selectFrom("tokens").selectAll().orderBy("name").execute(),

    token: async (hash) =>
      (await db.selectFrom("tokens").selectAll().where("hash", "=", hash).executeTakeFirst()) ?? null,

    async addToken(row) {
      const insert = db.insertInto("tokens").values(row);
      const added = insert.onConflict((conflict) => conflict.doNothing()).returning("name");
      return (await added.executeTakeFirst()) !== undefined;
    },

    async deleteToken(name) {
      const deletion = db.deleteFrom("tokens").where("name", "=", name).returning("hash");
      return (await deletion.executeTakeFirst()) !== undefined;
    },

    async noteUse(hash, at, since) {
      await db
        .updateTable("tokens")
        .set({ last_used_at: at })
        .where("hash", "=", hash)
        .where((eb) => eb.or([eb("last_used_at", "is", null), eb("last_used_at", "<", since)]))
        .execute();
    },

    marks: (site, kind, name) =>
      db
        .selectFrom("marks")
        .selectAll()
        .where("site", "=", site)
        .where("kind", "=", kind)
        .$if(name !== undefined, (query) => query.where("name", "=", name ?? ""))
        .orderBy("name")
        .execute(),

    async putMark(row) {
      const { at, said } = row;
      const insert = db.insertInto("marks").values(row);
      await insert
        .onConflict((conflict) => conflict.columns(["site", "kind", "name"]).doUpdateSet({ at, said }))
        .execute();
    },

    async addMark(row) {
      const insert = db.insertInto("marks").values(row);
      const added = insert.onConflict((conflict) => conflict.doNothing()).returning("name");
      return (await added.executeTakeFirst()) !== undefined;
    },

    async deleteMark(site, kind, name) {
      await db
        .deleteFrom("marks")
        .where((eb) => eb.and({ site, kind, name }))
        .execute();
    },

    async deleteMarks(site, kind, before) {
      await db.deleteFrom("marks").where("site", "=", site).where("kind", "=", kind).where("at", "<", before).execute();
    },
  };
}
