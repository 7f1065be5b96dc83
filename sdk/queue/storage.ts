import { random } from "../browser/random";
import { safe } from "../browser/safe";
import { setup } from "../setup";

/**
 * A tab's queue as text, kept in localStorage under a key of its own. While the tab is in use it holds a Web Lock of that name, so that
 * another tab can tell what has been left behind, and take it over. Where there are no locks (http), a tab takes over what it finds:
 * at worst a snapshot is then sent by two tabs, and its name makes the collector store it once.
 */
let id: string | undefined;
let release: (() => void) | undefined;

const prefix = () => `calljoin:${setup.site}:`;
const ownKey = () => {
  id = id || random(10);
  return prefix() + id;
};
const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(prefix()));

/** Keeps this text in place of what was there, or nothing if it is empty; true where the browser did. */
export const store = safe((text: string) => {
  if (text) localStorage.setItem(ownKey(), text);
  else localStorage.removeItem(ownKey());
  return true;
});

/** Whether a text of ours is still there, and no other tab has taken it over. */
export const isStored = safe(() => !!localStorage.getItem(ownKey()));

export const clearStorage = safe(() => {
  for (const key of keys()) localStorage.removeItem(key);
});

/** Says that this tab is in use, and hands over what others have left. */
export const claim = safe((handOver: (text: string) => void) => {
  if (release) return;
  const { locks } = navigator as { locks?: LockManager };
  const inUse = new Promise<void>((resolve) => {
    release = resolve;
  });
  locks?.request(ownKey(), () => inUse).catch(safe);
  for (const key of keys()) {
    const take = safe((lock: unknown) => {
      const text = localStorage.getItem(key);
      if (lock && text && key !== ownKey()) {
        handOver(text);
        localStorage.removeItem(key);
      }
    });
    if (locks) locks.request(key, { ifAvailable: true }, take).catch(safe);
    else take(true);
  }
});

/** Says that this tab may never come back. A page that holds a lock is not let into the back/forward cache. */
export const rest = (): void => {
  release?.();
  release = undefined;
};
