/** One of the site's entities. `value` reads it, as code of the page. */
export interface EntitySetup {
  name: string;
  type: "simple" | "expression";
  scope: "session" | "page_view";
  value: () => unknown;
}

/** What the collector's insertion script, or `start` in a bundle, hands to the SDK. */
export interface SiteSetup {
  site: string;
  /** The version of the site document. A bundle does not know it, so it is undefined there. */
  version?: number;
  /** The collector's address, if its operator has set it (CALLJOIN_PUBLIC_URL). */
  collector?: string;
  /** Set if the site requires the visitor's consent. Without it, consent is granted. */
  consent?: "pending";
  /** Whether Global Privacy Control counts as denied. */
  gpc: boolean;
  entities: EntitySetup[];
  /** Code that hands the context_id to other vendors' tags. */
  bridges: ((contextId: string) => void)[];
}

/** A setup with the collector's address, wherever that comes from, without a slash at the end. */
export type StartedSetup = SiteSetup & { collector: string };

/** The setup of this page. It is set once, before anything else runs. */
export let setup: StartedSetup;

export const setUp = (started: StartedSetup): void => {
  setup = started;
};
