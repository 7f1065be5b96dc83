import type { Calljoin } from "./boot/api";
import { start as startIn } from "./boot/start";
import { hasPage, isFramed, isList, isWebAddress, pageWindow, warn } from "./browser/page";
import { safe } from "./browser/safe";
import type { EntitySetup } from "./setup";

export type { Calljoin, Events, Trial } from "./boot/api";
export type { EntityRow, InspectedRow } from "./entity/row";
export type { Value } from "./entity/value";
export type { EntitySetup } from "./setup";

declare global {
  interface Window {
    /** A queue of functions until the tag has loaded. */
    calljoin?: Calljoin | ((api: Calljoin) => void)[];
  }
}

/** What `start` needs to know about the site. */
export interface StartOptions {
  /** The site's tracking_id. */
  site: string;
  /** The collector's address, such as `https://calls.shop.example`, with its path if it has one. */
  collector: string;
  entities?: EntitySetup[];
  /**
   * The site document's `consent`, which a bundle cannot know. The default is `not_required`, and the browser's console
   * then shows a warning.
   */
  consent?: "not_required" | "required";
  /** Whether Global Privacy Control counts as denied; default true. */
  gpc?: boolean;
  /** Called with the context_id at each view, to hand it to other vendors' tags. */
  bridges?: ((contextId: string) => void)[];
  /** Whether to start in a frame, too; default false. */
  frames?: boolean;
}

/** An API that does nothing, for when there is no page (server rendering, workers) or a setting is wrong. */
const inert = (): Calljoin => ({
  push() {},
  contextId: null,
  sessionId: null,
  viewId: null,
  get: () => undefined,
  entities: () => [],
  inspect: () => [],
  try: (fn) => ({
    name: "new_entity",
    type: "expression",
    scope: "page_view",
    value: null,
    status: "pending",
    error: null,
    source: `${fn}`,
    changed_at: null,
    previous: null,
    bytes: 0,
    cut: false,
    why: "the SDK does not run here",
    stack: null,
    entity: { name: "new_entity", type: "expression", scope: "page_view", value: `${fn}` },
  }),
  call: () => ({}),
  page() {},
  consent() {},
  flush: async () => {},
  on: () => () => {},
  ignored: [],
});

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/; // contract 2

/** What is wrong with an entity, or undefined. */
const faultOfEntity = (entity: Partial<EntitySetup> | null, earlier: unknown[]): string | undefined => {
  const { name, type, scope, value } = entity || {};
  if (typeof name !== "string" || !NAME.test(name)) return "name must be letters, digits and _, 64 at most";
  if (earlier.some((other) => (other as EntitySetup | null)?.name === name)) return `${name} is used twice`;
  if (type !== "simple" && type !== "expression") return `${name}: type must be "simple" or "expression"`;
  if (scope !== "session" && scope !== "page_view") return `${name}: scope must be "session" or "page_view"`;
  return typeof value === "function" ? undefined : `${name}: value must be a function that returns it`;
};

/** What is wrong with the settings, each by its name. Users of TypeScript learn most of it earlier. */
const faultsOf = ({ site, collector, entities, consent }: Partial<StartOptions>): string[] => {
  const faults: string[] = [];
  if (typeof site !== "string" || !site) faults.push("site must be the site's tracking_id");
  if (!isWebAddress(collector)) faults.push("collector must be a full address such as https://calls.shop.example");
  if (consent !== undefined && consent !== "required" && consent !== "not_required")
    faults.push('consent must be "required" or "not_required"');
  if (entities !== undefined && !isList(entities)) faults.push("entities must be a list");
  const earlier: unknown[] = [];
  for (const entity of isList(entities) ? entities : []) {
    const fault = faultOfEntity(entity as Partial<EntitySetup> | null, earlier);
    if (fault) faults.push(`entities[${earlier.length}]: ${fault}`);
    earlier.push(entity);
  }
  return faults;
};

const startHere = safe((options: StartOptions): Calljoin | undefined => {
  const { site, collector, entities = [], consent, gpc = true, bridges = [], frames = false } = options || {};
  const faults = faultsOf(options || {});
  for (const fault of faults) warn(`calljoin: start(): ${fault}`);
  if (faults[0] || (isFramed() && !frames)) return;
  if (!consent && !(pageWindow().calljoin as Partial<Calljoin> | undefined)?.ignored)
    warn("calljoin: start(): consent is missing; the tag cannot know the site document here, and assumes not_required");
  const setup = {
    site,
    gpc,
    entities,
    bridges,
    collector: collector.replace(/\/+$/, ""),
    ...(consent === "required" && { consent: "pending" as const }),
  };
  return startIn(setup);
});

/** Starts the SDK in this page and returns `window.calljoin`. A second call returns the same object. Never throws. */
export const start = (options: StartOptions): Calljoin => (hasPage() && startHere(options)) || inert();
