/** A database may be started beside the collector, and take longer. */
import { setTimeout as wait } from "node:timers/promises";
import { isUnavailable } from "./unavailable";

/** So long is waited for it: supervisors that give up start the collector again anyway. */
const PATIENCE_MS = 60_000;

const PAUSE_MS = 1_000;

export interface Patience {
  clock: () => number;
  /** Told of each try that failed and will be repeated. */
  tell: (error: Error) => void;
  pause?: (ms: number) => Promise<unknown>;
}

/** Opens a place (`unusable`) again and again while it does not answer; throws what it says in the end, and at once what no waiting mends. */
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
