/** Reports that the store counts in steps, so that others get a turn in between. */
import type { Counted } from "../store/counts";
import type { CallPlace } from "../store/reads";

/** What all steps counted. A key may occur once for each step. */
export async function allSteps<Count>(step: (after: CallPlace | null) => Promise<Counted<Count>>): Promise<Count[]> {
  const all: Count[] = [];
  for (let after: CallPlace | null = null; ; ) {
    const { counts, next } = await step(after);
    all.push(...counts);
    if (next === null) return all;
    after = next;
  }
}
