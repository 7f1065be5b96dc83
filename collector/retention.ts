/** Retention: what has passed its site's days is deleted, in steps so small that nobody waits for them. */
import type { ArrivalPlace } from "./store/forget";
import type { Store } from "./store/store";
import type { Site } from "./wire/site";

/** Rows of one step: some milliseconds of the store's time. */
const STEP = 200;

const DAY_MS = 86_400_000;

/** Answers a function that does one step for each site, and says whether any site has more to delete. */
export function createRetention(store: Store, clock: () => number): () => Promise<boolean> {
  const places = new Map<string, ArrivalPlace | null>();
  return async () => {
    let more = false;
    for (const { site, document } of await store.newestDocuments()) {
      const { retention_days }: Site = JSON.parse(document);
      const next = await store.expire(site, clock() - retention_days * DAY_MS, places.get(site) ?? null, STEP);
      places.set(site, next);
      more ||= next !== null;
    }
    return more;
  };
}
