import { locks, promise, storage } from "../browser/page";
import { random } from "../browser/random";
import { safe } from "../browser/safe";
import { setup } from "../setup";

/**
 * A tab's queue as text, kept in localStorage under a key of its own. While the tab is in use it holds a Web Lock of that name, so that
 * another tab can tell what has been left behind, and take it over. Where there are no locks (http), a tab takes over what it finds:
 * at worst a snapshot is then sent by two tabs, and its name makes the collector store it once.
 */
let id = "";
let release: (() => void) | undefined;

const prefix = () => `calljoin:${setup.site}:`;
const ownKey = () => {
  id ||= random(10);
  return prefix() + id;
};
/** A key that is removed meanwhile does not disturb this. */
const forEachKey = (act: (key: string) => void) => {
  for (const key in storage()) if (key.startsWith(prefix())) act(key);
};

/** Keeps this text in place of what was there, or nothing if it is empty. */
export const store = safe((text: string) => {
  if (text) storage().setItem(ownKey(), text);
  else storage().removeItem(ownKey());
});

export const clearStorage = safe(() => {
  forEachKey((key) => storage().removeItem(key));
});

/** Says that this tab is in use, and hands over what others have left. */
export const claim = safe((handOver: (text: string) => void) => {
  if (release) return;
  const inUse = promise<void>((resolve) => {
    release = resolve;
  });
  const manager = locks();
  manager?.request(ownKey(), () => inUse).catch(safe);
  forEachKey((key) => {
    // Our own is ours; and Firefox keeps no page that was refused a lock in its back/forward cache (seen in 153).
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
 * Says that this tab may never come back. A page that holds a lock is not let into the back/forward cache, of which Firefox decides
 * before `pagehide`. What stays after all takes its lock again when it is shown the next time.
 */
export const letGo = (): void => {
  release?.();
  release = undefined;
};
