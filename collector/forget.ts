/** Forgetting: a visitor who asks for it, and what has passed its site's days. */
import { setTimeout as wait } from "node:timers/promises";
import { sha256 } from "./hash";
import type { Joiner } from "./join/joiner";
import type { ArrivalPlace } from "./store/forget";
import type { Found, ScanPlace } from "./store/mentioned";
import type { Store } from "./store/store";
import type { DueRow } from "./store/tables";
import { isTelling } from "./wire/mentions";
import type { Site } from "./wire/site";

/** How often every site is looked at, and how many of them in one step. Between two looks a site that has nothing to forget costs nothing. */
const LOOK_MS = 10 * 60_000;
const SITES = 10;

const DAY_MS = 86_400_000;

/** Retention: answers a function that does one step for each of some sites, and says whether any site may have more to delete. */
export function createRetention(store: Store, clock: () => number): () => Promise<boolean> {
  let lookedAt = Number.NEGATIVE_INFINITY;
  /** Sites that may have something to forget, where their last step ended, whose turn is next first. */
  const places = new Map<string, { days: number; after: ArrivalPlace | null }>();
  return async () => {
    const now = clock();
    // A clock that was set back must not stop it.
    if (places.size === 0 && Math.abs(now - lookedAt) < LOOK_MS) return false;
    // One of the collectors on a database is enough, and two would only be in each other's way.
    if (!(await store.leads())) return false;
    if (places.size === 0) {
      lookedAt = now;
      for (const { site, document } of await store.newestDocuments()) {
        const { retention_days }: Site = JSON.parse(document);
        places.set(site, { days: retention_days, after: null });
      }
    }
    for (const [site, { days, after: last }] of [...places].slice(0, SITES)) {
      const { after, more } = await store.expire(site, now - days * DAY_MS, last);
      places.delete(site);
      if (more) places.set(site, { days, after });
    }
    if (places.size === 0) await store.putMark({ site: "", kind: "retention", name: "", at: clock(), said: "" });
    return places.size > 0;
  };
}

/** How long is waited for a reader of the store to be gone, and how often is looked. */
const READERS_MS = 1_500;
const TRY_MS = 100;

/** Who asks is told by then how it stands: proxies wait a minute. */
const ANSWER_MS = 55_000;

/** Of several collectors on a database, one that has not finished by then has crashed. */
const CRASHED_MS = 60_000;

interface ErasuresDeps {
  store: Store;
  joiner: Joiner;
  clock: () => number;
}

/**
 * Erasing in the order that a crash or a race can interrupt anywhere: first the visitor is marked, so that nothing new of theirs is stored
 * and no call is joined with them any more; then their calls, what they have shown as a vendor's id, whatever else names them, and their
 * rows; and last what the engine's files have left of all that.
 */
export function createErasures({ store, joiner, clock }: ErasuresDeps) {
  const underWay = new Map<string, Promise<boolean>>();

  async function joinAgain(due: DueRow[]): Promise<void> {
    if (due.length === 0) return;
    await joiner.run(due);
    await store.write([], due, clock());
  }

  /** Redacts calls that were found to be the visitor's, and joins them and the others again. */
  async function redact(site: string, { calls, due }: Pick<Found<unknown>, "calls" | "due">): Promise<void> {
    await joinAgain(due);
    for (let left = calls; left.length > 0; ) {
      const redacted = await store.redactCalls(site, left, clock());
      await joinAgain(redacted.due);
      left = redacted.left;
    }
  }

  /** The calls under a visitor's id or alias. `sole`: nobody else has it; `aliases`: what they were matched by. */
  async function eraseCalls(site: string, contextId: string, value: string) {
    const aliases = new Set<string>();
    let sole = false;
    for (let after: string | null = ""; after !== null; ) {
      const found: Awaited<ReturnType<Store["findCalls"]>> = await store.findCalls(
        site,
        contextId,
        value,
        after,
        clock(),
      );
      await redact(site, found);
      for (const alias of found.aliases) aliases.add(alias);
      [after, sole] = [found.next, found.sole];
    }
    return { sole, aliases: [...aliases] };
  }

  /** The calls under what a visitor has shown as a vendor's id, and whatever else names what nobody else has shown. */
  async function eraseAliases(site: string, contextId: string, values: string[]): Promise<void> {
    const theirs: string[] = [];
    for (const value of values) if ((await eraseCalls(site, contextId, value)).sole) theirs.push(value);
    await eraseMentions(site, theirs.filter(isTelling));
  }

  async function eraseMentions(site: string, ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    for (let from: ScanPlace | null = { table: "call_events", after: ["", ""] }; from !== null; ) {
      const found: Found<ScanPlace> = await store.findMentions(site, ids, from, clock());
      await redact(site, found);
      from = found.next;
    }
  }

  async function eraseFromTables(site: string, contextId: string): Promise<void> {
    // Of some minutes: a page that was being checked is not told from theirs.
    for (const { name, said } of await store.marks("", "check"))
      if (said.includes(contextId)) await store.deleteMark("", "check", name);
    const { aliases } = await eraseCalls(site, contextId, contextId);
    await eraseMentions(site, [contextId]);
    // Known by their calls alone where what showed them has passed the site's days.
    await eraseAliases(site, contextId, aliases);
    do {
      for (let values = await store.shownBy(site, contextId); values.length > 0; ) {
        await eraseAliases(site, contextId, values);
        // Only now: after a crash they are what tells whom to look for.
        while (await store.eraseRows(site, contextId, values));
        values = await store.shownBy(site, contextId);
      }
      while (await store.eraseRows(site, contextId, null));
      // Where a site is saved at this moment, its snapshots may just have been indexed.
    } while ((await store.shownBy(site, contextId)).length > 0);
    await store.endErasing(site, sha256(contextId), "files");
  }

  async function eraseFromFiles(site: string, hashes: string[]): Promise<boolean> {
    if (!(await compact())) return false;
    for (const hash of hashes) await store.endErasing(site, hash, "nothing");
    return true;
  }

  async function tryToCompact(): Promise<boolean> {
    for (const began = performance.now(); ; await wait(TRY_MS)) {
      if (await store.compact()) return true;
      if (performance.now() - began > READERS_MS) return false;
    }
  }

  /** The files are everybody's: who comes while they are seen to shares the next time with all others who do. */
  let compacting: Promise<unknown> = Promise.resolve();
  let next: Promise<boolean> | null = null;
  function compact(): Promise<boolean> {
    next ??= compacting.then(() => {
      next = null;
      const now = tryToCompact();
      compacting = now.catch(() => undefined);
      return now;
    });
    return next;
  }

  /** Once for all who ask for it at the same time. */
  function once(name: string, work: () => Promise<boolean>): Promise<boolean> {
    const begun = underWay.get(name) ?? work().finally(() => underWay.delete(name));
    underWay.set(name, begun);
    return begun;
  }

  async function finishAll(): Promise<boolean> {
    // One of the collectors on a database is enough. An embedded store has one anyway, which knows what it is at.
    if (!(await store.leads())) return false;
    const begun = await store.unfinished(clock() - (store.engine === "sqlite" ? 0 : CRASHED_MS));
    // What was redacted before a crash may not be joined again yet.
    if (begun.length > 0) await joiner.sweep(0);
    const left = begun.filter(({ site, hash }) => !underWay.has(`${site} ${hash}`));
    const calls = left.filter(({ hash, id }) => hash === id);
    for (const { site, id } of calls) await redact(site, { calls: [id], due: [] });
    const visitors = left.filter(({ hash, id }) => hash !== id);
    for (const { site, id } of visitors) if (id !== "") await eraseFromTables(site, id);
    for (const site of new Set(visitors.map((row) => row.site))) {
      const hashes = visitors.filter((row) => row.site === site).map(({ hash }) => hash);
      if (!(await eraseFromFiles(site, hashes))) return false;
    }
    return true;
  }

  return {
    /** Erases a visitor: true when nothing of theirs is left, false where that takes longer, because somebody reads the store: `finish` sees to it. */
    erase(site: string, contextId: string): Promise<boolean> {
      const hash = sha256(contextId);
      const work = once(`${site} ${hash}`, async () => {
        await store.beginErasing(site, contextId, clock());
        await eraseFromTables(site, contextId);
        return eraseFromFiles(site, [hash]);
      });
      return Promise.race([work, wait(ANSWER_MS, false, { ref: false })]);
    },
    /** Goes on with what was begun and is not finished, after a crash or since somebody reads the store. */
    finish: async (): Promise<void> => {
      await once("", finishAll);
    },
  };
}
