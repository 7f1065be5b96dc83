import type { Mapping } from "../../../wire/mapping";

export const vonage: Mapping = {
  sources: [
    "developer.vonage.com/voice/voice-api/webhook-reference: event webhook {status, uuid, conversation_uuid, from, to, direction, timestamp, start_time, end_time, duration}",
    "Signed by a JWT in Authorization, which no mapping checks: give the URL a token",
    "developer.vonage.com/voice/voice-api/concepts/numbers: E.164 without +; that of a caller may be as its network wrote it",
    "developer.vonage.com/messaging/sms/guides/inbound-sms: a text has messageId, msisdn (who wrote it), text, keyword; of the Messages API message_uuid",
    "A call's legs share conversation_uuid",
  ],
  only: [
    {
      at: "status",
      is: [
        "started",
        "ringing",
        "answered",
        "completed",
        "busy",
        "cancelled",
        "failed",
        "rejected",
        "timeout",
        "unanswered",
      ],
    },
  ],
  id: ["conversation_uuid", "uuid"],
  time: { from: ["start_time", "timestamp"], zone: "UTC" },
  url: "url",
  duration: { from: "duration" },
  answered: { from: "status" },
  direction: [{ from: ["messageId", "message_uuid"], values: { "*": "text" } }, { from: "direction" }],
  caller: ["from", "msisdn"],
  dialled: "to",
  international: true,
  revision: { from: ["end_time", "timestamp"], as: "time" },
  personal: ["text", "keyword"],
};
