import { safe } from "./safe";

type Listener = (detail: never) => void;

/** Who listens to what. */
const listeners = { view: new Set<Listener>(), entity: new Set<Listener>() };

/** Returns what ends the subscription. */
export const subscribe = (event: keyof typeof listeners, listener: Listener): (() => void) => {
  listeners[event].add(listener);
  return () => {
    listeners[event].delete(listener);
  };
};

/** Tells all who listen; a fault of one does not keep the next from hearing. */
export const emit = (event: keyof typeof listeners, detail: unknown): void => {
  listeners[event].forEach((listener) => {
    safe(listener)(detail as never);
  });
};
