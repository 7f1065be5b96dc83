import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { callsCompared, play, START } from "./play";
import { type Running, startInProcess } from "./running";
import { WORLDS } from "./world";

/**
 * `CALLJOIN_PROPERTY_RUNS=5000 npx vitest run test/collector/property` looks for longer; `CALLJOIN_PROPERTY_SEED=…` looks at the same worlds
 * again. A failure prints its seed, and the smallest world that shows it.
 */
const { CALLJOIN_PROPERTY_RUNS, CALLJOIN_PROPERTY_SEED } = process.env;
const RUNS = Number(CALLJOIN_PROPERTY_RUNS ?? 100);
const FEW = 5;
/** A slow machine looks at fewer worlds, unless it was told how many. */
const LIMIT_MS = CALLJOIN_PROPERTY_RUNS === undefined ? 18_000 : 900_000;
const LEAST_CALLS = 50;

let running: Running;
beforeAll(async () => {
  running = await startInProcess(START);
});
afterAll(() => running.stop());

const NAME = "whatever arrives, in whatever order, with repeats and restarts in between, each call is the oracle's";
const looked = { timeout: LIMIT_MS + 120_000 };
for (const [name, world] of Object.entries(WORLDS)) {
  test(`${NAME}: ${name}, in a few worlds`, looked, () => look(world, FEW));
  test(`${NAME}: ${name}`, { ...looked, tags: ["long"] }, () => look(world, RUNS));
}

async function look(world: (typeof WORLDS)[keyof typeof WORLDS], runs: number): Promise<void> {
  const seed = CALLJOIN_PROPERTY_SEED === undefined ? {} : { seed: Number(CALLJOIN_PROPERTY_SEED) };
  const before = callsCompared();
  let last: Promise<void> | undefined;
  const property = fc.asyncProperty(world, (each) => {
    last = play(running, each);
    return last;
  });
  try {
    await fc.assert(property, { numRuns: runs, interruptAfterTimeLimit: LIMIT_MS, ...seed });
  } finally {
    // At the limit one world is still being played, with the collector that the next test is going to use.
    await last?.catch(() => undefined);
  }
  console.info(`${callsCompared() - before} calls compared with the oracle's`);
  expect(callsCompared() - before).toBeGreaterThan(Math.min(LEAST_CALLS, runs));
}
