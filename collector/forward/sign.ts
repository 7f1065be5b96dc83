/** Signs requests as the sender in Standard Webhooks 1.0.0. */
import { createHmac } from "node:crypto";

/**
 * The headers that sign a body: HMAC-SHA256 of `id.timestamp.body` under each secret (`whsec_` and base64). A receiver
 * that still has the previous secret keeps working. `at` is in ms. The timestamp is the attempt's, and the id is the
 * delivery's.
 */
export function signed(id: string, at: number, body: string, secrets: string[]): Record<string, string> {
  const timestamp = Math.floor(at / 1_000);
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signatures.join(" "),
  };
}
