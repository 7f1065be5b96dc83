import fc from "fast-check";
import type { Json, JsonObject, Site, ViewFacts } from "../../oracle";
import { canonicalJson } from "../../oracle/order";

/**
 * Random worlds: a site, what its visitors' browsers send and what its vendors post, small enough that times, ids and values meet all the
 * time, and with every step's edges (the second's end, the 60 s, the 10 s, the window) among the times to choose from.
 */

export const NOON = Date.UTC(2026, 10, 20, 12);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Snapshot {
  view_id: string;
  session_id: string;
  seq: number;
  at: number;
  view?: ViewFacts;
  entities?: JsonObject;
}

/** What one request of a browser carries; `behind` is received − `sent_at` in milliseconds: how far its clock is behind, and the delay. */
export interface Envelope {
  context_id: string;
  behind: number;
  snapshots: Snapshot[];
}

export interface Posted {
  vendor: string;
  event: Json;
}

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
const CONTEXTS = ["6o2diu81w9o-0irxltk5b-aaaaaaa", "6o2diu81w9o-0irxltk5b-bbbbbbb", "gbr0-and-a-context"];
const ALIASES = ["gbr0-a", "clarity-b", "gbr0-and-a-context", "gbr0"];
const JUNK = ["null", "Undefined", "00000000", "anonymous", "[object Object]", "short", "with space in it", "", 0, {}];
const URLS = [
  "https://shop.example/a",
  "https://shop.example/a#part",
  "https://SHOP.example:443/a",
  "https://shop.example/b?x=1",
  "https://shop.example/b",
  "http://shop.example/a",
  "not a url",
  "",
];

/** A time near noon, or at one of the edges that the contract's steps have. */
const near = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -6, max: 6 }).map((n) => n * 500) },
  { weight: 2, arbitrary: fc.integer({ min: -2000, max: 2000 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(-998, -999, -1, 1, 998, 999, 59_999, 60_000, 60_001, 60_998, 60_999, 61_000),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(-60_001, -60_000, -MINUTE - 999, -10 * MINUTE, 10 * MINUTE, HOUR, -HOUR, -DAY, DAY),
  },
  { weight: 1, arbitrary: fc.constantFrom(-DAY - 1, -30 * DAY, -30 * DAY - 1, -30 * DAY + 1, -31 * DAY, -400 * DAY) },
);

/** How far a device's clock is behind the collector's. */
const clockError = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.constantFrom(-10_001, -10_000, -4_000, 4_000, 9_999, 10_000, 10_001) },
  { weight: 2, arbitrary: fc.constantFrom(-365 * DAY, -DAY, -HOUR, HOUR, DAY, 365 * DAY) },
);
const delay = fc.constantFrom(0, 0, 0, 1, 500, 2 * SECOND, 10_000, 10_001, 5 * MINUTE);

const value = fc.constantFrom<Json>(
  null,
  "",
  0,
  1,
  false,
  "x",
  "y",
  "gbr0-a",
  "gbr0-a",
  "clarity-b",
  "clarity-b",
  { a: 1 },
  ["z"],
);
const ENTITY_NAMES = ["basket", "product", "visitor", "tag", "unlisted", "constructor"];
const entities = fc.dictionary(fc.constantFrom(...ENTITY_NAMES), value, { maxKeys: 3 });

const facts = (behind: number): fc.Arbitrary<ViewFacts> =>
  fc.record({
    number: fc.integer({ min: 1, max: 3 }),
    session_number: fc.integer({ min: 1, max: 2 }),
    session_view_number: fc.integer({ min: 1, max: 3 }),
    session_at: near.map((time) => NOON + time - behind),
    url: fc.constantFrom(...URLS),
    referrer: fc.constantFrom("", "https://find.example/?q=shoe"),
    title: fc.constant("Shoes"),
  });

/** Most views keep to one session, as browsers do; some disagree with themselves. */
const whereabouts = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(["v1", "s1"], ["v2", "s1"], ["v3", "s2"], ["v4", "s2"]) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom("v1", "v2", "v3"), fc.constantFrom("s1", "s2")) },
) as fc.Arbitrary<[string, string]>;

const snapshot = (behind: number): fc.Arbitrary<Snapshot> =>
  fc
    .record(
      {
        where: whereabouts,
        seq: fc.integer({ min: 0, max: 4 }),
        at: near.map((time) => NOON + time - behind),
        view: facts(behind),
        entities,
      },
      { requiredKeys: ["where", "seq", "at"] },
    )
    .map(({ where: [view_id, session_id], ...rest }) => ({ view_id, session_id, ...rest }));

/** One device: a context with a clock of its own, which may jump from one request to the next. */
const device = fc
  .record({ context_id: fc.constantFrom(...CONTEXTS), error: clockError })
  .chain(({ context_id, error }) =>
    fc.array(
      fc
        .tuple(fc.oneof({ weight: 6, arbitrary: fc.constant(error) }, { weight: 1, arbitrary: clockError }), delay)
        .chain(([behind, late]) =>
          fc.record({
            context_id: fc.constant(context_id),
            behind: fc.constant(behind + late),
            snapshots: fc.array(snapshot(behind), { minLength: 1, maxLength: 4 }),
          }),
        ),
      { minLength: 1, maxLength: 5 },
    ),
  );

/** Nine to eleven more contexts that have shown one alias: about the number that makes it ambiguous. */
const crowd = fc.oneof(
  { weight: 9, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 8, max: 11 }) },
);
const crowdMember = (number: number): Envelope => ({
  context_id: `one-of-the-crowd-${number}`,
  behind: 0,
  snapshots: [{ view_id: "v1", session_id: "s1", seq: 0, at: NOON - HOUR, entities: { visitor: "gbr0-a" } }],
});

const envelopes = fc
  .tuple(fc.array(device, { maxLength: 3 }), crowd)
  .map(([devices, more]) =>
    distinct([...devices.flat(), ...Array.from({ length: more }, (_, number) => crowdMember(number))]),
  );

/** Keeps the first of the snapshots of one name: two bodies under one name are a conflict, which arrival has to decide. */
function distinct(all: Envelope[]): Envelope[] {
  const taken = new Set<string>();
  const isNew = (contextId: string, { view_id, seq }: Snapshot) => {
    const name = JSON.stringify([contextId, view_id, seq]);
    return !taken.has(name) && taken.add(name);
  };
  return all
    .map((envelope) => ({
      ...envelope,
      snapshots: envelope.snapshots.filter((each) => isNew(envelope.context_id, each)),
    }))
    .filter(({ snapshots }) => snapshots.length > 0);
}

const ts = near.chain((time) =>
  fc.constantFrom<Json>(
    NOON + time,
    String(NOON + time),
    Math.floor((NOON + time) / SECOND),
    String(Math.floor((NOON + time) / SECOND)),
  ),
);
const id = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Json>(...CONTEXTS) },
  { weight: 4, arbitrary: fc.constantFrom<Json>(...ALIASES) },
  { weight: 1, arbitrary: fc.constantFrom<Json>("gbr0-that-nobody-shows", "an-unknown-context", 123456789) },
  { weight: 1, arbitrary: fc.constantFrom<Json>(null, ...JUNK) },
);
const type = fc.constantFrom(
  "ecBasketTransactionSummary",
  "ecBasketTransactionSummary",
  "someco.ecBasketTransactionSummary",
  "trPackageTransactionSummary",
  "fiBasketTransactionSummary",
);
const total = fc.record({ value: fc.constantFrom(0, 9.99, 10, 250), currency: fc.constantFrom("GBP", "EUR") });
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const event = fc
  .record({
    vendor: fc.constantFrom("infinity", "responsetap", "responsetap"),
    meta: fc.record(
      { type, ts, url: fc.constantFrom(...URLS), source: fc.constantFrom("", "ppc-1", "desk") },
      { requiredKeys: ["type", "ts"] },
    ),
    id: optional(id),
    basket: optional(total),
    package: optional(total),
    transaction: fc.constantFrom<Json>("t1", "t1", "t2", "t3", 7, "7"),
  })
  .map(({ vendor, id, basket, package: fare, transaction, meta }): Posted => {
    const event: JsonObject = { meta: { ...meta }, transaction: { id: transaction } };
    if (id !== undefined) event.context = { id };
    if (basket !== undefined) event.basket = { total: { ...basket } };
    if (fare !== undefined) event.package = { total: { ...fare } };
    return { vendor, event };
  });

const events = fc.uniqueArray(event, {
  minLength: 1,
  maxLength: 10,
  selector: (posted) => canonicalJson([posted.vendor, posted.event]),
});

const scope = fc.constantFrom<"session" | "page_view">("session", "page_view");
const site = fc
  .record({
    scopes: fc.array(scope, { minLength: 4, maxLength: 4 }),
    tagIs: fc.constantFrom(undefined, "infinity", "responsetap"),
    window_days: fc.constantFrom(undefined, 1, 30, 500),
    rule: fc.constantFrom(
      undefined,
      { field: "source", matches: "^ppc-" },
      { field: "url", matches: "shop\\.example/b" },
    ),
    goals: fc.subarray([
      { name: "order", types: ["ecBasketTransactionSummary"], min_total: 9.99 },
      { name: "anything" },
      { name: "quote", types: ["fiBasketTransactionSummary", "trPackageTransactionSummary"] },
    ]),
  })
  .map(({ scopes, tagIs, window_days, rule, goals }): Site => {
    const named = (name: string, n: number) => ({ name, scope: scopes[n] ?? "session" });
    return {
      entities: [
        named("basket", 0),
        named("product", 1),
        { ...named("visitor", 2), identifies: "responsetap" },
        { ...named("tag", 3), ...(tagIs === undefined ? {} : { identifies: tagIs }) },
      ],
      vendors: [
        { name: "infinity", offline_prefixes: ["clarity"] },
        {
          name: "responsetap",
          offline_prefixes: ["gbr0", "clarity"],
          ...(rule === undefined ? {} : { unusable: [rule] }),
        },
      ],
      goals,
      ...(window_days === undefined ? {} : { window_days }),
    };
  });

const rank = fc.integer({ min: 0, max: RANKS });
const ranks = (length: number) => fc.array(rank, { minLength: length, maxLength: length });
const maybeRanks = (length: number) =>
  fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: rank }), {
    minLength: length,
    maxLength: length,
  });

export const world: fc.Arbitrary<World> = fc
  .tuple(site, envelopes, events)
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
