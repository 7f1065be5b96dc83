/**
 * ResponseTap's call-back to a URL, whose fields its user names: these are the names to give them. Offline calls carry ResponseTap's own
 * id for the visitor, wherever the context_id would be.
 */
import type { Adapter } from "./adapter";
import { count, text } from "./payload";

export const responsetap: Adapter = {
  contextIdFrom: "context_id",
  visitorIdFrom: "visitor_id",
  visitorPrefixes: ["gbr0", "clarity"],
  read: (payload) => ({
    id: text(payload, "call_id", "callId"),
    time: text(payload, "start_time", "startTime"),
    url: text(payload, "url"),
    source: text(payload, "source"),
    total: text(payload, "total"),
    currency: text(payload, "currency"),
    revision: count(payload, "duration"),
  }),
};
