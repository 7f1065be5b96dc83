/**
 * JSON of our own: pages replace JSON.stringify, or give arrays a toJSON, and the wire format must not depend on it.
 */

const toEscape = (c: string) => (c < " " ? `\\u${(c.charCodeAt(0) + 65536).toString(16).slice(1)}` : `\\${c}`);

/** A string as JSON (RFC 8259, section 7). */
export const quote = (text: string): string => `"${text.replace(/["\\]|[^ -\uffff]/g, toEscape)}"`;

/** What is nested more deeply is taken for cyclic. */
const DEEPEST = 50;

/**
 * A value as JSON text, as JSON.stringify would have it (undefined for functions and symbols), except that it stops soon after
 * `limit` characters, so that a huge object is followed at no more cost than a small one, and that a BigInt has its digits.
 * Throws where a value holds itself, and so never ends.
 */
export const stringify = (value: unknown, limit: number, depth = 0): string | undefined => {
  const type = typeof value;
  if (typeof value === "string") return quote(value.slice(0, limit));
  if (type === "boolean" || type === "bigint" || Number.isFinite(value)) return `${value}`;
  if (value === null || type === "number") return "null";
  if (type !== "object") return;
  if (depth > DEEPEST) throw Error("cyclic");

  const object = value as Record<string, unknown>;
  const isList = Array.isArray(value);
  if (object.toJSON && !isList) return stringify((value as Date).toJSON(), limit, depth + 1);
  let text = "";
  for (const key of Object.keys(object)) {
    const member = stringify(object[key], limit, depth + 1);
    if (isList) text += `,${member || "null"}`;
    else if (member) text += `,${quote(key)}:${member}`;
    if (text.length > limit) break;
  }
  text = text.slice(1);
  return isList ? `[${text}]` : `{${text}}`;
};
