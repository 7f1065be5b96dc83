/** Hashes of texts. */
import { hash } from "node:crypto";

/** SHA-256 as hexadecimal text. */
export function sha256(text: string): string {
  return hash("sha256", text, "hex");
}

/** One hash of several parts. Parts cannot run into each other. */
export function hashOf(...parts: string[]): string {
  return sha256(JSON.stringify(parts));
}
