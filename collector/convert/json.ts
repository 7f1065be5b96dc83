/** What platforms answer, read without trusting it to be what it should. */

export type Json = Record<string, unknown>;

/** A JSON object, an empty one where the text is none. */
export function objectIn(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** What is at a path of names; an empty object where nothing is. */
export function within(value: Json, ...path: string[]): Json {
  const found = path.reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), value);
  return isObject(found) ? found : {};
}

/** The objects in a list. */
export function listIn(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Those that are text, with colons between; null where none is. */
export function phrase(...parts: unknown[]): string | null {
  const said = parts.filter((part): part is string => typeof part === "string" && part !== "");
  return said.length > 0 ? [...new Set(said)].join(": ") : null;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
