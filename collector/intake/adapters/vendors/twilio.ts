import type { Mapping } from "../../../wire/mapping";

const isCall = [{ at: "ParentCallSid", blank: true }];
const ENDED = ["completed", "busy", "no-answer", "failed", "canceled"];

export const twilio: Mapping = {
  sources: [
    "twilio.com/docs/voice/twiml/number and /usage/webhooks/voice-webhooks: Timestamp is when the event was fired (RFC 2822); a number's own callback comes once, at the end; CallDuration in seconds",
    "twilio.com/docs/usage/security and twilio-node webhooks.js: X-Twilio-Signature, URL with its form's fields sorted by name; bodySHA256 for JSON; with and without port",
    "Twilio has no field for a visitor, but calls the whole URL that it is told: put the id there, `…/twilio?context_id=…`",
    "twilio.com/docs/voice/api/call-resource, Direction: trunking-originating comes from the PSTN to one's own trunk, trunking-terminating goes out",
    "twilio.com/docs/messaging/guides/webhook-request: a text has MessageSid and SmsSid, Body, of WhatsApp ProfileName",
    "A leg that the call dials (ParentCallSid) tells whether somebody answered, and nothing else of the call",
  ],
  signature: {
    from: { header: "X-Twilio-Signature" },
    algorithm: "hmac-sha1",
    signed: "{url}{form}",
    body_hash: { query: "bodySHA256" },
  },
  id: ["ParentCallSid", "CallSid"],
  time: [{ from: { path: "Timestamp", when: [{ at: "CallStatus", is: ENDED }] }, is: "end" }, { from: "Timestamp" }],
  url: "url",
  source: "source",
  total: { from: "total", currency: "currency" },
  duration: { from: { path: "CallDuration", when: isCall } },
  answered: [{ from: { path: "CallStatus", when: isCall } }, { from: "CallStatus", values: { canceled: null } }],
  direction: [
    { from: ["MessageSid", "SmsSid"], values: { "*": "text" } },
    {
      from: { path: "Direction", when: isCall },
      values: { "trunking-originating": "inbound", "trunking-terminating": "outbound" },
    },
  ],
  caller: [
    { path: "From", when: isCall },
    { path: "Caller", when: isCall },
  ],
  dialled: [
    { path: "To", when: isCall },
    { path: "Called", when: isCall },
  ],
  revision: { from: "SequenceNumber" },
  personal: [
    ...["CallerName", "ProfileName", "Body"],
    ...["Caller", "From"].flatMap((who) => ["City", "State", "Zip"].map((what) => who + what)),
  ],
};
