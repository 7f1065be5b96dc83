import { createHash } from "node:crypto";

/** SHA-256 as hexadecimal text. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** One hash of several parts, none of which can run into the next. */
export function hashOf(...parts: string[]): string {
  return sha256(JSON.stringify(parts));
}
