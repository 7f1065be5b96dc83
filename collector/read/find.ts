/** Finds calls: by an index, or step by step if there is none. */
import type { CallPlace, NumberedCall } from "../store/reads";
import { type CallSearch, type FoundCalls, isSearch } from "../store/search";
import type { Store } from "../store/store";

/**
 * Finds up to `limit` calls, step by step. It stops after `until` (of `performance.now()`). `next` is where to
 * continue, or null if nothing is left.
 */
export async function findCalls(
  store: Store,
  site: string,
  search: CallSearch,
  below: CallPlace | null,
  limit: number,
  until = Number.POSITIVE_INFINITY,
): Promise<FoundCalls> {
  if (!isSearch(search)) return { rows: await store.calls(site, search, below, limit), next: null };
  const rows: NumberedCall[] = [];
  let next = below;
  do {
    const found = await store.searchCalls(site, search, next, limit - rows.length);
    rows.push(...found.rows);
    next = found.next;
  } while (next !== null && rows.length < limit && performance.now() < until);
  return { rows, next };
}

/** All calls that match, in pages. */
export async function* pagesOf(
  store: Store,
  site: string,
  search: CallSearch,
  size: number,
): AsyncGenerator<NumberedCall[]> {
  let last: CallPlace | null = null;
  do {
    const found: FoundCalls = await findCalls(store, site, search, last, size);
    yield found.rows;
    last = (found.rows.length === size ? found.rows.at(-1) : found.next) ?? null;
  } while (last !== null);
}
