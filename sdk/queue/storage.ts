import { random } from "../browser/random";
import { safe } from "../browser/safe";

/**
 * A tab's lines, kept in localStorage under a key of its own. While the tab is in use it holds a Web Lock of that name, so that
 * another tab can tell what has been left behind, and take it over. Where there are no locks (http), a tab takes over what it finds:
 * at worst a snapshot is then sent by two tabs, and its name makes the collector store it once.
 */
export interface Storage {
  /** Keeps these lines and no others; true where the browser did. */
  _save(lines: string[]): true | undefined;
  /** Whether lines of ours are still there: no other tab has taken them over. */
  _has(): boolean | undefined;
  /** Says that this tab is in use, and hands over what others have left. */
  _wake(claim: (lines: string[]) => void): void;
  /** Says that this tab may never come back. A page that holds a lock is not let into the back/forward cache. */
  _rest(): void;
  _clear(): void;
}

export const createStorage = (prefix: string): Storage => {
  const key = prefix + random(10);
  const { locks } = navigator as { locks?: LockManager };
  const keys = () => Object.keys(localStorage).filter((name) => name.startsWith(prefix));
  let release: (() => void) | undefined;

  return {
    _save: safe((lines: string[]) => {
      if (lines[0]) localStorage.setItem(key, lines.join("\n"));
      else localStorage.removeItem(key);
      return true as const;
    }),
    _has: safe(() => !!localStorage.getItem(key)),
    _wake: safe((claim: (lines: string[]) => void) => {
      if (release) return;
      const hold = new Promise<void>((resolve) => {
        release = resolve;
      });
      locks?.request(key, () => hold).catch(() => {});
      for (const name of keys()) {
        if (name === key) continue;
        const take = safe((lock: unknown) => {
          const lines = localStorage.getItem(name);
          if (!lock || !lines) return;
          claim(lines.split("\n"));
          localStorage.removeItem(name);
        });
        if (locks) locks.request(name, { ifAvailable: true }, take).catch(() => {});
        else take(true);
      }
    }),
    _rest() {
      release?.();
      release = undefined;
    },
    _clear: safe(() => {
      for (const name of keys()) localStorage.removeItem(name);
    }),
  };
};
