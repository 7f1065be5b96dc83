import type { Mapping } from "../../../wire/mapping";
import { twilio } from "./twilio";

/** Twilio's format, but for when it is said. */
export const signalwire: Mapping = {
  ...twilio,
  sources: [
    "developer.signalwire.com/compatibility-api/guides/signalwire-status-callbacks/inbound-calls-status-callbacks: sent once, at the end; Timestamp is that of the call's creation",
    "developer.signalwire.com/compatibility-api: `Wed, 19 Sept 2018 20:00:00 +0000`",
    "signalwire-typescript, docs/security.md and WebhookMiddleware: X-SignalWire-Signature, or X-Twilio-Signature, of a form is made as Twilio's with the space's signing key",
  ],
  signature: {
    ...(twilio.signature ?? { algorithm: "hmac-sha1" }),
    from: [{ header: "X-SignalWire-Signature" }, { header: "X-Twilio-Signature" }],
  },
  time: { from: "Timestamp" },
};
