import type { Mapping } from "../../../wire/mapping";

export const calltrackingmetrics: Mapping = {
  sources: [
    "calltracking/ctm-csharp, CTMWebHookExample: X-CTM-Signature is base64 HMAC-SHA1(secret, X-CTM-Time + body); a sub-account's secret may be another one than the API's",
    "MeltanoLabs/tap-calltrackingmetrics, schemas/call.json: `visitor` is a boolean, visitor_sid the visitor; direction is also form, msg_inbound, msg_outbound, chat",
  ],
  signature: {
    from: { header: "X-CTM-Signature" },
    algorithm: "hmac-sha1",
    signed: "{header:X-CTM-Time}{body}",
    time: { header: "X-CTM-Time" },
  },
  id: ["id", "sid"],
  // `called_at` has no seconds.
  time: { from: ["unix_time", "called_at"] },
  context_id: ["custom_fields.context_id", "custom_fields"],
  visitor_id: "visitor_sid",
  url: ["last_location", "location"],
  source: "source",
  total: { from: "sale.value", currency: "sale.currency" },
  duration: { from: "duration" },
  answered: { from: ["dial_status", "call_status"], values: { hangup: false } },
  direction: { from: "direction", values: { "*": "something else" } },
  caller: ["caller_number", "caller_number_bare", "contact_number"],
  dialled: ["tracking_number", "tracking_number_bare"],
  country: "US",
  revision: { from: "duration" },
  personal: [
    "name",
    "cnam",
    "email",
    "city",
    "postal_code",
    "street",
    "ip",
    "transcription_text",
    "notes",
    "caller_number_split",
  ],
};
