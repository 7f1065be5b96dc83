import { cut } from "../browser/cut";
import { stringify } from "../browser/json";
import { tagOf } from "../browser/page";

/** Bytes of UTF-8 that a value may have; the collector cuts in the same way. */
const LARGEST_VALUE = 1024;

/** No values: a promise, and a DOM node or a list of them, which is also what an undefined variable is where an element has its name for its id. */
const EMPTY = /(Promise|Element|Collection|NodeList|Text|Attr)]/;

export type Value = string | number | boolean;

/** What a value is on the wire, or undefined where it is empty. Throws where it cannot be read. */
export const toValue = (value: unknown): Value | undefined => {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return value - value === 0 ? value : undefined;
  if (value === null || EMPTY.test(tagOf(value))) return;
  const text = typeof value === "string" ? value : stringify(value, LARGEST_VALUE);
  return text ? cut(text, LARGEST_VALUE) : undefined;
};
