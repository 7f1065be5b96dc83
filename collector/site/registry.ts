/** The sites' documents, parsed and kept in memory, because every request needs one. */
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

/** How long another collector's save may go unnoticed, and how long to remember that a site does not exist. */
const FRESH_MS = 1_000;

/** How many sites' last documents to keep for when the store does not answer. */
const MAX_LAST = 5_000;

/** How many sites to keep in memory. Names that do not exist count too, so asking for many of them costs no memory. */
const MAX_KEPT = 1_000;

export function createSites(store: Store, clock: () => number) {
  const kept = new Map<string, { until: number; known: Promise<KnownSite | null> }>();
  /** The last document of each site, for as long as the store does not answer. */
  const last = new Map<string, KnownSite>();

  /** One version, or the newest if none is named. */
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
    /**
     * The newest version, or null if there is no such site. While the store does not answer, this is the last known
     * version.
     */
    current(site: string): Promise<KnownSite | null> {
      const found = kept.get(site);
      const now = clock();
      // If the clock was set back, a document must not stay here forever.
      if (found && now < found.until && found.until - now <= FRESH_MS) return found.known;
      if (kept.size >= MAX_KEPT) kept.clear();
      const known = newest(site);
      known.catch(() => kept.delete(site));
      kept.set(site, { until: now + FRESH_MS, known });
      return known;
    },
    /**
     * Saves a checked document under somebody's token. Returns its version, or null if `read` is given and is not the
     * newest version.
     */
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
