/** Messages for a document's faults if its schema has no message of its own: zod's phrases, in our words. */
import type { z } from "zod";

const KINDS: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

/** How to say how much of something there may be. */
const SIZES: Record<string, (count: string) => string> = {
  string: (count) => `have ${count} characters`,
  array: (count) => `have ${count} entries`,
};

/** The message of an issue. Undefined leaves it to zod. */
export function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return `is missing; it must be ${KINDS[issue.expected] ?? issue.expected}`;
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case "too_small":
      if (issue.minimum === 1 && issue.origin !== "number") return "must not be empty";
      return `must ${sized(issue.origin, `at least ${issue.minimum}`)}`;
    case "too_big":
      return `must ${sized(issue.origin, `at most ${issue.maximum}`)}`;
    case "invalid_value":
      return oneOf(issue.values);
    case "unrecognized_keys":
      return issue.keys.length > 1
        ? `has unknown fields ${issue.keys.join(", ")}`
        : `has an unknown field ${issue.keys[0]}`;
    case "invalid_union":
      return Array.isArray(issue.options) ? oneOf(issue.options) : "does not have any of the allowed forms";
    default:
      return undefined;
  }
}

function oneOf(values: unknown[]): string {
  return `must be ${values.length > 1 ? "one of " : ""}${values.join(", ")}`;
}

function sized(origin: string, count: string): string {
  return SIZES[origin]?.(count) ?? `be ${count}`;
}
