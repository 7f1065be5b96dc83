import type { EntityRow, InspectedRow } from "../entity/row";
import type { Value } from "../entity/value";
import type { report } from "../queue/queue";
import type { EntitySetup, StartedSetup } from "../setup";

/** What each event passes to its listeners. */
export interface Events {
  ready: Calljoin;
  view: Calljoin;
  entity: EntityRow;
}

/** What `try` returns: the row that an entity with this function would have, and the entity for the site document. */
export interface Trial extends InspectedRow {
  entity: Omit<EntitySetup, "value"> & { value: string };
}

/** `window.calljoin`. The ids are null while consent forbids them. */
export interface Calljoin {
  /** Calls each function at once with this object. */
  push(...functions: ((api: Calljoin) => void)[]): void;
  readonly contextId: string | null;
  readonly sessionId: string | null;
  readonly viewId: string | null;
  /** The entity's current value on this view, or undefined if it is empty. */
  get(name: string): Value | undefined;
  entities(): EntityRow[];
  /** Shows identity, queue and entities in the console, and returns the entities' rows. */
  inspect(): InspectedRow[];
  /** Shows what would be stored of a function's value. The browser's console follows it for 10 s. */
  try(fn: () => unknown): Trial;
  /** The values that a call would be joined with now, as far as this page knows them. */
  call(): Record<string, Value>;
  /** Declares a new view, for sites that do their own routing. */
  page(): void;
  consent(answer: "granted" | "denied"): void;
  /** Sends the queue. Settles when the collector has answered, or an attempt has failed. */
  flush(): Promise<void>;
  /** Returns a function that ends the subscription. `ready` calls back at once if the context_id is already known. */
  on<E extends keyof Events>(event: E, listener: (detail: Events[E]) => void): () => void;
  /** The sites of further tags in this page. None of these was started. */
  readonly ignored: string[];
}

/** What the inspector shows. */
export interface Subject {
  api: Calljoin;
  setup: StartedSetup;
  consent: string;
  /** True if the browser has not kept our cookie. */
  isLost: boolean;
  /** The last error inside the SDK. */
  fault: unknown;
  queue: ReturnType<typeof report>;
  rows: InspectedRow[];
}
