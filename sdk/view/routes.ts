import { listen } from "../browser/listen";
import { absolute, address, historyApi, navigationApi } from "../browser/page";
import { safe } from "../browser/safe";
import type { How } from "./address";

/** What the SDK reads of a NavigateEvent (https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-navigateevent-interface). */
interface Navigate extends Event {
  navigationType: How | "reload";
  destination: { url: string };
  /** The name under which to save a `download` link's file; null where it is none, and the page goes on. */
  downloadRequest: string | null;
}

/**
 * Calls `before` while the address is still the old one, where the browser lets us, with the one that it may become; and `after` when it
 * may have changed: for pushState, replaceState, a changed hash, back and forward. `after` may be called without a change.
 */
export const watchRoutes = (before: (to: string, how: How) => void, after: (how?: How) => void): void => {
  const navigation = navigationApi();
  if (navigation) {
    listen(
      "navigate",
      (event) => {
        const { navigationType, destination, downloadRequest } = event as Navigate;
        if (downloadRequest === null) before(destination.url, navigationType as How);
      },
      navigation,
    );
    // Null where only the entry's state was updated.
    listen("currententrychange", (event) => after((event as Navigate).navigationType as How), navigation);
    return;
  }
  const history = historyApi() as History;
  const guess = safe((url: unknown, how: How) => before(absolute(url ?? address()), how));
  // Not where the page has frozen it, or another thing of that name.
  const wrap = safe((name: "pushState" | "replaceState", how: How) => {
    const original = history[name];
    history[name] = function (...args) {
      guess(args[2], how);
      original.apply(this, args);
      safe(after)(how);
    };
  });
  wrap("pushState", "push");
  wrap("replaceState", "replace");
  listen("popstate hashchange", () => after());
};
