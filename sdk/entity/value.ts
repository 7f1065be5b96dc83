import { cut } from "../browser/cut";
import { stringify } from "../browser/json";

/** Bytes of UTF-8 that a value may have; the collector cuts in the same way. */
const LARGEST_VALUE = 1024;

export type Value = string | number | boolean;

/** What a value is on the wire, or undefined where it is empty. Throws where it cannot be read. */
export const toValue = (value: unknown): Value | undefined => {
  if (typeof value === "boolean" || Number.isFinite(value)) return value as Value;
  if (value === null || typeof value === "number") return;
  const text = typeof value === "string" ? value : stringify(value, LARGEST_VALUE);
  return text && cut(text, LARGEST_VALUE);
};
