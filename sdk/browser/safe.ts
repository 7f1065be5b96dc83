/** What went wrong inside the SDK, oldest first, for the inspector. Never thrown, never logged. */
export const faults: unknown[] = [];

const MOST_FAULTS = 20;

/** Wraps whatever the page or the browser calls of ours, so that a fault of ours stays ours. */
export const safe =
  <A extends unknown[], R>(fn: (...args: A) => R) =>
  (...args: A): R | undefined => {
    try {
      return fn(...args);
    } catch (fault) {
      if (faults.length < MOST_FAULTS) faults.push(fault);
    }
  };
