import { cut } from "../browser/cut";
import { stringify } from "../browser/json";
import { isA } from "../browser/page";

/** Bytes of UTF-8 that a value may have; the collector cuts in the same way. */
const LARGEST_VALUE = 1024;

export type Value = string | number | boolean;

/** What a value is on the wire, or undefined where it is empty. Throws where it cannot be read. */
export const toValue = (value: unknown): Value | undefined => {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return value - value === 0 ? value : undefined;
  if (value === null || isA(value, "Promise")) return;
  const text = typeof value === "string" ? value : stringify(value, LARGEST_VALUE);
  return text ? cut(text, LARGEST_VALUE) : undefined;
};
