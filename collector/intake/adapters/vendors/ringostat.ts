import type { Mapping } from "../../../wire/mapping";

export const ringostat: Mapping = {
  sources: [
    "help.ringostat.com/en/articles/6313229: header Auth-Key, answer 200; before and after incoming and outgoing calls; fields and the notation of dates are chosen by the user",
    "Webhooks 2.0, by two public receivers: uniqueid and calldate at the top, userfield (caller), dst, call_type in|out|callback, disposition, billsec, client_id inside of additional_call_data",
    "A callback is a call that the visitor asked for on the page, and counts as one",
  ],
  body: { within: ["additional_call_data"] },
  signature: { from: { header: "Auth-Key" }, algorithm: "secret" },
  id: ["uniqueid", "call_id"],
  time: [{ date: "date", from: "time" }, { from: ["calldate", "call_date", "timestamp", "date"] }],
  visitor_id: "client_id",
  url: ["page", "landing", "landing_page"],
  source: ["utm_source", "source"],
  total: { from: "total", currency: "currency" },
  duration: { from: ["duration", "billsec"] },
  answered: [
    { from: "disposition", values: { PROPER: true, REPEATED: true } },
    { from: "billsec", values: { "*": true } },
  ],
  direction: { from: ["call_type", "direction"], values: { callback: "inbound" } },
  caller: ["userfield", "caller", "caller_number"],
  dialled: ["dst", "dialled", "n_alias"],
  country: "UA",
  revision: { from: ["duration", "billsec"] },
};
