import { pino } from "pino";
import { createErasures } from "../../../collector/forget";
import { createJoiner } from "../../../collector/join/joiner";
import type { Store } from "../../../collector/store/store";
import { SITE } from "./rows";

/** Erases a visitor as the collector does; true when nothing is left of them. */
export function erase(store: Store, contextId: string, now: number): Promise<boolean> {
  const joiner = createJoiner({ store, clock: () => now, log: pino({ level: "silent" }), wake: () => undefined });
  return createErasures({ store, joiner, clock: () => now }).erase(SITE, contextId);
}
