/** One of the site's tracking entities; `value` reads it, as code of the page. */
export interface EntitySetup {
  name: string;
  type: "simple" | "expression";
  scope: "session" | "page_view";
  value: () => unknown;
}

/** What the collector's insertion script, or a bundler's `start`, hands to the SDK. */
export interface SiteSetup {
  site: string;
  /** Not required where it is left out. */
  consent?: "not_required" | "required";
  /** Whether Global Privacy Control counts as denied. */
  gpc: boolean;
  entities: EntitySetup[];
  /** Code that hands the context_id to other vendors' tags. */
  bridges: ((contextId: string) => void)[];
}

/** What this page was started with; set once, before anything else runs. */
export let setup: SiteSetup;
let base: string;

/** `base` is a URL one folder below the collector's root, as the insertion script's own is. */
export const setUp = (siteSetup: SiteSetup, baseUrl: string): void => {
  setup = siteSetup;
  base = baseUrl;
};

/** A file of the collector's. */
export const collectorUrl = (path: string): URL => new URL(`../${path}`, base);
