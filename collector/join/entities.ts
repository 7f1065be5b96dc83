/** The entities' values as of a moment (contract 6.5). */
import type { Saying } from "../store/joins";
import type { EntityValue } from "../wire/call";
import type { Entity } from "../wire/site";

export interface AsOf {
  /** Takes the next snapshot, from the last one backwards. */
  take(row: Saying): void;
  /** True once nothing earlier can change the answer. */
  complete(): boolean;
  values(): Record<string, EntityValue>;
}

/**
 * Collects the listed entities' values from a session's snapshots, which have to come from the last one backwards:
 * the first value seen is then the last one said. Session scope reads all of them, page-view scope those of `viewId` alone.
 */
export function asOf(entities: Pick<Entity, "name" | "scope">[], viewId: string): AsOf {
  const missing = new Map(entities.map(({ name, scope }) => [name, scope]));
  const found = new Map<string, EntityValue>();
  return {
    take(row) {
      if (row.entities === "{}") return;
      const said: Record<string, EntityValue> = JSON.parse(row.entities);
      for (const [name, scope] of missing) {
        if (!Object.hasOwn(said, name) || (scope === "page_view" && row.view_id !== viewId)) continue;
        found.set(name, said[name] as EntityValue);
        missing.delete(name);
      }
    },
    complete: () => missing.size === 0,
    // In the site document's order, so that equal values make equal JSON.
    values: () =>
      Object.fromEntries(
        entities.flatMap(({ name }) => {
          const value = found.get(name);
          return value === undefined ? [] : [[name, value]];
        }),
      ),
  };
}
