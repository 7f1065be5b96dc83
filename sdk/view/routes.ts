import { listen } from "../browser/listen";

/**
 * Calls `before` while the address is still the old one, where the browser lets us, and `after` when it may have changed: for
 * pushState, replaceState, a changed hash, back and forward. `after` may be called without a change. Neither may throw.
 */
export const watchRoutes = (before: () => void, after: () => void): void => {
  const { navigation } = window as { navigation?: EventTarget };
  if (navigation) {
    listen("navigate", () => before(), navigation);
    listen("currententrychange", after, navigation);
    return;
  }
  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    history[name] = (...args) => {
      before();
      original.apply(history, args);
      after();
    };
  }
  listen("popstate hashchange", after);
};
