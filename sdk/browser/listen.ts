import { safe } from "./safe";

type Listener = (event: Event) => void;

/** Listens for several event types (separated by spaces), in the capture phase, which comes to the window first: no page can hide them. */
export const listen = (types: string, listener: Listener, target: EventTarget = window): void => {
  for (const type of types.split(" ")) target.addEventListener(type, safe(listener), true);
};

/**
 * Listens on the window and is called after all of the page's own listeners, also those added later: only the capture phase
 * puts ours, for once, at the end of the bubbling ones. What a page sets while it is being hidden is so still read.
 */
export const listenLast = (types: string, listener: Listener): void => {
  const last = safe(listener);
  listen(types, ({ type }) => addEventListener(type, last, { once: true }));
};
