/** Reports that the store counts in steps, others in between. */
import type { Counted } from "../store/counts";
import type { CallPlace } from "../store/reads";

/** What all steps counted; a key may be there once for each of them. */
export async function allSteps<Count>(step: (after: CallPlace | null) => Promise<Counted<Count>>): Promise<Count[]> {
  const all: Count[] = [];
  for (let after: CallPlace | null = null; ; ) {
    const { counts, next } = await step(after);
    all.push(...counts);
    if (next === null) return all;
    after = next;
  }
}
