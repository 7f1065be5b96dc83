import { hash } from "node:crypto";

/** SHA-256 as hexadecimal text. */
export function sha256(text: string): string {
  return hash("sha256", text, "hex");
}

/** One hash of several parts, none of which can run into the next. */
export function hashOf(...parts: string[]): string {
  return sha256(JSON.stringify(parts));
}
