import type { Mapping } from "../../../wire/mapping";

export const responsetap: Mapping = {
  sources: [
    "Unverified: ResponseTap publishes no reference of its call-back. Its user names the fields; these are the names to give them",
    "Offline calls carry ResponseTap's own id for the visitor, wherever the context_id would be",
  ],
  id: ["call_id", "callId"],
  time: { from: ["start_time", "startTime"] },
  visitor_id: "visitor_id",
  visitor_prefixes: ["gbr0", "clarity"],
  url: "url",
  source: "source",
  total: { from: "total", currency: "currency" },
  duration: { from: "duration" },
  answered: { from: "answered" },
  direction: { from: "direction" },
  caller: "caller",
  dialled: "dialled",
  country: "GB",
  revision: { from: "duration" },
};
