import fc from "fast-check";
import type { JsonObject, Site } from "../../oracle";
import { CONTEXTS } from "./pools";
import { events, type Posted, site } from "./vendors";
import { distinct, type Envelope, envelopes } from "./visitors";

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

const ALIAS = "gbr0-a";
const ONE = CONTEXTS[0] ?? "";
const RANKS = 100;
const rank = fc.integer({ min: 0, max: RANKS });
const ranks = (length: number) => fc.array(rank, { minLength: length, maxLength: length });
const maybeRanks = (length: number) =>
  fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: rank }), {
    minLength: length,
    maxLength: length,
  });

const world: fc.Arbitrary<World> = fc
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

/** The same world, with `change` made to all that is posted. The schedule keeps its length, so that ranks without a post are not used. */
const focused = (change: (each: World) => Pick<World, "envelopes" | "events">) =>
  world.map((each): World => {
    const { envelopes: sent, events: told } = change(each);
    return { ...each, envelopes: distinct(sent), events: told };
  });

/** Every event is a call of its own, so that no two are merged. */
const asCall = ({ event }: Posted, n: number, vendor: string, id: string): Posted => ({
  vendor,
  event: { ...(event as JsonObject), context: { id }, transaction: { id: `t${n}` } },
});

/** The worlds that are looked at, by what they are about. */
export const WORLDS = {
  "visitors, vendors and all": world,
  "one visitor": focused(({ envelopes: sent, events: told }) => ({
    envelopes: sent.map((envelope) => ({ ...envelope, context_id: ONE })),
    events: told.map((posted, n) => asCall(posted, n, posted.vendor, ONE)),
  })),
  "one alias of many visitors": focused(({ envelopes: sent, events: told }) => ({
    envelopes: sent.map((envelope, n) => (n % 2 === 0 ? showing(envelope, ALIAS) : envelope)),
    events: told.map((posted, n) => asCall(posted, n, "responsetap", ALIAS)),
  })),
};

function showing({ snapshots, ...envelope }: Envelope, alias: string): Envelope {
  return {
    ...envelope,
    snapshots: snapshots.map((each) => ({ ...each, entities: { ...each.entities, visitor: alias } })),
  };
}
