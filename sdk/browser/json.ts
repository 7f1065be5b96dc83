/**
 * JSON of our own: pages replace JSON.stringify, or give arrays a toJSON, and the wire format must not depend on it.
 */

/** For the wire: ASCII alone, so that a body's length is its size in bytes. */
const NOT_ASCII = /["\\]|[^ -~]/g;
/** For a value that is itself JSON: only what JSON forbids in a string (RFC 8259, section 7). */
const FORBIDDEN = /["\\]|[^ -\uffff]/g;

const toEscape = (c: string) => (/["\\]/.test(c) ? `\\${c}` : `\\u${`000${c.charCodeAt(0).toString(16)}`.slice(-4)}`);

/** A string as JSON. */
export const quote = (text: string, escaped = NOT_ASCII): string => `"${text.replace(escaped, toEscape)}"`;

/**
 * A value as JSON text, as JSON.stringify would have it (undefined for functions and symbols), except that it stops soon after
 * `limit` characters, so that a huge object is followed at no more cost than a small one, that a BigInt has its digits, and a DOM node
 * the name of its kind. Throws where a value holds itself.
 */
export const stringify = (value: unknown, limit: number, parents: unknown[] = []): string | undefined => {
  const type = typeof value;
  if (type === "string" || type === "bigint") return quote(`${value}`.slice(0, limit), FORBIDDEN);
  if (type === "boolean" || Number.isFinite(value)) return `${value}`;
  if (value === null || type === "number") return "null";
  if (type !== "object") return;
  if (parents.includes(value)) throw TypeError("cyclic value");

  const inside = [...parents, value];
  const object = value as Record<string, unknown>;
  const isList = Array.isArray(value);
  if (object.nodeType) return quote(`${Object.prototype.toString.call(value)}`);
  if (object.toJSON && !isList) return stringify((value as Date).toJSON(), limit, inside);
  let text = "";
  for (const key of isList ? value.keys() : Object.keys(object)) {
    const member = stringify(object[key], limit, inside);
    if (isList) text += `,${member || "null"}`;
    else if (member) text += `,${quote(`${key}`, FORBIDDEN)}:${member}`;
    if (text.length > limit) break;
  }
  text = text.slice(1);
  return isList ? `[${text}]` : `{${text}}`;
};
