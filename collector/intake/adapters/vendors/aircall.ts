import type { Mapping } from "../../../wire/mapping";

export const aircall: Mapping = {
  sources: [
    "developer.aircall.io/tutorials/webhooks-guide: {resource, event, timestamp, token, data}, epoch seconds, always answer 200",
    "developer.aircall.io/api-references/#call: direction, answered_at null where nobody answered, raw_digits `anonymous`, tags, comments",
    "No field carries an id of the site's: one that its own code puts into a tag or a comment (POST /v1/calls/ID/tags) is found",
  ],
  body: { within: ["data"] },
  signature: { from: "token", algorithm: "secret" },
  only: [{ at: "resource", is: ["call"] }],
  id: "data.id",
  time: { from: ["data.started_at", "timestamp"] },
  context_id: ["data.context_id", "data.tags", "data.comments"],
  url: "data.url",
  source: "data.number.name",
  duration: { from: "data.duration" },
  answered: [
    { from: "data.answered_at", values: { "*": true } },
    { from: "data.ended_at", values: { "*": false } },
  ],
  direction: { from: "data.direction" },
  caller: "data.raw_digits",
  dialled: "data.number.digits",
  revision: { from: "timestamp", as: "time" },
  personal: ["data.contact"],
};
