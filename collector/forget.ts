/** Forgetting: erases a visitor who asks for it, and deletes data that has passed its site's retention. */
import { setTimeout as wait } from "node:timers/promises";
import { sha256 } from "./hash";
import type { Joiner } from "./join/joiner";
import type { ArrivalPlace } from "./store/forget";
import type { Found, ScanPlace } from "./store/mentioned";
import type { Store } from "./store/store";
import type { DueRow } from "./store/tables";
import { isTelling } from "./wire/mentions";
import type { Site } from "./wire/site";

/**
 * How often to look at every site, and how many sites to handle in one step. Between two looks, a site that has nothing
 * to forget costs nothing.
 */
const LOOK_MS = 10 * 60_000;
const SITES = 10;

const DAY_MS = 86_400_000;

/**
 * Retention. Returns a function that does one step for each of some sites, and says whether any site may have more to
 * delete.
 */
export function createRetention(store: Store, clock: () => number): () => Promise<boolean> {
  let lookedAt = Number.NEGATIVE_INFINITY;
  /** Sites that may have something to forget, and where their last step ended. The first is next. */
  const places = new Map<string, { days: number; after: ArrivalPlace | null }>();
  return async () => {
    const now = clock();
    // Retention must go on even if the clock was set back.
    if (places.size === 0 && Math.abs(now - lookedAt) < LOOK_MS) return false;
    // If several collectors share a database, one is enough. Two would only get in each other's way.
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

/** How long to wait until nobody reads the store, and how often to check. */
const READERS_MS = 1_500;
const TRY_MS = 100;

/**
 * How long a request to erase may wait. By then the client hears how far it got, because proxies wait only a minute.
 */
const ANSWER_MS = 55_000;

/** If several collectors share a database, an erasure unfinished after this time means that its collector crashed. */
const CRASHED_MS = 60_000;

interface ErasuresDeps {
  store: Store;
  joiner: Joiner;
  clock: () => number;
}

/**
 * Erases in an order that survives a crash or a race at any point. First it marks the visitor, so that nothing new of
 * theirs is stored and no more calls are joined with them. Then it erases their calls, the vendor's ids that they have
 * shown, anything else that names them, and their rows. Last, it erases what the engine's files still hold of all that.
 */
export function createErasures({ store, joiner, clock }: ErasuresDeps) {
  const underWay = new Map<string, Promise<boolean>>();

  async function joinAgain(due: DueRow[]): Promise<void> {
    if (due.length === 0) return;
    await joiner.run(due);
    await store.write([], due, clock());
  }

  /** Redacts calls that turned out to be the visitor's, and joins them and the other due calls again. */
  async function redact(site: string, { calls, due }: Pick<Found<unknown>, "calls" | "due">): Promise<void> {
    await joinAgain(due);
    for (let left = calls; left.length > 0; ) {
      const redacted = await store.redactCalls(site, left, clock());
      await joinAgain(redacted.due);
      left = redacted.left;
    }
  }

  /**
   * Erases the calls under a visitor's id or alias. `sole`: nobody else has it. `aliases`: the aliases by which they
   * were matched.
   */
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

  /**
   * Erases the calls under each vendor's id that a visitor has shown. If nobody else has shown an id, also erases
   * everything else that names it.
   */
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
    // Page checks last only some minutes. We cannot tell whether the visitor's page was being checked, so these go too.
    for (const { name, said } of await store.marks("", "check"))
      if (said.includes(contextId)) await store.deleteMark("", "check", name);
    const { aliases } = await eraseCalls(site, contextId, contextId);
    await eraseMentions(site, [contextId]);
    // If the rows that showed these aliases are already past the site's retention, only the calls still know them.
    await eraseAliases(site, contextId, aliases);
    do {
      for (let values = await store.shownBy(site, contextId); values.length > 0; ) {
        await eraseAliases(site, contextId, values);
        // Only now: after a crash, these rows tell us whom to look for.
        while (await store.eraseRows(site, contextId, values));
        values = await store.shownBy(site, contextId);
      }
      while (await store.eraseRows(site, contextId, null));
      // If the site was saved at this moment, its snapshots may just have been indexed.
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

  /** All erasures share the same files. Those that come while the files are being compacted share the next run. */
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

  /** Runs the work once for everybody who asks for it at the same time. */
  function once(name: string, work: () => Promise<boolean>): Promise<boolean> {
    const begun = underWay.get(name) ?? work().finally(() => underWay.delete(name));
    underWay.set(name, begun);
    return begun;
  }

  async function finishAll(): Promise<boolean> {
    // If several collectors share a database, one is enough. An embedded store has only one collector, and that one
    // knows what it is doing.
    if (!(await store.leads())) return false;
    const begun = await store.unfinished(clock() - (store.engine === "sqlite" ? 0 : CRASHED_MS));
    // Calls redacted before a crash may not have been joined again yet.
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
    /**
     * Erases a visitor. True when nothing of theirs is left. False if that takes longer, for instance because somebody
     * reads the store. What is left then, `finish` completes.
     */
    erase(site: string, contextId: string): Promise<boolean> {
      const hash = sha256(contextId);
      const work = once(`${site} ${hash}`, async () => {
        await store.beginErasing(site, contextId, clock());
        await eraseFromTables(site, contextId);
        return eraseFromFiles(site, [hash]);
      });
      return Promise.race([work, wait(ANSWER_MS, false, { ref: false })]);
    },
    /** Continues what was begun but not finished, after a crash or because somebody was reading the store. */
    finish: async (): Promise<void> => {
      await once("", finishAll);
    },
  };
}
