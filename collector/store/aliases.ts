/** Which contexts have shown which vendor's visitor ids: an index over the identifying values in snapshots. */
import type { Kysely, Transaction } from "kysely";
import type { Engine } from "./engine";
import { beyond } from "./rows";
import { createShapes, type Shapes } from "./shapes";
import type { AliasRow, ShowingRow, StoredSnapshot, Tables } from "./tables";
import type { Transact } from "./transact";

/** The names whose values are indexed, by site. */
export async function identifyingNames(db: Kysely<Tables>, sites: string[]): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>();
  if (sites.length === 0) return names;
  const rows = await db.selectFrom("identifying").selectAll().where("site", "in", sites).execute();
  for (const { site, name } of rows) names.set(site, [...(names.get(site) ?? []), name]);
  return names;
}

/** What one snapshot shows. A vendor reports its ids as text, so a number is indexed as its text. */
function showingsOf(row: StoredSnapshot, names: string[]): ShowingRow[] {
  if (names.length === 0 || row.entities === "{}") return [];
  const entities: Record<string, string | number | boolean> = JSON.parse(row.entities);
  const { site, visitor, view_id, seq, at } = row;
  return names
    .filter((name) => Object.hasOwn(entities, name))
    .map((name) => ({ site, visitor, name, value: String(entities[name]), at, seq, view_id }));
}

/** Indexes what snapshots show and is not indexed yet. Returns the contexts' new aliases. */
export async function addShowings(
  tx: Transaction<Tables>,
  shapes: Shapes,
  rows: StoredSnapshot[],
): Promise<AliasRow[]> {
  const names = await identifyingNames(tx, [...new Set(rows.map(({ site }) => site))]);
  const showings = rows.flatMap((row) => showingsOf(row, names.get(row.site) ?? []));
  const aliases = new Map<string, AliasRow>();
  for (const { site, visitor, name, value } of showings) {
    aliases.set(JSON.stringify([site, visitor, name, value]), { site, visitor, name, value });
  }
  await shapes.run(tx, "showings", showings, (part) =>
    tx
      .insertInto("showings")
      .values(part)
      .onConflict((conflict) => conflict.doNothing()),
  );
  // Sorted by key, like everything that others may be writing at the same time.
  const sorted = [...aliases].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  return shapes.run(tx, "aliases", sorted, (part) =>
    tx
      .insertInto("aliases")
      .values(part)
      .onConflict((conflict) => conflict.doNothing())
      .returningAll(),
  );
}

/** Adds names that have become identifying, in the transaction that saves the document. Says whether there were any. */
export async function addIdentifying(tx: Transaction<Tables>, site: string, names: string[]): Promise<boolean> {
  const known = (await identifyingNames(tx, [site])).get(site) ?? [];
  const added = names.filter((name) => !known.includes(name)).map((name) => ({ site, name }));
  if (added.length > 0) await tx.insertInto("identifying").values(added).execute();
  return added.length > 0;
}

/**
 * Indexes all snapshots that a site already has. A call that comes from now on is then joined by everything that was
 * accepted, not only by what is accepted from now on. This runs page by page after the names were committed. Somebody
 * who writes a snapshot later indexes it by these names. Somebody who wrote one without knowing the names had committed
 * before (`ownSite`).
 */
export async function indexAliases(engine: Engine, transact: Transact, site: string): Promise<void> {
  const shapes = createShapes();
  let last: StoredSnapshot | undefined;
  do {
    const after = last;
    last = await transact(async (tx) => {
      // Code that erases or expires snapshots waits for this, and then finds what they have shown, too.
      await engine.shareSites(tx, [site]);
      const page = await snapshotsAfter(tx, site, after);
      await addShowings(tx, shapes, page);
      return page.at(-1);
    });
  } while (last);
}

function snapshotsAfter(
  tx: Transaction<Tables>,
  site: string,
  last: StoredSnapshot | undefined,
): Promise<StoredSnapshot[]> {
  return tx
    .selectFrom("snapshots")
    .selectAll()
    .where("site", "=", site)
    .where(beyond(">", last && { visitor: last.visitor, view_id: last.view_id, seq: last.seq }))
    .orderBy("visitor")
    .orderBy("view_id")
    .orderBy("seq")
    .limit(500)
    .execute();
}
