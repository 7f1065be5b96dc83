import type { Mapping } from "../../../wire/mapping";

export const invoca: Mapping = {
  sources: [
    "Invoca/developer-docs, transactions_api/_advertiser_param_table.rst: complete_call_id is the call, transaction_id one of its transactions; key calls by complete_call_id",
    "Invoca/developer-docs, signal_api: signal_occurred_at, corrected_at; webhook overview: JSON, GET, form or XML, no signature found",
    "cookie invoca_session holds invoca_id; numbers are written as 202-555-0123",
  ],
  id: ["complete_call_id", "call_record_id", "transaction_id"],
  time: { from: ["start_time_utc", "start_time_xml", "call_start_time", "start_time_local"] },
  visitor_id: "invoca_id",
  url: ["calling_page", "landing_page"],
  source: ["utm_source", "call_source_description"],
  total: { from: ["sale_amount", "revenue"], currency: ["sale_currency", "currency"] },
  duration: { from: "duration" },
  answered: { from: "connect_duration", values: { "*": true } },
  caller: ["calling_phone_number", "caller_id"],
  dialled: ["promo_line_phone_number", "promo_number", "destination_phone_number"],
  country: "US",
  // A correction says when it was made, all else is said at the call's end.
  revision: [{ from: ["corrected_at", "signal_occurred_at"], as: "time" }, { from: "duration" }],
  personal: ["caller_name", "calling_first_name", "calling_last_name", "caller_address", "verified_zip"],
};
