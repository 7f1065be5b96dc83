/** Which contexts have shown which vendor's visitor id: an index over the snapshots' identifying values. */
import type { Kysely, Transaction } from "kysely";
import { chunks } from "./chunks";
import type { Engine } from "./engine";
import type { AliasRow, SnapshotRow, Tables } from "./tables";
import type { Transact } from "./transact";

/** The names whose values are indexed, by site. */
export async function identifyingNames(db: Kysely<Tables>, sites: string[]): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>();
  if (sites.length === 0) return names;
  const rows = await db.selectFrom("identifying").selectAll().where("site", "in", sites).execute();
  for (const { site, name } of rows) names.set(site, [...(names.get(site) ?? []), name]);
  return names;
}

/** The alias rows of one snapshot. A vendor says its ids as text, so a number is indexed as its text. */
export function aliasesOf(row: SnapshotRow, names: string[]): AliasRow[] {
  if (names.length === 0 || row.entities === "{}") return [];
  const entities: Record<string, string | number | boolean> = JSON.parse(row.entities);
  const { site, context_id, view_id, seq, at } = row;
  return names
    .filter((name) => Object.hasOwn(entities, name))
    .map((name) => ({ site, context_id, view_id, seq, name, value: String(entities[name]), at }));
}

/** Adds names that have become identifying, in the transaction that saves the document; answers whether there are any. */
export async function addIdentifying(tx: Transaction<Tables>, site: string, names: string[]): Promise<boolean> {
  const known = (await identifyingNames(tx, [site])).get(site) ?? [];
  const added = names.filter((name) => !known.includes(name)).map((name) => ({ site, name }));
  if (added.length > 0) await tx.insertInto("identifying").values(added).execute();
  return added.length > 0;
}

/**
 * Indexes all snapshots that a site has: a call that comes from now on is joined by all that was accepted, not only by what is accepted
 * from now on. Runs after the names were committed, page by page: whoever writes a snapshot later indexes it by these names, and whoever
 * wrote one without knowing them had committed before (`ownSite`).
 */
export async function indexAliases(engine: Engine, transact: Transact, site: string): Promise<void> {
  let last: SnapshotRow | undefined;
  do {
    const after = last;
    last = await transact(async (tx) => {
      // Who erases or expires snapshots waits, and then finds their aliases too.
      await engine.shareSites(tx, [site]);
      const names = (await identifyingNames(tx, [site])).get(site) ?? [];
      const page = await snapshotsAfter(tx, site, after);
      for (const rows of chunks(page.flatMap((row) => aliasesOf(row, names)))) {
        await tx
          .insertInto("aliases")
          .values(rows)
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }
      return page.at(-1);
    });
  } while (last);
}

function snapshotsAfter(tx: Transaction<Tables>, site: string, last: SnapshotRow | undefined): Promise<SnapshotRow[]> {
  return tx
    .selectFrom("snapshots")
    .selectAll()
    .where("site", "=", site)
    .$if(last !== undefined, (query) =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple("context_id", "view_id", "seq"),
          ">",
          tuple(last?.context_id ?? "", last?.view_id ?? "", last?.seq ?? 0),
        ),
      ),
    )
    .orderBy("context_id")
    .orderBy("view_id")
    .orderBy("seq")
    .limit(500)
    .execute();
}
