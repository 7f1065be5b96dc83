/** A made-up call for trying out a webhook. Its event `call.test` and its ids say so. */
import { type Conversion, conversionsOf } from "../convert/conversion";
import type { Call } from "../wire/call";
import type { Site, Webhook } from "../wire/site";

/**
 * The conversions that the example call makes at a destination. It has a click id of every kind, so each destination
 * finds its own.
 */
export function exampleConversions(webhook: Webhook, call: Call, { goals }: Site): Conversion[] {
  const clicks = { gclid: "test-gclid", msclkid: "test-msclkid", fbclid: "test-fbclid" };
  return conversionsOf({ ...webhook, parameters: [] }, { ...call, entities: clicks }, goals);
}

export function exampleCall({ origins, entities, vendors, goals }: Site, now: number): Call {
  const url = `${origins[0] ?? "https://shop.example"}/example`;
  return {
    id: "test-call",
    vendor: vendors[0]?.name ?? "test-vendor",
    type: "ecBasketTransactionSummary",
    version: 1,
    transaction: { id: "test-transaction" },
    total: { value: 9.99, currency: "GBP" },
    ts: now,
    ts_unit: "ms",
    url,
    source: "test",
    duration_s: 95,
    answered: true,
    direction: "inbound",
    caller_sha256: null,
    caller: null,
    dialled: null,
    join: {
      status: "matched",
      rule: "context_id",
      reason: null,
      late: false,
      gap_ms: 1_000,
      context_id: "test-context",
      session_id: "test-session",
      view_id: "test-view",
    },
    context: {
      view_number: 1,
      session_number: 1,
      session_view_number: 1,
      view_ts: now - 2_000,
      session_ts: now - 2_000,
      url,
      referrer: "",
      entrance_url: url,
      conversion_number: 1,
    },
    entities: Object.fromEntries(entities.map(({ name }) => [name, `test ${name}`])),
    goals: goals.map(({ name }) => name),
  };
}
