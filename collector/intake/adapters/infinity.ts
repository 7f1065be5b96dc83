/**
 * Infinity's call-out URL: a GET whose parameters its user maps from Infinity's own fields. These are the names to map them to; `vid` is
 * Infinity's id for the visitor.
 */
import type { Adapter } from "./adapter";
import { utc } from "./native";
import { count, text } from "./payload";

export const infinity: Adapter = {
  contextIdFrom: "context_id",
  visitorIdFrom: "vid",
  read: (payload) => ({
    id: text(payload, "callRef", "telcoCallRef"),
    time: utc(text(payload, "dt", "datetime", "triggerDatetime")),
    url: text(payload, "href", "url"),
    source: text(payload, "source", "ch"),
    total: text(payload, "total", "txnValue"),
    currency: text(payload, "currency", "txnCurrency"),
    revision: count(payload, "callDuration"),
  }),
};
