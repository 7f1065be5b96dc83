/** WhatConverts' webhooks: leads of every kind, new and updated; only phone calls are calls. */
import type { Adapter } from "./adapter";
import { secondsBetween } from "./native";
import { text } from "./payload";

export const whatconverts: Adapter = {
  contextIdFrom: "additional_fields.context_id",
  visitorIdFrom: "user_id",
  read(payload) {
    const type = text(payload, "lead_type");
    if (type !== null && !/phone/i.test(type)) return `lead_type: ${type} is no phone call`;
    const time = text(payload, "date_created");
    const isUpdate = text(payload, "trigger") === "update";
    return {
      id: text(payload, "lead_id"),
      time,
      url: text(payload, "lead_url", "landing_url"),
      source: text(payload, "lead_source"),
      total: text(payload, "sales_value", "quote_value"),
      currency: text(payload, "currency"),
      revision: (isUpdate ? 1 : 0) + secondsBetween(time, text(payload, "last_updated")),
    };
  },
};
