/**
 * JSON of our own: pages replace JSON.stringify, or give arrays a toJSON, and the wire format must not depend on it.
 */

/** For the wire: ASCII alone, so that a body's length is its size in bytes. */
const NOT_ASCII = /["\\]|[^ -~]/g;
/** For a value that becomes a string on the wire: only what JSON forbids in a string (RFC 8259, 7). */
const FORBIDDEN = /["\\]|[^ -\uffff]/g;

/** A string as JSON. */
export const quote = (text: string, escaped = NOT_ASCII): string =>
  `"${text.replace(escaped, (c) => (c === '"' || c === "\\" ? `\\${c}` : `\\u${`000${c.charCodeAt(0).toString(16)}`.slice(-4)}`))}"`;

/**
 * An object or array as JSON text, as JSON.stringify would have it, except that it stops soon after `limit` characters (a huge
 * object is then followed at no more cost than a small one) and that BigInts and DOM nodes have a text.
 * Throws where the value holds itself.
 */
export const stringify = (value: unknown, limit: number, parents: unknown[] = []): string | undefined => {
  if (typeof value === "string") return quote(value.slice(0, limit), FORBIDDEN);
  if (typeof value === "bigint") return `"${value}"`;
  if (typeof value === "boolean" || Number.isFinite(value)) return `${value}`;
  if (value === null || typeof value === "number") return "null";
  if (typeof value !== "object") return;
  if (parents.includes(value)) throw new TypeError("cyclic value");
  parents = [...parents, value];

  const { nodeType, toJSON } = value as { nodeType?: number; toJSON?: () => unknown };
  const isList = Array.isArray(value);
  if (nodeType) return quote(tag(value));
  if (toJSON && !isList) return stringify((value as Date).toJSON(), limit, parents);

  let text = "";
  for (const key of isList ? value.keys() : Object.keys(value)) {
    const member = stringify((value as Record<string, unknown>)[key], limit, parents);
    if (isList) text += `,${member || "null"}`;
    else if (member) text += `,${quote(key as string, FORBIDDEN)}:${member}`;
    if (text.length > limit) break;
  }
  return isList ? `[${text.slice(1)}]` : `{${text.slice(1)}}`;
};

/** `[object HTMLSpanElement]` and the like, for what has no better text. */
export const tag = (value: unknown): string => Object.prototype.toString.call(value);
