import { locks, promise, storage } from "../browser/page";
import { random } from "../browser/random";
import { safe } from "../browser/safe";
import { setup } from "../setup";

/**
 * Each tab keeps its queue as text in localStorage, under its own key. While the tab is in use, it holds a Web Lock of
 * that name. So another tab can tell what has been left behind, and take it over. If there are no locks (http), a tab
 * takes over what it finds. At worst, two tabs then send the same snapshot, and the collector stores it once because of
 * its name.
 */
let id = "";
let release: (() => void) | undefined;

const prefix = () => `calljoin:${setup.site}:`;
const ownKey = () => {
  id ||= random(10);
  return prefix() + id;
};
/** Calls `act` for each of our keys. Keys may be removed meanwhile. */
const forEachKey = (act: (key: string) => void) => {
  for (const key in storage()) if (key.startsWith(prefix())) act(key);
};

/** Replaces the stored text. An empty text removes it. */
export const store = safe((text: string) => {
  if (text) storage().setItem(ownKey(), text);
  else storage().removeItem(ownKey());
});

export const clearStorage = safe(() => {
  forEachKey((key) => storage().removeItem(key));
});

/** Marks this tab as in use, and hands over what other tabs have left. */
export const claim = safe((handOver: (text: string) => void) => {
  if (release) return;
  const inUse = promise<void>((resolve) => {
    release = resolve;
  });
  const manager = locks();
  manager?.request(ownKey(), () => inUse).catch(safe);
  forEachKey((key) => {
    // Our own key needs no lock here. Firefox keeps no page in its back/forward cache that was refused a lock (seen in
    // 153).
    if (key === ownKey()) return;
    const take = safe((lock: unknown) => {
      const text = storage().getItem(key);
      if (lock && text) {
        handOver(text);
        storage().removeItem(key);
      }
    });
    if (manager) manager.request(key, { ifAvailable: true }, take).catch(safe);
    else take(true);
  });
});

/**
 * Marks this tab as one that may never come back. A page that holds a lock does not get into the back/forward cache,
 * and Firefox decides that before `pagehide`. If the page stays after all, it takes its lock when it is next shown.
 */
export const letGo = (): void => {
  release?.();
  release = undefined;
};
