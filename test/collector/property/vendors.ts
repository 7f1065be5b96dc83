import fc from "fast-check";
import type { Json, JsonObject, Site } from "../../oracle";
import { canonicalJson } from "../../oracle/order";
import { ALIASES, CONTEXTS, DAY, JUNK, MINUTE, NOON, near, SECOND, URLS } from "./pools";
import type { Envelope } from "./visitors";

export interface Posted {
  vendor: string;
  event: Json;
}

/** A call's time: near noon, or at one of the edges counted from a snapshot. */
const ts = (sent: Envelope[]) => {
  const moments = sent.flatMap(({ snapshots }) => snapshots.map(({ at }) => at));
  const edge = fc.constantFrom(
    -MINUTE - 999,
    -60_001,
    -MINUTE,
    -59_999,
    -999,
    -998,
    -1,
    0,
    1,
    DAY - 1,
    DAY,
    DAY + 1,
    30 * DAY - 1,
    30 * DAY,
    30 * DAY + 1,
  );
  const atNoon = near.map((time) => NOON + time);
  const atEdge = fc
    .tuple(fc.nat(), edge)
    .map(([nth, distance]) => (moments[nth % (moments.length || 1)] ?? NOON) + distance);
  return fc
    .tuple(fc.oneof(atNoon, atEdge), fc.constantFrom("ms", "s"), fc.boolean())
    .map(([time, unit, asText]): Json => {
      const number = unit === "s" ? Math.floor(time / SECOND) : time;
      return asText ? String(number) : number;
    });
};

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
const call = fc.record(
  {
    duration_s: fc.constantFrom(null, 0, 29, 30, 600),
    answered: fc.constantFrom(null, true, false),
    direction: fc.constantFrom<Json>("inbound", null),
    // One number: what is kept of it is in the canonical JSON in its place, where another one could sort differently.
    caller: fc.constantFrom(null, "+14045550123"),
    dialled: fc.constantFrom(null, "+14045550199"),
  },
  { requiredKeys: [] },
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const event = (sent: Envelope[]) =>
  fc
    .record({
      vendor: fc.constantFrom("infinity", "responsetap", "responsetap"),
      meta: fc.record(
        { type, ts: ts(sent), url: fc.constantFrom(...URLS), source: fc.constantFrom("", "ppc-1", "desk") },
        { requiredKeys: ["type", "ts"] },
      ),
      id: optional(id),
      basket: optional(total),
      package: optional(total),
      call: optional(call),
      transaction: fc.constantFrom<Json>("t1", "t1", "t2", "t3", 7, "7"),
    })
    .map(({ vendor, id, basket, package: fare, call: told, transaction, meta }): Posted => {
      const event: JsonObject = { meta: { ...meta }, transaction: { id: transaction } };
      if (id !== undefined) event.context = { id };
      if (basket !== undefined) event.basket = { total: { ...basket } };
      if (fare !== undefined) event.package = { total: { ...fare } };
      if (told !== undefined) event.call = { ...told };
      return { vendor, event };
    });

/** All that the vendors of a site post, in no order yet; no two say the same. */
export const events = (sent: Envelope[]) =>
  fc.uniqueArray(event(sent), {
    minLength: 1,
    maxLength: 10,
    selector: (posted) => canonicalJson([posted.vendor, posted.event]),
  });

const scope = fc.constantFrom<"session" | "page_view">("session", "page_view");
export const site = fc
  .record({
    scopes: fc.array(scope, { minLength: 4, maxLength: 4 }),
    tagIs: fc.constantFrom(undefined, "infinity", "responsetap"),
    window_days: fc.constantFrom(undefined, 1, 30, 500),
    keep_caller: fc.constantFrom(undefined, "full" as const, "none" as const),
    rule: fc.constantFrom(
      undefined,
      { field: "source", matches: "^ppc-" },
      { field: "url", matches: "shop\\.example/b" },
    ),
    goals: fc.subarray([
      { name: "order", types: ["ecBasketTransactionSummary"], min_total: 9.99 },
      { name: "anything" },
      { name: "talk", min_duration_s: 30 },
      { name: "attempt", unanswered: true, min_duration_s: 0 },
      { name: "quote", types: ["fiBasketTransactionSummary", "trPackageTransactionSummary"] },
    ]),
  })
  .map(({ scopes, tagIs, window_days, keep_caller, rule, goals }): Site => {
    const named = (name: string, n: number) => ({ name, scope: scopes[n] ?? "session" });
    return {
      entities: [
        named("basket", 0),
        named("product", 1),
        { ...named("visitor", 2), identifies: "responsetap" },
        { ...named("toString", 3), ...(tagIs === undefined ? {} : { identifies: tagIs }) },
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
      ...(keep_caller === undefined ? {} : { keep_caller }),
      ...(window_days === undefined ? {} : { window_days }),
    };
  });
