/** The sites' documents, parsed and kept at hand: every request needs one. */
import type { SecretChange } from "../store/sites";
import type { Store } from "../store/store";
import { isUnavailable } from "../unavailable";
import type { Site } from "../wire/site";

export interface KnownSite {
  site: string;
  version: number;
  saved_at: number;
  document: Site;
}

export type SiteRegistry = ReturnType<typeof createSites>;

/** How long another collector's save may go unnoticed, and a wrong site name unasked. */
const FRESH_MS = 1_000;

/** Sites whose documents outlast the store's absence. */
const MAX_LAST = 5_000;

/** Sites kept at hand; names that do not exist count too, so that asking for many of them costs no memory. */
const MAX_KEPT = 1_000;

export function createSites(store: Store, clock: () => number) {
  const kept = new Map<string, { until: number; known: Promise<KnownSite | null> }>();
  /** What each site said last, for as long as the store does not answer. */
  const last = new Map<string, KnownSite>();

  /** One version, the newest where none is named. */
  async function version(site: string, number?: number): Promise<KnownSite | null> {
    const saved = await store.site(site, number);
    return saved && { ...saved, document: JSON.parse(saved.document) };
  }

  async function newest(site: string): Promise<KnownSite | null> {
    try {
      const known = await version(site);
      last.delete(site);
      const [oldest] = last.keys();
      if (last.size >= MAX_LAST && oldest !== undefined) last.delete(oldest);
      if (known) last.set(site, known);
      return known;
    } catch (error) {
      const known = last.get(site);
      if (known && isUnavailable(error)) return known;
      throw error;
    }
  }

  return {
    version,
    /** The newest version, or null where there is no such site; what it was last while the store does not answer. */
    current(site: string): Promise<KnownSite | null> {
      const found = kept.get(site);
      const now = clock();
      // A clock that was set back must not keep a document for ever.
      if (found && now < found.until && found.until - now <= FRESH_MS) return found.known;
      if (kept.size >= MAX_KEPT) kept.clear();
      const known = newest(site);
      known.catch(() => kept.delete(site));
      kept.set(site, { until: now + FRESH_MS, known });
      return known;
    },
    /** Saves a checked document by somebody's token; answers its version, or null where the newest is not `read`, if that is given. */
    async save(
      site: string,
      document: Site,
      secrets: SecretChange[],
      by: string,
      read?: number,
    ): Promise<number | null> {
      const identifying = document.entities.filter(({ identifies }) => identifies).map(({ name }) => name);
      const text = JSON.stringify(document);
      const saved = await store.saveSite({ site, document: text, identifying, secrets, at: clock(), by, read });
      kept.delete(site);
      return saved;
    },
  };
}
