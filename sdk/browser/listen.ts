import { subscribe } from "./events";
import { listening, pageWindow } from "./page";
import { safe } from "./safe";

type Listener = (event: Event) => void;

/** Adds listeners, and adds them again when the page erases them. A listener that is added twice is there once. */
const add = (adding: () => void): void => {
  adding();
  subscribe("rewritten", adding);
};

/**
 * Listens for several event types (separated by spaces) in the capture phase. That phase reaches the window first, so
 * no page can hide the events.
 */
export const listen = (types: string, listener: Listener, target: EventTarget = pageWindow()): void => {
  const heard = safe(listener);
  add(() => {
    for (const type of types.split(" ")) listening("addEventListener", target, type, heard, true);
  });
};

/**
 * Listens for events that hide a page. Our listener runs after the page's own, so that we also read what the page sets
 * while it is being hidden: each `visibilitychange` moves ours to the end on its way down to the document. (`pagehide`
 * cannot do that, because its target is the window. But it comes after `visibilitychange` if a tab closes, and before
 * it if the visitor goes on to another page.)
 */
export const listenLast = (listener: Listener): void => {
  const last = safe(listener);
  const toEnd = () => {
    for (const type of ["visibilitychange", "pagehide"]) {
      listening("removeEventListener", pageWindow(), type, last);
      listening("addEventListener", pageWindow(), type, last);
    }
  };
  add(toEnd);
  listen("visibilitychange", toEnd);
};
