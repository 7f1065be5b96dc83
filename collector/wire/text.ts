/**
 * Text as it is stored. Half of a surrogate pair becomes U+FFFD (contract 2), because otherwise each database would
 * make something different of it.
 */

/** Replaces each half of a surrogate pair with U+FFFD. */
export function wellFormed(text: string): string {
  return /\p{Surrogate}/u.test(text) ? text.replace(/\p{Surrogate}/gu, "\ufffd") : text;
}

/** A document as JSON that is also well-formed inside. In JSON, a half is written as `\udXXX`, and nothing else is. */
export function wellFormedJson(value: unknown): string {
  const json = JSON.stringify(value);
  return json.includes("\\ud") ? json.replace(/(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/gi, "$1\ufffd") : json;
}
