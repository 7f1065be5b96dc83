/** Entities' values as they are kept (contract 2): the SDK applies the same rule before it sends. */
import type { EntityValue } from "../wire/call";
import { wellFormed, wellFormedJson } from "../wire/text";

const MAX_BYTES = 1_024;

/** The last character of a value that was cut. */
const CUT_MARK = "…";

/** A value as it is kept: objects as their JSON text, long text cut and marked; null where it is empty. */
function keptValue(value: unknown): EntityValue | null {
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (value === null || value === undefined || value === "") return null;
  return cut(typeof value === "string" ? wellFormed(value) : wellFormedJson(value));
}

/** All values of a snapshot, without the empty ones. */
export function keptValues(entities: Record<string, unknown>): Record<string, EntityValue> {
  const kept: [string, EntityValue][] = [];
  for (const [name, value] of Object.entries(entities)) {
    const fit = keptValue(value);
    if (fit !== null) kept.push([name, fit]);
  }
  return Object.fromEntries(kept);
}

function cut(text: string): string {
  // Most values are short, and no UTF-16 unit takes more than three bytes.
  if (text.length * 3 <= MAX_BYTES || Buffer.byteLength(text) <= MAX_BYTES) return text;
  const room = MAX_BYTES - Buffer.byteLength(CUT_MARK);
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(room));
  return text.slice(0, read) + CUT_MARK;
}
