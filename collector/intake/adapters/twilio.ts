/**
 * Twilio's status callbacks: a form for each of a call's states. Twilio has no field for a visitor, but signs the whole URL that it is
 * told to call: put the id there, `…/twilio?context_id=…`.
 */
import { createHash } from "node:crypto";
import type { Adapter, NativeRequest } from "./adapter";
import { hmacSha1, isSame } from "./native";
import { count, text } from "./payload";

export const twilio: Adapter = {
  contextIdFrom: "context_id",
  verify: (request, secret) =>
    request.urls.some((url) =>
      isSame(request.header("X-Twilio-Signature"), hmacSha1(secret, signedPart(url, request))),
    ),
  read: (payload) => ({
    id: text(payload, "CallSid"),
    time: text(payload, "Timestamp"),
    url: text(payload, "url"),
    source: text(payload, "source"),
    total: text(payload, "total"),
    currency: text(payload, "currency"),
    revision: count(payload, "SequenceNumber"),
  }),
};

/** The URL and each form field, sorted; of JSON the URL alone, whose `bodySHA256` stands for the body. */
function signedPart(url: string, { raw, header }: NativeRequest): string {
  const bodyHash = new URL(url).searchParams.get("bodySHA256");
  if (bodyHash !== null) return isSame(createHash("sha256").update(raw).digest("hex"), bodyHash) ? url : "";
  if (!/x-www-form-urlencoded/i.test(header("Content-Type"))) return url;
  const fields = [...new URLSearchParams(raw.toString())].map(([name, value]) => name + value);
  return url + [...new Set(fields)].sort().join("");
}
