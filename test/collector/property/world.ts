import fc from "fast-check";
import type { Site } from "../../oracle";
import { events, type Posted, site } from "./vendors";
import { type Envelope, envelopes } from "./visitors";

/**
 * Random worlds: a site, what its visitors' browsers send and what its vendors post, small enough that times, ids and values meet all the
 * time, and with every step's edges (the second's end, the 60 s, the 10 s, the window) among the times to choose from.
 */

export interface World {
  site: Site;
  envelopes: Envelope[];
  events: Posted[];
  schedule: Schedule;
}

/** In which order everything is posted; each list holds ranks, one for each envelope or event, and -1 where it is not repeated. */
export interface Schedule {
  envelopes: number[];
  envelopesAgain: number[];
  events: number[];
  eventsAgain: number[];
  restarts: number[];
  /** After what rank the calls are compared for the first time. */
  pause: number;
  /** How many requests are under way at once. */
  together: number;
}

const RANKS = 100;
const rank = fc.integer({ min: 0, max: RANKS });
const ranks = (length: number) => fc.array(rank, { minLength: length, maxLength: length });
const maybeRanks = (length: number) =>
  fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: rank }), {
    minLength: length,
    maxLength: length,
  });

export const world: fc.Arbitrary<World> = fc
  .tuple(site, envelopes)
  .chain(([theSite, theEnvelopes]) => fc.tuple(fc.constant(theSite), fc.constant(theEnvelopes), events(theEnvelopes)))
  .chain(([theSite, theEnvelopes, theEvents]) =>
    fc.record({
      site: fc.constant(theSite),
      envelopes: fc.constant(theEnvelopes),
      events: fc.constant(theEvents),
      schedule: fc.record({
        envelopes: ranks(theEnvelopes.length),
        envelopesAgain: maybeRanks(theEnvelopes.length),
        events: ranks(theEvents.length),
        eventsAgain: maybeRanks(theEvents.length),
        restarts: fc.oneof<fc.WeightedArbitrary<number[]>[]>(
          { weight: 2, arbitrary: fc.constant([]) },
          { weight: 1, arbitrary: fc.array(rank, { minLength: 1, maxLength: 2 }) },
        ),
        pause: rank,
        together: fc.constantFrom(1, 1, 4),
      }),
    }),
  );
