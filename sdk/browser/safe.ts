import { promise, rootZone, timeout } from "./page";

/** The last error inside the SDK, for the inspector. We never throw or log it. */
export let fault: unknown;

interface Zone {
  run<R>(fn: () => R): R;
}

/**
 * Wraps each of our functions that the page or the browser calls. So our errors never reach the page, and no timer or
 * listener of ours lives in one of the page's zones (https://github.com/angular/angular/issues/20970).
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

/**
 * Calls back after so many ms. If the page has no timers, it never calls back and returns undefined. A timer cannot be
 * cancelled, because some pages do not let us.
 */
export const after = safe((ms: number, fn: () => void) => timeout()(safe(fn), ms));

/** Resolves after so many ms, or at once if the page has no timers. */
export const pause = (ms: number): Promise<void> =>
  promise((resolve) => {
    if (!after(ms, resolve)) resolve();
  });
