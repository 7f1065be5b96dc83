/** Site documents in every version, and their secrets. */
import type { Kysely } from "kysely";
import { addIdentifying, indexAliases } from "./aliases";
import { addDue, strikeOff } from "./due";
import type { Engine } from "./engine";
import type { SavedSite, SecretRow, Tables } from "./tables";
import type { Transact } from "./transact";

/** A vendor's request that was not let in. */
export interface RefusalNote {
  at: number;
  reason: string;
  detail: string;
}

/** How many of them are kept for each vendor, and shown. */
export const REFUSALS = 10;

/** A secret to keep with a site. With `put` null, every secret of that kind and name is removed. */
export interface SecretChange {
  kind: SecretRow["kind"];
  name: string;
  put: { hash: string; secret: string | null } | null;
}

export interface SiteSave {
  site: string;
  document: string;
  identifying: string[];
  secrets: SecretChange[];
  at: number;
  /** The token that saves it. */
  by?: string | undefined;
  /**
   * The version that the change is based on. If it is given and the newest version is another one, nothing is saved and
   * the result is null.
   */
  read?: number | undefined;
}

/** A save that has not indexed its aliases within this time has crashed. */
const INDEXED_WITHIN_MS = 10 * 60_000;

export function siteStore(db: Kysely<Tables>, engine: Engine, transact: Transact) {
  return {
    /** A version of a site's document, by default the newest. */
    async site(site: string, version?: number): Promise<SavedSite | null> {
      if (version === undefined) return newestVersion(db, site);
      const row = db.selectFrom("site_versions").selectAll().where("site", "=", site).where("version", "=", version);
      return (await row.executeTakeFirst()) ?? null;
    },

    /** A site's versions without their documents, the newest first. */
    versions: (site: string) =>
      db
        .selectFrom("site_versions")
        .select(["site", "version", "saved_at", "saved_by"])
        .where("site", "=", site)
        .orderBy("version", "desc")
        .execute(),

    /**
     * Saves the next version with its secrets and the names of its identifying entities, all or nothing. Returns the
     * version's number, from 1, once all snapshots of the site are indexed by these names.
     */
    async saveSite({ site, document, identifying, secrets, at, by, read }: SiteSave) {
      const { version, due } = await transact(async (tx) => {
        await engine.ownSite(tx, site);
        const last = await newestVersion(tx, site);
        if (last && read !== undefined && last.version !== read) return { version: null, due: [] };
        const version = (last?.version ?? 0) + 1;
        await tx
          .insertInto("site_versions")
          .values({ site, version, saved_at: at, saved_by: by ?? null, document })
          .execute();
        for (const { kind, name, put } of secrets) {
          const others = tx.deleteFrom("secrets").where("site", "=", site).where("kind", "=", kind);
          await others.where("name", "=", name).execute();
          if (put) {
            const row = { site, kind, name, ...put, made_at: at, expires_at: null };
            await tx.insertInto("secrets").values(row).execute();
          }
        }
        const added = await addIdentifying(tx, site, identifying);
        // If the collector crashes before the index is complete, a sweep completes it.
        const unfinished = added ? [{ site, kind: "aliases" as const, subject: "", since: 0 }] : [];
        return { version, due: await addDue(tx, unfinished, at + INDEXED_WITHIN_MS) };
      });
      if (due.length > 0) {
        await indexAliases(engine, transact, site);
        await transact((tx) => strikeOff(tx, due));
      }
      return version;
    },

    /** Adds to a vendor's refused requests, the latest last. The oldest go. */
    addRefusals: (site: string, vendor: string, added: RefusalNote[]) =>
      transact(async (tx) => {
        const known = tx.selectFrom("refused").select("recent").where("site", "=", site).where("vendor", "=", vendor);
        const before = await known.$if(engine.locksRows, (query) => query.forUpdate()).executeTakeFirst();
        const recent = JSON.stringify([...JSON.parse(before?.recent ?? "[]"), ...added].slice(-REFUSALS));
        const insert = tx.insertInto("refused").values({ site, vendor, recent });
        await insert.onConflict((conflict) => conflict.columns(["site", "vendor"]).doUpdateSet({ recent })).execute();
      }),

    /** What each vendor of a site was refused lately, by the vendor's name. */
    async refusals(site: string): Promise<Map<string, RefusalNote[]>> {
      const rows = await db.selectFrom("refused").selectAll().where("site", "=", site).execute();
      return new Map(rows.map(({ vendor, recent }) => [vendor, JSON.parse(recent)]));
    },

    /** When a vendor's last event was received, and how many came since a time. */
    async vendorActivity(site: string, vendor: string, since: number) {
      const events = db.selectFrom("call_events").where("site", "=", site).where("vendor", "=", vendor);
      const last = await events.select("received_at").orderBy("received_at", "desc").limit(1).executeTakeFirst();
      const counted = events.where("received_at", ">=", since).select((eb) => eb.fn.countAll<number>().as("events"));
      return { last_event_at: last?.received_at ?? null, ...(await counted.executeTakeFirstOrThrow()) };
    },

    /**
     * Indexes what a site's snapshots have shown of vendors' visitor ids. A sweep calls this if saving the site did not
     * finish it.
     */
    indexAliases: (site: string) => indexAliases(engine, transact, site),

    /** Adds a secret. The previous ones stay valid until `expireOthersAt`. */
    addSecret: (row: SecretRow, expireOthersAt: number) =>
      transact(async (tx) => {
        const { site, kind, name } = row;
        await tx
          .updateTable("secrets")
          .set({ expires_at: expireOthersAt })
          .where((eb) => eb.and({ site, kind, name }))
          .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", expireOthersAt)]))
          .execute();
        await tx.insertInto("secrets").values(row).execute();
      }),

    /** Removes every secret of a kind and name at once. Returns how many were removed. */
    async removeSecrets(site: string, kind: SecretRow["kind"], name: string) {
      const rows = db.deleteFrom("secrets").where("site", "=", site).where("kind", "=", kind).where("name", "=", name);
      return Number((await rows.executeTakeFirst()).numDeletedRows);
    },

    /** The site's secrets of these kinds that are valid at a time, newest first. */
    secrets: (site: string, kinds: SecretRow["kind"] | SecretRow["kind"][], at: number) =>
      db
        .selectFrom("secrets")
        .selectAll()
        .where("site", "=", site)
        .where("kind", "in", [kinds].flat())
        .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", at)]))
        .orderBy("made_at", "desc")
        .execute(),
  };
}

export async function newestVersion(db: Kysely<Tables>, site: string): Promise<SavedSite | null> {
  const rows = db.selectFrom("site_versions").selectAll().where("site", "=", site);
  return (await rows.orderBy("version", "desc").limit(1).executeTakeFirst()) ?? null;
}
