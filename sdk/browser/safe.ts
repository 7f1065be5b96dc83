import { promise, rootZone, timeout } from "./page";

/** What last went wrong inside the SDK, for the inspector. Never thrown, never logged. */
export let fault: unknown;

interface Zone {
  run<R>(fn: () => R): R;
}

/**
 * Wraps whatever the page or the browser calls of ours, so that a fault of ours stays ours, and so that no timer or listener of ours
 * lives in a zone of the page's (https://github.com/angular/angular/issues/20970).
 */
export const safe =
  <A extends unknown[], R>(fn: (...args: A) => R) =>
  (...args: A): R | undefined => {
    try {
      const zone = rootZone();
      return typeof zone?.run === "function" ? (zone as Zone).run(() => fn(...args)) : fn(...args);
    } catch (thrown) {
      fault = thrown;
    }
  };

/** Calls back after so many ms; where the page has no timers, never, and says undefined. It cannot be called off, as a page may not let us. */
export const after = safe((ms: number, fn: () => void) => timeout()(safe(fn), ms));

/** Resolves after so many ms; at once where the page has no timers. */
export const pause = (ms: number): Promise<void> =>
  promise((resolve) => {
    if (!after(ms, resolve)) resolve();
  });
