/** Standard Webhooks 1.0.0, the sender's side. */
import { createHmac } from "node:crypto";

/**
 * The headers that sign a body: HMAC-SHA256 of `id.timestamp.body` under each secret (`whsec_` and base64), so that a receiver which
 * still has the previous one goes on. `at` in ms; the timestamp is that of the attempt, the id that of the delivery.
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
