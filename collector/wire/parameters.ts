/** What a webhook's parameters can contain: the catalogue, and how to read one value (contract 9). */
import { z } from "zod";
import { type Call, callSchema } from "./call";

/** One line of the catalogue. `value` is what the site document says. */
export interface Parameter {
  value: string;
  group: "call" | "join" | "context" | "entity";
  type: string;
}

export type Scalar = string | number | boolean;

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  anyOf?: Schema[];
  enum?: unknown[];
}

const FIELDS = fieldsOf(z.toJSONSchema(callSchema) as Schema, "");

/**
 * Every field of a call, its join and its context, then every entity of the site. A constant is a JSON literal:
 * `"shop"`, `42`, `true`.
 */
export function catalogue(entities: { name: string }[]): Parameter[] {
  return [
    ...FIELDS,
    ...entities.map(({ name }): Parameter => ({ value: `entities.${name}`, group: "entity", type: "any" })),
  ];
}

/** Whether a parameter can have this value: one of the catalogue, or a constant. */
export function isParameter(value: string, entities: { name: string }[]): boolean {
  return constant(value) !== undefined || catalogue(entities).some((known) => known.value === value);
}

/** The value of a parameter for one call, or null if the call has none. */
export function parameterOf(call: Call, value: string): Scalar | string[] | null {
  const literal = constant(value);
  if (literal !== undefined) return literal;
  let found: unknown = call;
  for (const step of value.split(".")) {
    const within = Object(found);
    found = Object.hasOwn(within, step) ? within[step] : null;
  }
  return (found ?? null) as Scalar | string[] | null;
}

/** A placeholder for a parameter's value in a URL's query: `?order={{transaction.id}}`. */
export const PLACEHOLDER = /\{\{([^{}]+)\}\}/g;

/** The parameters that a URL's placeholders name. */
export function placeholders(url: string): string[] {
  return [...url.matchAll(PLACEHOLDER)].map(([, value]) => value ?? "");
}

/**
 * How JSON literals begin, and paths do not. A parser that throws for each path would cost more than everything else
 * here.
 */
const LITERAL = /^(?:["\d-]|true$|false$)/;

/** The literal that a value stands for, or undefined if it is a path. */
function constant(value: string): Scalar | undefined {
  if (!LITERAL.test(value)) return undefined;
  try {
    const literal: unknown = JSON.parse(value);
    return ["string", "number", "boolean"].includes(typeof literal) ? (literal as Scalar) : undefined;
  } catch {
    return undefined;
  }
}

/** The leaves of the call's schema. A new field of a call is thus in the catalogue, too. */
function fieldsOf(schema: Schema, path: string): Parameter[] {
  const [first, second] = schema.anyOf ?? [];
  if (first && second?.type === "null") return fieldsOf(first, path);
  if (schema.properties) {
    return Object.entries(schema.properties).flatMap(([name, inner]) =>
      fieldsOf(inner, path === "" ? name : `${path}.${name}`),
    );
  }
  if (schema.type === "object") return [];
  const [head] = path.split(".");
  return [{ value: path, group: head === "join" || head === "context" ? head : "call", type: schema.type ?? "string" }];
}
