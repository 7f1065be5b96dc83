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
  consent: "not_required" | "required";
  /** Whether Global Privacy Control counts as denied. */
  gpc: boolean;
  entities: EntitySetup[];
  /** Code that hands the context_id to other vendors' tags. */
  bridges: ((contextId: string) => void)[];
}
