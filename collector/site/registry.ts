/** The sites' documents, parsed and kept at hand: every request needs one. */

import type { SecretChange } from "../store/sites";
import type { Store } from "../store/store";
import type { Site } from "../wire/site";

export interface KnownSite {
  site: string;
  version: number;
  saved_at: number;
  document: Site;
}

export interface SiteRegistry {
  /** The newest version, or null where there is no such site. */
  current(site: string): Promise<KnownSite | null>;
  /** One version, the newest where none is named. */
  version(site: string, version?: number): Promise<KnownSite | null>;
  /** Saves a checked document; answers its version. */
  save(site: string, document: Site, secrets: SecretChange[]): Promise<number>;
}

/** How long another collector's save may go unnoticed, and a wrong site name unasked. */
const FRESH_MS = 1_000;

/** Sites kept at hand; names that do not exist count too, so that asking for many of them costs no memory. */
const MAX_KEPT = 1_000;

export function createSites(store: Store, clock: () => number): SiteRegistry {
  const kept = new Map<string, { until: number; known: Promise<KnownSite | null> }>();

  async function version(site: string, number?: number): Promise<KnownSite | null> {
    const saved = await store.site(site, number);
    return saved && { ...saved, document: JSON.parse(saved.document) };
  }

  return {
    version,
    current(site) {
      const found = kept.get(site);
      const now = clock();
      // A clock that was set back must not keep a document for ever.
      if (found && now < found.until && found.until - now <= FRESH_MS) return found.known;
      if (kept.size >= MAX_KEPT) kept.clear();
      const known = version(site);
      known.catch(() => kept.delete(site));
      kept.set(site, { until: now + FRESH_MS, known });
      return known;
    },
    async save(site, document, secrets) {
      const identifying = document.entities.filter(({ identifies }) => identifies).map(({ name }) => name);
      const text = JSON.stringify(document);
      const saved = await store.saveSite({ site, document: text, identifying, secrets, at: clock() });
      kept.delete(site);
      return saved;
    },
  };
}
