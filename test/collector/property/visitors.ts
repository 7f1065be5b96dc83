import fc from "fast-check";
import type { Json, JsonObject, ViewFacts } from "../../oracle";
import { CONTEXTS, DAY, HOUR, MINUTE, NOON, near, SECOND, URLS } from "./pools";

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
const ENTITY_NAMES = ["basket", "product", "visitor", "toString", "unlisted", "constructor"];
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

/** All that the browsers of a site send, in no order yet. */
export const envelopes = fc
  .tuple(fc.array(device, { maxLength: 3 }), crowd)
  .map(([devices, more]) =>
    distinct([...devices.flat(), ...Array.from({ length: more }, (_, number) => crowdMember(number))]),
  );

/** Keeps the first of the snapshots of one name: two bodies under one name are a conflict, which arrival has to decide. */
export function distinct(all: Envelope[]): Envelope[] {
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
