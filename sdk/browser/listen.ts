import { subscribe } from "./events";
import { listening, pageWindow } from "./page";
import { safe } from "./safe";

type Listener = (event: Event) => void;

/** Adds listeners, and once more where they are erased. Added twice, they are there once. */
const add = (adding: () => void): void => {
  adding();
  subscribe("rewritten", adding);
};

/**
 * Listens for several event types (separated by spaces), in the capture phase, which comes to the window first: no page can hide them.
 */
export const listen = (types: string, listener: Listener, target: EventTarget = pageWindow()): void => {
  const heard = safe(listener);
  add(() => {
    for (const type of types.split(" ")) listening("addEventListener", target, type, heard, true);
  });
};

/**
 * Listens to what hides a page, and is called after the page's own listeners, as what a page sets while it is being hidden is to be read:
 * each `visibilitychange`, on its way down to the document, moves ours to the end. (`pagehide` cannot, as its target is the window. But it
 * comes after `visibilitychange` where a tab closes, and before it where the visitor goes on.)
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
