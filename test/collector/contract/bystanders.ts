/** What others wait for while something is under way. */
import type { Collector } from "./process";
import { newContext, type Shop, view } from "./shop";

export interface Waited {
  snapshot: number;
  livez: number;
}

/** The longest that a bystander waited until some work was done, ms: for another site's snapshot, and for /livez. */
export async function bystanders(collector: Collector, other: Shop, work: Promise<unknown>): Promise<Waited> {
  let ended = false;
  const end = work.finally(() => {
    ended = true;
  });
  const longest = { snapshot: 0, livez: 0 };
  const wait = async (what: keyof Waited, ask: () => Promise<unknown>) => {
    const began = performance.now();
    await ask();
    longest[what] = Math.max(longest[what], performance.now() - began);
  };
  const id = newContext();
  for (let n = 0; !ended; n += 1) {
    await wait("snapshot", () => other.post(id, [view(`b${performance.now()}-${n}`, Date.now())]));
    await wait("livez", () => collector.request("GET", "/livez"));
  }
  await end;
  return longest;
}

/** What they may wait, ms: no more than a person notices, or than this machine takes for it just now with nothing else to do. */
export async function allowed(collector: Collector, other: Shop): Promise<Waited> {
  const quiet = await bystanders(collector, other, new Promise((resolve) => setTimeout(resolve, 1_500)));
  return { snapshot: Math.max(150, 4 * quiet.snapshot), livez: Math.max(100, 4 * quiet.livez) };
}
