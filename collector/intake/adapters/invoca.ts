/** Invoca's webhooks: JSON, form or query, with Invoca's own field names. Custom data carries the context_id. */
import type { Adapter } from "./adapter";
import { count, text } from "./payload";

export const invoca: Adapter = {
  contextIdFrom: "context_id",
  visitorIdFrom: "invoca_id",
  read: (payload) => ({
    // One call may be several transactions; the record is the whole call.
    id: text(payload, "call_record_id", "transaction_id"),
    time: text(payload, "start_time_utc", "start_time_xml", "call_start_time", "start_time_local"),
    url: text(payload, "calling_page", "landing_page"),
    source: text(payload, "utm_source", "call_source_description"),
    total: text(payload, "sale_amount", "revenue"),
    currency: text(payload, "sale_currency", "currency"),
    revision: count(payload, "duration"),
  }),
};
