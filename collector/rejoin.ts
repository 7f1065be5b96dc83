/** `calljoin rejoin`: applies a changed site document to the calls that are already stored (contract 7). */
import { setTimeout as wait } from "node:timers/promises";
import { reread, rereadRefusal } from "./intake/reread";
import { joinCall } from "./join/joiner";
import type { JoinTx } from "./store/joins";
import type { Store } from "./store/store";
import type { CallEventRow, CallRow, RejectedRow } from "./store/tables";
import type { Site } from "./wire/site";

export interface RejoinProgress {
  /** Calls joined again so far, and how many of them came out differently. */
  done: number;
  changed: number;
  /** How often each change occurred, such as `unusable/no_id → matched/context_id`. */
  changes: Map<string, number>;
  /** The last call's id. A later run can continue after it. */
  last: string;
  /** The share of all calls that is done, from 0 to 1. Ids are hashes, so they are spread evenly. */
  share: number;
}

export interface RejoinOptions {
  /** Only calls with ids above this one. */
  after?: string;
  /** Tells webhooks what has changed. */
  tell?: boolean;
  /** Finds out what would change, but changes nothing. */
  dryRun?: boolean;
}

/**
 * How many calls, and how many refusals, to look up at once. STEP_MS: how many milliseconds one transaction keeps
 * taking more calls.
 */
const PAGE = 200;
const REFUSALS = 10;
const STEP_MS = 10;

/**
 * The pause between two transactions. A collector on the same SQLite store checks only now and then whether it may
 * write, and the pause lets it in. A PostgreSQL database has many writers.
 */
const PAUSE_MS = { sqlite: 15, postgres: 0 };

/**
 * Reads a site's call events again, in the order of their calls' ids, joins the calls, and yields its progress after
 * each commit. It may be stopped and run again at any time: a call that is joined twice comes out the same.
 */
export async function* rejoin(
  store: Store,
  clock: () => number,
  site: string,
  { after = "", tell = false, dryRun = false }: RejoinOptions = {},
): AsyncGenerator<RejoinProgress> {
  const progress: RejoinProgress = { done: 0, changed: 0, changes: new Map(), last: after, share: 0 };
  let ids: string[];
  do {
    ids = await store.callIds(site, progress.last, PAGE);
    let next = 0;
    while (next < ids.length) {
      const step = await inOneStep(store, dryRun, async (tx) => {
        const began = performance.now();
        const changes: string[] = [];
        let at = next;
        do {
          const change = await rejoinCall(tx, site, ids[at] as string, clock(), tell);
          if (change !== null) changes.push(change);
          at += 1;
        } while (at < ids.length && !store.sharded && performance.now() - began < STEP_MS);
        return { changes, at };
      });
      progress.done += step.at - next;
      progress.changed += step.changes.length;
      for (const change of step.changes) progress.changes.set(change, (progress.changes.get(change) ?? 0) + 1);
      next = step.at;
      progress.last = ids[next - 1] as string;
      progress.share =
        next === ids.length && ids.length < PAGE ? 1 : Number.parseInt(progress.last.slice(0, 8), 16) / 2 ** 32;
      yield progress;
      await wait(PAUSE_MS[store.engine]);
    }
  } while (ids.length === PAGE);
  yield* rereadRefusals(store, site, progress, dryRun);
}

/** Removes from refusals what the document no longer allows us to keep, starting with the newest. */
async function* rereadRefusals(
  store: Store,
  site: string,
  progress: RejoinProgress,
  dryRun: boolean,
): AsyncGenerator<RejoinProgress> {
  const known = await store.site(site);
  const document: Site = JSON.parse(known?.document ?? "{}");
  const change = "refused events → kept with less";
  progress.share = 1;
  for (let below: Pick<RejectedRow, "received_at" | "id"> | null = null; known; ) {
    // Change them one at a time, because each may be a megabyte.
    const page: RejectedRow[] = await store.rejected(site, {}, below, REFUSALS);
    for (const row of page) {
      const less = rereadRefusal(row, document);
      if (less === row) continue;
      progress.changes.set(change, (progress.changes.get(change) ?? 0) + 1);
      if (!dryRun) await store.deleteRejected(site, row.id, less);
    }
    yield progress;
    if (page.length < REFUSALS) return;
    below = page.at(-1) ?? null;
    await wait(PAUSE_MS[store.engine]);
  }
}

/** Rolls back a transaction that was only a dry run. */
class Undone<T> extends Error {
  constructor(readonly result: T) {
    super("undone");
  }
}

async function inOneStep<T>(store: Store, dryRun: boolean, work: (tx: JoinTx) => Promise<T>): Promise<T> {
  try {
    return await store.joining(async (tx) => {
      const result = await work(tx);
      if (dryRun) throw new Undone(result);
      return result;
    });
  } catch (error) {
    if (error instanceof Undone) return error.result;
    throw error;
  }
}

/**
 * Reads one call's events again, and joins the call and any other calls that its events now belong to. Returns how it
 * came out differently, or null.
 */
async function rejoinCall(
  tx: JoinTx,
  site: string,
  callId: string,
  now: number,
  tell: boolean,
): Promise<string | null> {
  const events = await tx.lockEvents(site, callId);
  const before = await tx.call(site, callId);
  const document: Site = JSON.parse((await tx.document(site)) ?? "{}");
  const after = events.map((event) => reread(event, document));
  if (after.some((event, n) => !isSame(event, events[n] as CallEventRow))) await tx.replaceEvents(events, after, now);
  const calls = new Set(after.map(({ call_id }) => call_id));
  for (const id of [...calls].sort()) {
    if (id === callId) continue;
    await tx.lockEvents(site, id);
    await joinCall(tx, site, id, now, tell);
  }
  if (!calls.has(callId)) return `${nameOf(before)} → another call`;
  const joined = await joinCall(tx, site, callId, now, tell);
  return joined && `${nameOf(before)} → ${nameOf(await tx.call(site, callId))}`;
}

function isSame(a: CallEventRow, b: CallEventRow): boolean {
  return Object.entries(b).every(([name, value]) => a[name as keyof CallEventRow] === value);
}

function nameOf(call: Pick<CallRow, "status" | "reason" | "rule"> | null): string {
  return call ? `${call.status}/${call.reason ?? call.rule}` : "not joined";
}
