import { isList, samples, tagOf } from "./page";

/**
 * JSON of our own: pages replace JSON.stringify and Object.keys, or give lists a toJSON (Prototype.js up to 1.6), and neither values nor
 * the wire format may depend on it. Else it is JSON.stringify's, to the byte (ECMA-262, 25.5.2).
 */

const SHORT: Record<string, string> = { "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", '"': '"', "\\": "\\" };
const escaped = (character: string): string =>
  `\\${SHORT[character] || `u${(character.charCodeAt(0) + 0x10000).toString(16).slice(1)}`}`;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what JSON has to escape
const TO_ESCAPE = /["\\\0-\x1f\ud800-\udfff]/gu;

/** A string as JSON. What is escaped beside control characters is half a surrogate pair. */
export const quote = (text: string): string => `"${text.replace(TO_ESCAPE, escaped)}"`;

/** A text, number or truth out of its object, as `new String("a")` makes it; anything else as it is (ECMA-262, 25.5.2.2). */
const unbox = (value: unknown): unknown =>
  /ct (String|Number|Boolean|BigInt)]/.test(tagOf(value)) ? (value as object).valueOf() : value;

/** What an object or function says that it is in JSON, or a text or number in its object. */
const unwrap = (value: { toJSON?: unknown }, key: string): unknown => {
  const { toJSON } = value;
  if (typeof toJSON === "function") {
    // What a page, or the language, has given to the classes of the language is none of the value's own.
    if (!samples().some((any) => (any as typeof value | undefined)?.toJSON === toJSON))
      return unbox(toJSON.call(value, key));
    const date = value as Date;
    if (date.toISOString) return +date - +date === 0 ? date.toISOString() : null;
  }
  return unbox(value);
};

/**
 * A value as JSON.stringify has it (undefined for functions and symbols), except that a BigInt has its digits, and that it stops soon
 * after `limit` characters: no more members of a list or an object are read than fit, so that a huge one is followed at little more than
 * the cost of a small one. (Only an object's names cannot be asked for in part.) Throws where a value holds itself.
 */
export const stringify = (given: unknown, limit: number, key = "", within: unknown[] = []): string | undefined => {
  const value = given ? unwrap(given, key) : given;
  if (typeof value === "string") return quote(value.slice(0, limit));
  if (typeof value === "boolean" || typeof value === "bigint") return `${value}`;
  if (typeof value === "number") return value - value === 0 ? `${value}` : "null";
  // Each level has a character at least, and so what is deeper than the limit is beyond it.
  if (value === null || within.length > limit) return "null";
  if (typeof value !== "object") return;
  if (within.indexOf(value) >= 0) throw "cyclic";

  const path = [...within, value];
  let text = "";
  if (isList(value)) {
    for (let i = 0; i < value.length && text.length <= limit; i++)
      text += `,${stringify(value[i], limit, `${i}`, path) || "null"}`;
    return `[${text.slice(1)}]`;
  }
  // A typed array's names are as many as it has elements.
  const { BYTES_PER_ELEMENT } = value as Uint8Array;
  const object = (BYTES_PER_ELEMENT ? (value as Uint8Array).subarray(0, limit) : value) as Record<string, unknown>;
  // Not by Object.keys: Prototype.js up to 1.6 has one of its own, which lists what is inherited, too.
  for (const name in object) {
    // biome-ignore lint/suspicious/noPrototypeBuiltins: Object.hasOwn is younger than what we support, and a name like any other
    const member = {}.hasOwnProperty.call(object, name) && stringify(object[name], limit, name, path);
    if (member) text += `,${quote(name)}:${member}`;
    if (text.length > limit) break;
  }
  return `{${text.slice(1)}}`;
};
