import type { Calljoin } from "./boot/api";
import { start as startIn } from "./boot/start";
import type { EntitySetup } from "./setup";

export type { Calljoin, Events } from "./boot/api";
export type { EntityRow } from "./entity/row";
export type { Value } from "./entity/value";
export type { EntitySetup } from "./setup";

/** What `start` needs to know of the site. */
export interface StartOptions {
  /** The site's tracking_id. */
  site: string;
  /** The collector's origin, `https://calls.shop.example`, with its path where it has one. */
  collector: string;
  entities?: EntitySetup[];
  /** Default `not_required`. */
  consent?: "not_required" | "required";
  /** Whether Global Privacy Control counts as denied; default true. */
  gpc?: boolean;
  /** Called with the context_id at each view, for other vendors' tags. */
  bridges?: ((contextId: string) => void)[];
}

/** An api that does nothing, for where there is no page: rendering on a server, workers. */
const inert = (): Calljoin => ({
  push() {},
  contextId: null,
  sessionId: null,
  viewId: null,
  get: () => undefined,
  entities: () => [],
  inspect: () => [],
  page() {},
  consent() {},
  flush: () => Promise.resolve(),
  on: () => () => {},
});

/** Starts the SDK in this page and returns `window.calljoin`; the second call in a page returns the first one's. */
export const start = ({
  site,
  collector,
  entities = [],
  consent = "not_required",
  gpc = true,
  bridges = [],
}: StartOptions): Calljoin =>
  typeof window === "undefined" || typeof document === "undefined"
    ? inert()
    : startIn({ site, consent, gpc, entities, bridges }, `${collector.replace(/\/*$/, "/")}t/`);
