import type { Mapping } from "../../../wire/mapping";

export const callrail: Mapping = {
  sources: [
    "apidocs.callrail.com, Validating Payloads: header Signature, base64 HMAC-SHA1 of the body; `timestamp` equals start_time, also in captured post-calls",
    "support.callrail.com/hc/en-us/articles/5711246459149: pre-call, routing complete, post-call, call modified; each change is sent once",
    "`custom` holds the captured cookie; of several it may be an object (a single source)",
  ],
  signature: { from: { header: "Signature" }, algorithm: "hmac-sha1" },
  id: ["resource_id", "id"],
  time: [{ from: "start_time" }, { from: "datetime", zone: "UTC" }, { from: "timestamp" }],
  context_id: "custom",
  url: ["last_requested_url", "landing_page_url", "landingpage"],
  source: ["source_name", "source"],
  total: { from: "value" },
  duration: { from: "duration" },
  answered: { from: "answered" },
  direction: [
    { from: ["form_data", "form_url"], values: { "*": "form" } },
    { from: ["content", "source_number"], values: { "*": "text" } },
    { from: ["direction", "call_type", "type"] },
  ],
  caller: ["customer_phone_number", "callernum", "source_number"],
  dialled: ["tracking_phone_number", "trackingnum"],
  country: "US",
  // What comes after the call's end overrules what came before it; of those, the last to come.
  revision: [
    { from: "duration", values: { "0": 0, "*": 1 } },
    { from: "recording", values: { "*": 1 } },
  ],
  personal: (
    "customer_name customer_city customer_state callername callercity callerstate ip email " +
    "formatted_customer_name formatted_customer_name_or_phone_number formatted_customer_location person_email " +
    "transcription conversational_transcript note content form_data"
  ).split(" "),
};
