import type { Mapping } from "../../../wire/mapping";

const isCallers = [{ at: "direction", is: ["incoming"] }];

export const telnyx: Mapping = {
  sources: [
    "developers.telnyx.com/api-reference/callbacks/call-hangup: {data: {event_type, occurred_at, payload: {call_session_id, call_leg_id, from, to, direction, start_time, end_time, hangup_cause, client_state}}}",
    "the same: telnyx-signature-ed25519 is base64 Ed25519 of `telnyx-timestamp|body`; the public key is the secret; Telnyx's own libraries take 300 s",
    "A call's legs share call_session_id; a leg that it is transferred to has numbers of its own, and captured payloads say the direction in call.initiated alone (JamesDeAngelo/clean-middleware-test, server.js)",
  ],
  body: { within: ["data", "data.payload"] },
  signature: {
    from: { header: "telnyx-signature-ed25519" },
    algorithm: "ed25519",
    signed: "{header:telnyx-timestamp}|{body}",
    time: { header: "telnyx-timestamp" },
    max_age_s: 300,
  },
  only: [{ at: "event_type", is: ["call.initiated", "call.answered", "call.bridged", "call.hangup"] }],
  id: ["call_session_id", "call_leg_id"],
  time: { from: ["data.payload.start_time", "data.occurred_at"] },
  context_id: ["context_id", "custom_headers[name=X-Context-Id].value"],
  url: "url",
  duration: { from: "end_time", since: "start_time" },
  answered: [
    { from: "event_type", values: { "call.answered": true, "call.bridged": true } },
    { from: "hangup_cause", values: { originator_cancel: false, user_busy: false, call_rejected: false } },
  ],
  direction: { from: "direction" },
  caller: { path: "from", when: isCallers },
  dialled: { path: "to", when: isCallers },
  revision: { from: "occurred_at", as: "time" },
  personal: ["data.payload.caller_id_name", "data.payload.from_sip_uri", "data.payload.sip_headers"],
};
