import { listen } from "../browser/listen";
import { absolute, address, historyApi, navigationApi } from "../browser/page";
import { safe } from "../browser/safe";
import type { How } from "./address";

/** What the SDK reads of a NavigateEvent (https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-navigateevent-interface). */
interface Navigate extends Event {
  navigationType: How | "reload";
  destination: { url: string };
  /** The file name of a `download` link. Null if the navigation is no download, so the page may change. */
  downloadRequest: string | null;
}

/**
 * Watches pushState, replaceState, a changed hash, back and forward. If the browser lets us, calls `before` with the
 * new address while the old one still stands. Calls `after` when the address may have changed, or without a change.
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
    // The type is null if only the entry's state was updated.
    listen("currententrychange", (event) => after((event as Navigate).navigationType as How), navigation);
    return;
  }
  const history = historyApi() as History;
  const guess = safe((url: unknown, how: How) => before(absolute(url ?? address()), how));
  // This fails harmlessly if the page has frozen `history`, or has something else at that name.
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
