/** Forgetting: a visitor who asks for it, and what has passed its site's days. */
import type { Joiner } from "./join/joiner";
import type { ArrivalPlace } from "./store/forget";
import type { Store } from "./store/store";
import type { Site } from "./wire/site";

/** Rows of one step: some milliseconds of the store's time. */
const STEP = 200;

const DAY_MS = 86_400_000;

/** Retention: answers a function that does one step for each site, and says whether any site has more to delete. */
export function createRetention(store: Store, clock: () => number): () => Promise<boolean> {
  const places = new Map<string, ArrivalPlace | null>();
  return async () => {
    // One of the collectors on a database is enough, and two would only be in each other's way.
    if (!(await store.leads())) return false;
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

/** Erases a visitor; resolves when their calls are joined anew without them, and no file of the store holds a value of theirs. */
export async function eraseVisitor(
  { store, joiner, clock }: { store: Store; joiner: Joiner; clock: () => number },
  site: string,
  contextId: string,
): Promise<void> {
  const due = await store.erase(site, contextId, clock());
  await joiner.run(due);
  await store.write([], due, clock());
  // Last, because the calls' former results were overwritten just now.
  await store.compact();
}
