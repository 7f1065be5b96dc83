/** Waits for a database that is started alongside the collector and takes longer. */
import { setTimeout as wait } from "node:timers/promises";
import { isUnavailable } from "./unavailable";

/** How long to wait for the database. Supervisors that give up earlier start the collector again anyway. */
const PATIENCE_MS = 60_000;

const PAUSE_MS = 1_000;

export interface Patience {
  clock: () => number;
  /** Called for each failed try that will be repeated. */
  tell: (error: Error) => void;
  pause?: (ms: number) => Promise<unknown>;
}

/**
 * Tries to open a place (`unusable`) until it answers. Throws its last error when the time is up. Throws at once if
 * waiting cannot help.
 */
export async function patiently<T>(open: () => Promise<T>, { clock, tell, pause = wait }: Patience): Promise<T> {
  const until = clock() + PATIENCE_MS;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!isUnavailable((error as Error).cause) || clock() >= until) throw error;
      tell(error as Error);
      await pause(PAUSE_MS);
    }
  }
}
