import { safe } from "./safe";

type Listener = (detail: never) => void;
/** `view`: one has its place, with this context_id. `erased`: the collector knows a visitor, whose id this is, as erased. `rewritten`: the page has written itself anew. */
export type EventName = "view" | "entity" | "erased" | "rewritten";

/** Who listens to what. */
const listeners: Record<EventName, Listener[]> = { view: [], entity: [], erased: [], rewritten: [] };

/** Returns what ends the subscription. */
export const subscribe = (event: EventName, listener: Listener): (() => void) => {
  listeners[event] = [...listeners[event], listener];
  return () => {
    listeners[event] = listeners[event].filter((other) => other !== listener);
  };
};

/** Tells all who listen; a fault of one does not keep the next from hearing. */
export const emit = (event: EventName, detail: unknown): void => {
  for (const listener of listeners[event]) safe(listener)(detail as never);
};
