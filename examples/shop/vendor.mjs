// The call-tracking vendor that the shop's panel plays. It makes the QProtocol event, posts it with the vendor's token,
// and reads the joined call with the admin token. Both tokens stay on this server.

import { randomBytes, randomInt } from "node:crypto";

const text = (value, most) => (typeof value === "string" ? value.slice(0, most) : "");

/** What each kind of call in the panel knows about its visitor. */
const KINDS = {
  infinity: (asked) => ({ vendor: "infinity", id: text(asked.context_id, 128), source: "Infinity-demo@1.0.0" }),
  responsetap: (asked) => ({
    vendor: "responsetap",
    id: text(asked.visitor_id, 128),
    source: "ResponseTap-demo@1.0.0",
  }),
  "responsetap-unknown": () => ({ vendor: "responsetap", id: unknownVisitor(), source: "ResponseTap-demo@1.0.0" }),
  advert: () => ({ vendor: "responsetap", id: unknownVisitor(), source: "ppc-advert-demo@1.0.0" }),
};

const unknownVisitor = () => `gbr0${randomBytes(6).toString("hex")}`;

/**
 * The event that a vendor posts about one call, or `null` if the browser asked for an unknown kind of call.
 * Without an order, the transaction's id is the vendor's own number for the call, and there is no total.
 * @param {object} asked what the panel sent:
 *   `{kind, context_id, visitor_id, url, order: {id, total} | null, unit: "s" | "ms"}`
 * @param {number} now epoch milliseconds
 */
export function callEvent(asked, now) {
  if (!Object.hasOwn(KINDS, asked.kind)) return null;
  const { vendor, id, source } = KINDS[asked.kind](asked);
  const total = Number(asked.order?.total);
  const event = {
    context: { id },
    meta: {
      type: "ecBasketTransactionSummary",
      ts: asked.unit === "ms" ? now : Math.floor(now / 1000),
      url: text(asked.url, 2000),
      source,
    },
    transaction: { id: text(asked.order?.id, 40) || `call-${now}-${randomInt(1000)}` },
  };
  if (total > 0) event.basket = { total: { value: total, currency: "GBP" } };
  return { vendor, event };
}

/** Posts the event and answers with the call that the collector joined. Throws an `Error` that says what went wrong. */
export async function placeCall({ collector, site, tokens, adminToken }, { vendor, event }) {
  const posted = await answerOf(`${collector}/v1/calls/${site}`, tokens[vendor], { events: [event] });
  if (posted.rejected.length > 0) {
    throw new Error(`The collector rejected the event: ${posted.rejected[0].reason}, ${posted.rejected[0].detail}`);
  }
  const query = new URLSearchParams({ vendor, transaction_id: event.transaction.id });
  const { calls } = await answerOf(`${collector}/v1/sites/${site}/calls?${query}`, adminToken);
  if (calls.length === 0) throw new Error("The collector took the event, but knows no call of that id.");
  return calls[0];
}

export function readCall({ collector, site, adminToken }, id) {
  return answerOf(`${collector}/v1/sites/${site}/calls/${encodeURIComponent(id)}`, adminToken);
}

async function answerOf(url, token, body) {
  const response = await fetch(url, {
    method: body ? "POST" : "GET",
    headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
    body: body && JSON.stringify(body),
  }).catch(() => {
    throw new Error(`The collector does not answer at ${url}.`);
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok)
    throw new Error(`The collector answered ${response.status}: ${answer.detail ?? answer.title ?? ""}`);
  return answer;
}
