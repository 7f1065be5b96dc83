/** CallTrackingMetrics' webhooks, at a call's start, its end and later changes. A custom field carries the context_id. */
import type { Adapter } from "./adapter";
import { count, text } from "./payload";

export const calltrackingmetrics: Adapter = {
  contextIdFrom: "custom_fields.context_id",
  visitorIdFrom: "visitor",
  read: (payload) => ({
    id: text(payload, "id", "sid"),
    // `called_at` has no seconds.
    time: text(payload, "unix_time", "called_at"),
    url: text(payload, "last_location", "location"),
    source: text(payload, "source"),
    total: text(payload, "sale.value"),
    currency: text(payload, "sale.currency"),
    revision: count(payload, "duration"),
  }),
};
