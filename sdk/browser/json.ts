import { isList, samples, tagOf } from "./page";

/**
 * Our own JSON. Pages replace JSON.stringify and Object.keys, or give lists a toJSON (Prototype.js up to 1.6). Neither
 * values nor the wire format may depend on that. Otherwise the text is that of JSON.stringify, to the byte (ECMA-262,
 * 25.5.2).
 */

const SHORT: Record<string, string> = { "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", '"': '"', "\\": "\\" };
const escaped = (character: string): string =>
  `\\${SHORT[character] || `u${(character.charCodeAt(0) + 0x10000).toString(16).slice(1)}`}`;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what JSON has to escape
const TO_ESCAPE = /["\\\0-\x1f\ud800-\udfff]/gu;

/** A string as JSON. Half a surrogate pair is escaped, as control characters are. */
export const quote = (text: string): string => `"${text.replace(TO_ESCAPE, escaped)}"`;

/** Takes a primitive out of its object (`new String("a")`). Returns other values unchanged (ECMA-262, 25.5.2.2). */
const unbox = (value: unknown): unknown =>
  /ct (String|Number|Boolean|BigInt)]/.test(tagOf(value)) ? (value as object).valueOf() : value;

/** What an object's or function's toJSON returns, with a primitive taken out of its object. */
const unwrap = (value: { toJSON?: unknown }, key: string): unknown => {
  const { toJSON } = value;
  if (typeof toJSON === "function") {
    // A toJSON that the page or the language has given to a built-in class is not the value's own.
    if (!samples().some((any) => (any as typeof value | undefined)?.toJSON === toJSON))
      return unbox(toJSON.call(value, key));
    const date = value as Date;
    if (date.toISOString) return +date - +date === 0 ? date.toISOString() : null;
  }
  return unbox(value);
};

/**
 * A value as JSON.stringify writes it (undefined for functions and symbols), with two exceptions. A BigInt becomes its
 * digits. And the text ends soon after `limit` characters: we read no more members of a list or an object than fit, so
 * following a huge one costs little more than following a small one. (Only an object's names cannot be read in part.)
 * Throws if a value contains itself.
 */
export const stringify = (given: unknown, limit: number, key = "", within: unknown[] = []): string | undefined => {
  const value = given ? unwrap(given, key) : given;
  if (typeof value === "string") return quote(value.slice(0, limit));
  if (typeof value === "boolean" || typeof value === "bigint") return `${value}`;
  if (typeof value === "number") return value - value === 0 ? `${value}` : "null";
  // Each level adds at least one character, so anything deeper than the limit is beyond it.
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
  // A typed array has as many names as elements.
  const { BYTES_PER_ELEMENT } = value as Uint8Array;
  const object = (BYTES_PER_ELEMENT ? (value as Uint8Array).subarray(0, limit) : value) as Record<string, unknown>;
  // We do not use Object.keys: Prototype.js up to 1.6 replaces it with one that also lists inherited names.
  for (const name in object) {
    // biome-ignore lint/suspicious/noPrototypeBuiltins: some browsers that we support have no Object.hasOwn
    const member = {}.hasOwnProperty.call(object, name) && stringify(object[name], limit, name, path);
    if (member) text += `,${quote(name)}:${member}`;
    if (text.length > limit) break;
  }
  return `{${text.slice(1)}}`;
};
