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
  /** The site document's; undefined in a bundle, which knows none. */
  version?: number;
  /** Where the collector is, as its operator says (CALLJOIN_PUBLIC_URL). */
  collector?: string;
  /** Where the visitor's consent is required; granted where it is left out. */
  consent?: "pending";
  /** Whether Global Privacy Control counts as denied. */
  gpc: boolean;
  entities: EntitySetup[];
  /** Code that hands the context_id to other vendors' tags. */
  bridges: ((contextId: string) => void)[];
}

/** With the collector's address, wherever it is known from, without a slash at its end. */
export type StartedSetup = SiteSetup & { collector: string };

/** What this page was started with; set once, before anything else runs. */
export let setup: StartedSetup;

export const setUp = (started: StartedSetup): void => {
  setup = started;
};
