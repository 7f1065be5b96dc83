import { safe } from "../browser/safe";

/**
 * A tab's lines, kept in localStorage under a key of its own. While the tab is in use it holds a Web Lock of that name, so that
 * another tab can tell what has been left behind and take it over. Where there are no locks, a tab takes over what it finds: at
 * worst a snapshot is then sent by two tabs, and its name makes the collector store it once.
 */
export interface Storage {
  /** False where the browser refused. */
  _save(lines: string[]): boolean;
  /** What is kept under our key, or undefined where another tab has taken it over. */
  _load(): string[] | undefined;
  /** Says that this tab is in use, and hands over what others have left. */
  _wake(claim: (lines: string[]) => void): void;
  /** Says that this tab may never come back. A page that holds a lock would not go into the back/forward cache. */
  _rest(): void;
  _clear(): void;
}

export const createStorage = (prefix: string, id: string): Storage => {
  const key = prefix + id;
  const keys = () => Object.keys(localStorage).filter((name) => name.startsWith(prefix));
  const lines = (name: string) => localStorage.getItem(name)?.split("\n");
  let release: (() => void) | undefined;

  return {
    _save: (all) =>
      !!safe(() => {
        if (all.length) localStorage.setItem(key, all.join("\n"));
        else localStorage.removeItem(key);
        return true;
      })(),
    _load: safe(() => lines(key)),
    _wake: safe((claim: (lines: string[]) => void) => {
      if (release) return;
      const { locks } = navigator;
      const hold = new Promise<void>((resolve) => {
        release = resolve;
      });
      locks?.request(key, () => hold);
      for (const name of keys()) {
        const take = safe((lock: unknown) => {
          const found = lines(name);
          if (lock && name !== key && found) {
            claim(found);
            localStorage.removeItem(name);
          }
        });
        if (locks) locks.request(name, { ifAvailable: true }, take);
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
