/**
 * How well a site's entities are read: on how many of the latest views each had a value, what the value was, and what
 * it threw last.
 */
import type { KnownSite } from "../site/registry";
import type { Store } from "../store/store";
import type { SnapshotRow } from "../store/tables";
import type { Entity, Site } from "../wire/site";

export interface CoverageRow {
  name: string;
  type: Entity["type"];
  scope: Entity["scope"];
  /** How many views were looked at, and on how many of them the entity had a value. */
  views: number;
  with_value: number;
  coverage: number | null;
  last_value: unknown;
  /** When the value came, in epoch ms. */
  last_seen_at: number | null;
  last_error: string | null;
  /** The view on which the error occurred. */
  last_error_view: { context_id: string; view_id: string; at: number } | null;
}

/**
 * Entity coverage looks at SNAPSHOTS of the latest snapshots, PAGE at a time: enough for a steady figure, few enough to
 * read at once.
 */
const SNAPSHOTS = 2_000;
const PAGE = 200;

/** How well a site's entities were read lately, but not before `since`. */
export async function readCoverage(store: Store, { site, document }: KnownSite, since = 0): Promise<CoverageRow[]> {
  const snapshots: SnapshotRow[] = [];
  let page: SnapshotRow[];
  do {
    page = await store.latestSnapshots(site, PAGE, snapshots.at(-1));
    snapshots.push(...page.filter(({ received_at }) => received_at >= since));
  } while (page.length === PAGE && snapshots.length < SNAPSHOTS && (page.at(-1)?.received_at ?? 0) >= since);
  return coverage(document.entities, snapshots);
}

/** One row for each entity of the site document. `snapshots` are the latest, newest first. */
export function coverage(entities: Site["entities"], snapshots: SnapshotRow[]): CoverageRow[] {
  const views = new Set(snapshots.map(viewKey)).size;
  const read = snapshots.map((row) => ({
    row,
    key: viewKey(row),
    values: JSON.parse(row.entities) as Record<string, unknown>,
    errors: (row.errors === null ? {} : JSON.parse(row.errors)) as Record<string, string>,
  }));
  return entities.map(({ name, type, scope }) => {
    const shown = read.filter(({ values }) => Object.hasOwn(values, name));
    const failed = read.find(({ errors }) => Object.hasOwn(errors, name));
    const with_value = new Set(shown.map(({ key }) => key)).size;
    return {
      name,
      type,
      scope,
      views,
      with_value,
      coverage: views === 0 ? null : with_value / views,
      last_value: shown[0]?.values[name] ?? null,
      last_seen_at: shown[0]?.row.received_at ?? null,
      last_error: failed?.errors[name] ?? null,
      last_error_view: failed
        ? { context_id: failed.row.context_id, view_id: failed.row.view_id, at: failed.row.received_at }
        : null,
    };
  });
}

function viewKey({ context_id, view_id }: SnapshotRow): string {
  return `${context_id} ${view_id}`;
}
