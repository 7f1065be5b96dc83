/**
 * Ringostat's webhooks: JSON, form, query or XML, before and after the call, with fields that its user names. These are the names to give
 * them; times are in the project's zone (the vendor's `timezone`).
 */
import type { Adapter } from "./adapter";
import { isSame } from "./native";
import { count, text } from "./payload";

export const ringostat: Adapter = {
  contextIdFrom: "context_id",
  visitorIdFrom: "client_id",
  verify: ({ header }, secret) => isSame(header("Auth-Key"), secret),
  read: (payload) => ({
    id: text(payload, "uniqueid", "call_id"),
    time: text(payload, "calldate", "call_date", "timestamp", "date"),
    url: text(payload, "page", "landing", "landing_page"),
    source: text(payload, "utm_source", "source"),
    total: text(payload, "total"),
    currency: text(payload, "currency"),
    revision: count(payload, "duration", "billsec"),
  }),
};
