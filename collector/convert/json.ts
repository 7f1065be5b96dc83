/** Reads what platforms answer, without trusting it to have the right shape. */

export type Json = Record<string, unknown>;

/** Parses a JSON object. Returns an empty object if the text is not one. */
export function objectIn(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** The object at a path of names, or an empty object if there is none. */
export function within(value: Json, ...path: string[]): Json {
  const found = path.reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), value);
  return isObject(found) ? found : {};
}

/** The objects in a list. */
export function listIn(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The parts that are text, joined by colons, or null if there is none. */
export function phrase(...parts: unknown[]): string | null {
  const said = parts.filter((part): part is string => typeof part === "string" && part !== "");
  return said.length > 0 ? [...new Set(said)].join(": ") : null;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
