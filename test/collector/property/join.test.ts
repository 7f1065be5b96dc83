import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { callsCompared, play, START } from "./play";
import { type Running, startInProcess } from "./running";
import { world } from "./world";

/** `CALLJOIN_PROPERTY_RUNS=5000 npx vitest run test/collector/property` looks longer; `CALLJOIN_PROPERTY_SEED` looks again. */
const RUNS = Number(process.env.CALLJOIN_PROPERTY_RUNS ?? 250);
const SEED = process.env.CALLJOIN_PROPERTY_SEED;
const MS_A_RUN = 400;

let running: Running;
beforeAll(async () => {
  running = await startInProcess(START);
});
afterAll(() => running.stop());

test(
  "whatever arrives, in whatever order, with repeats and restarts in between, each call is the oracle's",
  async () => {
    await fc.assert(
      fc.asyncProperty(world, (each) => play(running, each)),
      { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }), endOnFailure: false },
    );
    expect(callsCompared()).toBeGreaterThan(RUNS);
  },
  RUNS * MS_A_RUN + 60_000,
);
