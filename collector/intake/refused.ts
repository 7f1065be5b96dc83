/** Reports vendors that were refused to the people who set them up. A flood of refusals costs as little as one. */
import { REFUSALS, type RefusalNote } from "../store/sites";
import type { Store } from "../store/store";

export type RefusedVendors = ReturnType<typeof createRefused>;

export interface RefusedDeps {
  store: Store;
  clock: () => number;
  log: { warn(line: object, message: string): void; error(line: object, message: string): void };
  count: (site: string, vendor: string) => void;
}

/** Notes are written together after this many ms. */
const WRITE_MS = 1_000;

/** How often (ms) each vendor gets a line in the log. All names of a site that are no vendor's share one line. */
const TELL_MS = 60_000;

export function createRefused({ store, clock, log, count }: RefusedDeps) {
  const notes = new Map<string, { site: string; vendor: string; recent: RefusalNote[] }>();
  const toldAt = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  /** Writes what was noted; resolves when it can be read. */
  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const all = [...notes.values()];
    notes.clear();
    for (const { site, vendor, recent } of all) await store.addRefusals(site, vendor, recent);
  }

  function tell(site: string, vendor: string | null, detail: string): void {
    const name = `${site} ${vendor}`;
    const now = performance.now();
    if (now - (toldAt.get(name) ?? Number.NEGATIVE_INFINITY) < TELL_MS) return;
    toldAt.set(name, now);
    log.warn({ site, vendor }, `a vendor was refused: ${detail}`);
  }

  return {
    flush,
    /**
     * Notes a refused request. `vendors` are the site's vendors that it may have come from. The list is empty if the
     * request named a vendor that the site does not have.
     */
    note(site: string, vendors: string[], detail: string): void {
      if (vendors.length === 0) tell(site, null, detail);
      for (const vendor of vendors) {
        count(site, vendor);
        tell(site, vendor, detail);
        const name = `${site} ${vendor}`;
        const known = notes.get(name) ?? { site, vendor, recent: [] };
        known.recent = [...known.recent, { at: clock(), reason: "unauthorized", detail }].slice(-REFUSALS);
        notes.set(name, known);
      }
      timer ??= setTimeout(() => {
        flush().catch((error) => log.error({ err: error }, "refusals were not written"));
      }, WRITE_MS).unref();
    },
  };
}
