import { safe } from "../browser/safe";
import type { Events } from "./api";

type Listener = (detail: never) => void;

/** Who listens to what. A listener's fault does not keep the next from being called. */
export const createEvents = () => {
  let listeners: [string, Listener][] = [];
  return {
    /** Returns what ends the subscription. */
    on<E extends keyof Events>(event: E, listener: (detail: Events[E]) => void): () => void {
      const entry: [string, Listener] = [event, listener];
      listeners = [...listeners, entry];
      return () => {
        listeners = listeners.filter((other) => other !== entry);
      };
    },
    emit<E extends keyof Events>(event: E, detail: Events[E]): void {
      for (const [name, listener] of listeners) if (name === event) safe(listener)(detail as never);
    },
  };
};
