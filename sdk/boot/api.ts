import type { EntityRow, InspectedRow } from "../entity/row";
import type { Value } from "../entity/value";
import type { report } from "../queue/queue";
import type { EntitySetup, StartedSetup } from "../setup";

/** What listeners of each event are given. */
export interface Events {
  ready: Calljoin;
  view: Calljoin;
  entity: EntityRow;
}

/** What `try` answers: the row that an entity of this function would have, and the entity, to be put into the site document. */
export interface Trial extends InspectedRow {
  entity: Omit<EntitySetup, "value"> & { value: string };
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
  inspect(): InspectedRow[];
  /** What would be stored of a function's value; the console follows it for 10 s. */
  try(fn: () => unknown): Trial;
  /** The values that a call would be joined with now, as far as this page knows them. */
  call(): Record<string, Value>;
  /** Declares a new view, for sites with a routing of their own. */
  page(): void;
  consent(answer: "granted" | "denied"): void;
  /** Sends what is queued; settled when it has been answered. */
  flush(): Promise<void>;
  /** Returns what ends the subscription. `ready` calls back at once where the context_id is known already. */
  on<E extends keyof Events>(event: E, listener: (detail: Events[E]) => void): () => void;
  /** The sites of further tags in this page, of which none was started. */
  readonly ignored: string[];
}

/** What the inspector shows. */
export interface Subject {
  api: Calljoin;
  setup: StartedSetup;
  consent: string;
  /** Whether the browser has not kept our cookie. */
  isLost: boolean;
  /** What last went wrong inside. */
  fault: unknown;
  queue: ReturnType<typeof report>;
  rows: InspectedRow[];
}
