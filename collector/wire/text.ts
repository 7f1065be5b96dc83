/** Text as it is stored: half of a surrogate pair is U+FFFD (contract 2), or else each database would make something else of it. */

/** A text whose halves of surrogate pairs are U+FFFD. */
export function wellFormed(text: string): string {
  return /\p{Surrogate}/u.test(text) ? text.replace(/\p{Surrogate}/gu, "\ufffd") : text;
}

/** A document as JSON, well-formed inside as well: there a half is written as `\udXXX`, and nothing else is. */
export function wellFormedJson(value: unknown): string {
  const json = JSON.stringify(value);
  return json.includes("\\ud") ? json.replace(/(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/gi, "$1\ufffd") : json;
}
