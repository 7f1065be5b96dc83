import { describe, expect, test } from "vitest";
import { keeperOf } from "../../../collector/intake/adapters";
import { KEEP, read, refusedOrRead, vendor, with_ } from "./reading";
import { SAMPLES } from "./samples";

describe("what is no inbound phone call is refused as of an unknown type, and says what it is", () => {
  const of = (adapter: string, changes: object) => ({ ...SAMPLES[adapter]?.phases[0], ...changes });
  test.each<[string, object, string]>([
    ["callrail", of("callrail", { direction: "outbound" }), "outbound"],
    [
      "callrail",
      {
        id: 1,
        resource_id: "SCI1",
        source_number: "404-555-0123",
        content: "hello",
        timestamp: "2026-11-20T10:00:00Z",
      },
      "text",
    ],
    [
      "callrail",
      { id: 2, form_data: { a: "b" }, form_url: "https://shop.example/", submitted_at: "2026-11-20T10:00:00Z" },
      "form",
    ],
    ["callrail", of("callrail", { direction: "", call_type: "", type: "outboundpostcall" }), "outbound"],
    ["calltrackingmetrics", of("calltrackingmetrics", { direction: "form" }), "form"],
    ["calltrackingmetrics", of("calltrackingmetrics", { direction: "msg_inbound" }), "text"],
    ["calltrackingmetrics", of("calltrackingmetrics", { direction: "chat" }), "chat"],
    ["calltrackingmetrics", of("calltrackingmetrics", { direction: "outbound" }), "outbound"],
    ["whatconverts", of("whatconverts", { lead_type: "Web Form" }), "form"],
    ["whatconverts", of("whatconverts", { lead_type: "Text Message" }), "text"],
    ["whatconverts", of("whatconverts", { lead_type: "Chat" }), "chat"],
    ["twilio", of("twilio", { Direction: "outbound-api" }), "outbound"],
    ["twilio", of("twilio", { Direction: "trunking-terminating" }), "outbound"],
    ["twilio", { MessageSid: "SM0123", From: "+14045550123", Body: "hello" }, 'MessageSid "SM0123" is text'],
    ["twilio", { SmsSid: "SM0123", SmsStatus: "delivered" }, "is text"],
    ["signalwire", { MessageSid: "SM0123", From: "+14045550123" }, "text"],
    ["plivo", { MessageUUID: "ad8a0f1e-0000", From: "14045550123", Text: "hello", Type: "sms" }, "text"],
    ["vonage", { messageId: "0B01", msisdn: "14045550123", text: "hello", type: "text" }, 'messageId "0B01" is text'],
    ["vonage", { message_uuid: "aaaa-bbbb", channel: "whatsapp", from: "14045550123" }, "text"],
    ["ringostat", of("ringostat", { call_type: "out" }), "outbound"],
    ["aircall", of("aircall", { resource: "user" }), "resource"],
    ["aircall", with_(of("aircall", {}), "data.direction", "outbound"), "outbound"],
    ["telnyx", with_(of("telnyx", {}), "data.payload.direction", "outgoing"), "outbound"],
    ["telnyx", with_(of("telnyx", {}), "data.event_type", "message.received"), "event_type"],
    ["binotel", with_(of("binotel", {}), "callDetails.callType", "1"), "outbound"],
    ["vonage", of("vonage", { direction: "outbound" }), "outbound"],
    ["plivo", of("plivo", { Direction: "outbound" }), "outbound"],
    ["comagic", of("comagic", { direction: "out" }), "outbound"],
    ["comagic", of("comagic", { direction: "internal" }), "internal"],
    ["calltouch", of("calltouch", { leadtype: "request" }), "leadtype"],
    ["asterisk", of("asterisk", { direction: "outbound" }), "outbound"],
  ])("%s %j", (adapter, payload, part) => {
    expect(refusedOrRead(adapter, payload)).toMatchObject({
      reason: "unknown_type",
      detail: expect.stringContaining(part),
    });
  });
});

test.each([
  ...["form", "webform", "Web Form", "web_form", "inbound_form"].map((said) => [said, "form"]),
  ...["text", "message", "SMS", "mms", "inbound_sms", "incoming-message", "sms_outbound"].map((said) => [said, "text"]),
  ...["chat", "WhatsApp", "inbound_chat"].map((said) => [said, "chat"]),
  ...["email", "e-mail", "inbound email"].map((said) => [said, "mail"]),
  ["fax", "fax"],
])("a direction %j is a %s, whoever writes it so", (direction, kind) => {
  expect(refusedOrRead("infinity", { ...SAMPLES.infinity?.phases[0], direction })).toMatchObject({
    reason: "unknown_type",
    detail: `direction "${direction}" is ${kind}, not an inbound phone call`,
  });
});

test.each(["in", "Inbound", "incoming", "inbound-call", "web", "callback"])("a direction %j is a call", (direction) =>
  expect(read("infinity", { ...SAMPLES.infinity?.phases[0], direction }).transaction_id).toBeTruthy(),
);

test("who wrote a text, and what, is not kept", () => {
  const texts: [string, object][] = [
    [
      "twilio",
      { MessageSid: "SM1", From: "whatsapp:+14045550123", WaId: "14045550123", ProfileName: "Ada", Body: "hello" },
    ],
    ["plivo", { MessageUUID: "1", From: "14045550123", Text: "hello" }],
    ["vonage", { messageId: "1", msisdn: "14045550123", text: "hello", keyword: "HELLO" }],
  ];
  for (const [adapter, payload] of texts)
    expect(JSON.stringify(keeperOf(vendor(adapter), KEEP)(payload))).not.toMatch(/4045550123|Ada|hello/i);
});
