import { cut } from "../browser/cut";
import { quote, stringify, tag } from "../browser/json";

/** Bytes of UTF-8 that a value may have; the collector cuts in the same way. */
const LARGEST_VALUE = 1024;

export type Value = string | number | boolean;

/** What a value is on the wire, or undefined where it is empty. Throws where it cannot be read. */
export const toValue = (value: unknown): Value | undefined => {
  const type = typeof value;
  if (type === "boolean") return value as boolean;
  if (type === "number") return Number.isFinite(value) ? (value as number) : undefined;
  if (value === undefined || value === null) return;
  const text =
    type === "string" || type === "bigint"
      ? `${value}`
      : type === "object" && !(value as Node).nodeType
        ? stringify(value, LARGEST_VALUE)
        : tag(value);
  return cut(text || "", LARGEST_VALUE) || undefined;
};

/** A value as JSON. */
export const valueToJson = (value: Value): string => (typeof value === "string" ? quote(value) : `${value}`);
