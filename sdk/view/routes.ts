import { listen } from "../browser/listen";
import { safe } from "../browser/safe";

/**
 * Calls `before` while the address is still the old one, where the browser lets us, and `after` when it may have changed: for
 * pushState, replaceState, a changed hash, back and forward. `after` may be called without a change.
 */
export const watchRoutes = (before: () => void, after: () => void): void => {
  const { navigation } = window as { navigation?: EventTarget };
  if (navigation) {
    listen(navigation, "navigate", () => before());
    listen(navigation, "currententrychange", after);
    return;
  }
  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    history[name] = (...args) => {
      safe(before)();
      original.apply(history, args);
      safe(after)();
    };
  }
  listen(window, "popstate hashchange", after);
};
