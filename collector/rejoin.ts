/** `calljoin rejoin`: a changed site document, applied to the calls that are there already (contract 7). */
import { joinCall } from "./join/joiner";
import type { Store } from "./store/store";

export interface RejoinProgress {
  /** Calls joined again so far, and how many of them came out differently. */
  done: number;
  changed: number;
  /** The last call's id: a later run can go on after it. */
  last: string;
}

/** Calls of one transaction. */
const STEP = 100;

/**
 * Joins a site's calls anew in the order of their ids, those after `after` where given, and yields its progress after each commit.
 * Webhooks are told of what has changed only where `tell` says so.
 * May be stopped and run again at any time: a call that is joined twice comes out the same.
 */
export async function* rejoin(
  store: Store,
  clock: () => number,
  site: string,
  after: string,
  tell: boolean,
): AsyncGenerator<RejoinProgress> {
  const progress: RejoinProgress = { done: 0, changed: 0, last: after };
  let ids: string[];
  do {
    ids = await store.callIds(site, progress.last, STEP);
    const joined = await store.joining(async (tx) => {
      let changed = 0;
      for (const id of ids) if (await joinCall(tx, site, id, clock(), tell)) changed += 1;
      return changed;
    });
    progress.done += ids.length;
    progress.changed += joined;
    progress.last = ids.at(-1) ?? progress.last;
    yield { ...progress };
  } while (ids.length === STEP);
}
