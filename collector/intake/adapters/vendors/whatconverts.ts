import type { Mapping } from "../../../wire/mapping";

export const whatconverts: Mapping = {
  sources: [
    "whatconverts.com/help, receive phone call in progress data with webhooks: trigger new|update, lead_type, date_created, last_updated (ISO, Z), caller_number, tracking_number, call_status",
    "user_id `51497-UUID` is also in the cookie wc_visitor; docs.propstack.app/providers/whatconverts: no signature, a key in the URL",
    "Unverified: the notation of call_duration (seconds and HH:MM:SS are read)",
  ],
  id: "lead_id",
  time: { from: "date_created" },
  context_id: ["additional_fields.context_id", "additional_fields"],
  visitor_id: "user_id",
  url: ["lead_url", "landing_url"],
  source: "lead_source",
  total: { from: ["sales_value", "quote_value"], currency: "currency" },
  duration: { from: ["call_duration_seconds", "call_duration"] },
  answered: { from: "call_status" },
  direction: { from: "lead_type", values: { "phone*": "inbound", "*": "something else" } },
  caller: ["caller_number", "phone_number", "contact_phone_number"],
  dialled: "tracking_number",
  country: "US",
  revision: [
    { from: "trigger", values: { update: 1 } },
    { from: "last_updated", as: "time" },
  ],
  personal: (
    "caller_name contact_name contact_email_address email_address caller_city caller_state caller_zip " +
    "ip_address call_transcription message"
  ).split(" "),
};
