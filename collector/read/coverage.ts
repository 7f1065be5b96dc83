/** How well a site's entities are read: on how many of the latest views each had a value, which, and what it threw last. */
import type { SnapshotRow } from "../store/tables";
import type { Site } from "../wire/site";

export interface CoverageRow {
  name: string;
  type: string;
  scope: string;
  /** Views looked at, and those of them on which the entity had a value. */
  views: number;
  with_value: number;
  coverage: number | null;
  last_value: unknown;
  last_error: string | null;
}

/** One row an entity of the site document; `snapshots` are the latest, the newest first. */
export function coverage(entities: Site["entities"], snapshots: SnapshotRow[]): CoverageRow[] {
  const views = new Set(snapshots.map(viewKey)).size;
  const read = snapshots.map((row) => ({
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
      last_error: failed?.errors[name] ?? null,
    };
  });
}

function viewKey({ context_id, view_id }: SnapshotRow): string {
  return `${context_id} ${view_id}`;
}
