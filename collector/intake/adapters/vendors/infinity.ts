import type { Mapping } from "../../../wire/mapping";

export const infinity: Mapping = {
  sources: [
    "infinitycloud.com/knowledge-base/article/call-out-url: a GET whose names its user maps, 200 within 10 s",
    "kb.infinity.co/service/api/event_calls.html: dt (UTC), telcoCallRef, srcPhoneNumber, dialledPhoneNumber, callDuration (answered, s), bridgeDuration",
  ],
  id: ["callRef", "telcoCallRef"],
  time: { from: ["dt", "datetime", "triggerDatetime"], zone: "UTC" },
  visitor_id: "vid",
  url: ["href", "url"],
  source: ["source", "ch"],
  total: { from: ["total", "txnValue"], currency: ["currency", "txnCurrency"] },
  duration: { from: "callDuration" },
  answered: [{ from: "answered" }, { from: "bridgeDuration", values: { "*": true } }],
  direction: { from: "direction" },
  caller: ["srcPhoneNumber", "caller"],
  dialled: ["dialledPhoneNumber", "dialled"],
  country: "GB",
  revision: { from: "callDuration" },
};
