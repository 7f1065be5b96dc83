/** How far the set-up of a site has come: when each step first happened. */
import type { KnownSite } from "../site/registry";
import type { Store } from "../store/store";

export interface Progress {
  /** When a page first loaded the tag. */
  page_seen_at: number | null;
  /** When a page first sent its visitor's context_id. */
  context_seen_at: number | null;
  entity_seen_at: number | null;
  first_event_at: number | null;
  first_match_at: number | null;
}

/** How many of the latest snapshots to search for an entity's value. */
const SNAPSHOTS = 200;

/** Records each step once it is found, because retention may delete the data that showed it. */
export async function readProgress(store: Store, { site, document }: KnownSite): Promise<Progress> {
  const known = new Map((await store.marks(site, "first")).map(({ name, at }) => [name, at]));
  const keep = async (name: string, find: () => Promise<number | null> | number | null): Promise<number | null> => {
    const at = known.get(name) ?? (await find());
    if (at !== null && !known.has(name)) await store.addMark({ site, kind: "first", name, at, said: "" });
    return at;
  };
  const vendors = document.vendors.map(({ name }) => name);
  const isDone = ["context", "event", "match"].every((name) => known.has(name));
  const first = isDone ? { snapshot: null, event: null, match: null } : await store.firsts(site, vendors);
  const context = await keep("context", () => first.snapshot);
  return {
    page_seen_at: await keep("page", () => context),
    context_seen_at: context,
    entity_seen_at: await keep("entity", async () => {
      const latest = context === null ? [] : await store.latestSnapshots(site, SNAPSHOTS);
      return latest.findLast(({ entities }) => entities !== "{}")?.received_at ?? null;
    }),
    first_event_at: await keep("event", () => first.event),
    first_match_at: await keep("match", () => first.match),
  };
}
