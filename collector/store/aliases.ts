/** Which contexts have shown which vendor's visitor id: an index over the snapshots' identifying values. */
import type { Kysely, Transaction } from "kysely";
import type { AliasRow, SnapshotRow, Tables } from "./tables";

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

/**
 * Indexes names that have become identifying, over all snapshots that the site already has: a call that comes from now on is
 * joined by all that was accepted, not only by what is accepted from now on. Runs in the transaction that saves the document.
 */
export async function indexAliases(tx: Transaction<Tables>, site: string, names: string[]): Promise<void> {
  const known = (await identifyingNames(tx, [site])).get(site) ?? [];
  const added = names.filter((name) => !known.includes(name));
  if (added.length === 0) return;
  await tx
    .insertInto("identifying")
    .values(added.map((name) => ({ site, name })))
    .execute();
  let last: SnapshotRow | undefined;
  do {
    const page: SnapshotRow[] = await snapshotsAfter(tx, site, last);
    last = page.at(-1);
    const rows = page.flatMap((row) => aliasesOf(row, added));
    // 500 snapshots with a few identifying names each stay well below SQLite's limit of parameters.
    for (let i = 0; i < rows.length; i += 500) {
      await tx
        .insertInto("aliases")
        .values(rows.slice(i, i + 500))
        .execute();
    }
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
