import type { EntityRow } from "../entity/row";
import type { Value } from "../entity/value";
import type { QueueReport } from "../queue/queue";

/** What listeners of each event are given. */
export interface Events {
  ready: Calljoin;
  view: Calljoin;
  entity: EntityRow;
}

/** `window.calljoin`. The ids are null where consent forbids them. */
export interface Calljoin {
  /** Calls each function at once with this object. */
  push(...functions: ((api: Calljoin) => void)[]): void;
  readonly contextId: string | null;
  readonly sessionId: string | null;
  readonly viewId: string | null;
  /** The entity's current value on this view; undefined where it is empty. */
  get(name: string): Value | undefined;
  entities(): EntityRow[];
  /** Shows identity, queue and entities in the console, and returns the entities' rows. */
  inspect(): EntityRow[];
  /** Declares a new view, for sites with a routing of their own. */
  page(): void;
  consent(answer: "granted" | "denied"): void;
  /** Sends what is queued; settled when it has been answered. */
  flush(): Promise<void>;
  /** Returns what ends the subscription. `ready` calls back at once where the context_id is known already. */
  on<E extends keyof Events>(event: E, listener: (detail: Events[E]) => void): () => void;
}

/** What the inspector shows beside the api; in order and without names, which are the inspector's business. */
export type Report = [
  consent: string,
  /** Whether the browser keeps our cookie; undefined before there is one. */
  isCookieHeld: boolean | undefined,
  faults: unknown[],
  ...queue: QueueReport,
];
