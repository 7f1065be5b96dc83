import type { Mapping } from "../../../wire/mapping";

const nonce = "{header:X-Plivo-Signature-V3-Nonce}";

export const plivo: Mapping = {
  sources: [
    "plivo/plivo-python, utils/signature_v3.py: base64 HMAC-SHA256(auth token, URL with its query unescaped and sorted, `.` and sorted form, `.` and nonce); of a GET the query is all of its fields; several signatures are separated by commas",
    "plivo.com/docs/voice, hangup_url: CallUUID, From, To, Direction, CallStatus, StartTime, AnswerTime, EndTime (UTC, `2026-11-20 10:00:00`), Duration",
    "docs.plivo.com/docs/voice/xml/request: From and To include the country code; they are written as 14157654321; a text has MessageUUID and Text",
  ],
  signature: {
    from: { header: "X-Plivo-Signature-V3" },
    algorithm: "hmac-sha256",
    signed: [
      ...[`{address}?{query}.{form}.${nonce}`, `{url}?{form}.${nonce}`],
      ...[`{address}?{query}.${nonce}`, `{url}.${nonce}`],
    ],
  },
  id: ["ParentCallUUID", "CallUUID"],
  time: { from: ["SessionStart", "StartTime", "InitiationTime"], zone: "UTC" },
  url: "url",
  source: "source",
  duration: { from: "Duration" },
  answered: [{ from: "AnswerTime", values: { "*": true } }, { from: "CallStatus" }],
  direction: [{ from: "MessageUUID", values: { "*": "text" } }, { from: "Direction" }],
  caller: { path: "From", when: [{ at: "ParentCallUUID", blank: true }] },
  dialled: { path: "To", when: [{ at: "ParentCallUUID", blank: true }] },
  international: true,
  revision: { from: "CallStatus", values: { ringing: 0, "in-progress": 1, "*": 2 } },
  personal: ["CallerName", "Text"],
};
