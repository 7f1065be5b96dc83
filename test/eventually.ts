import { vi } from "vitest";

/** What never comes is waited for so long. It is not a measure of anything: the slowest machine is done long before. */
const HANGS_MS = 100_000;

/** Tries until the expectations hold, or fails with the last of them that did not. */
export const eventually = <T>(check: () => T | Promise<T>, interval = 25): Promise<T> =>
  vi.waitFor(check, { timeout: HANGS_MS, interval });
