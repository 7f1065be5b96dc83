/** How ids occur in other people's texts, such as raw bodies and refusals. */
import { MINTED_FORM } from "./ids";

/** A minted id, anywhere in a text. */
const MINTED_WITHIN = new RegExp(MINTED_FORM, "g");

/** A longer string is no id, however it is escaped. */
const LONGEST = 1_026;

/** A text within a text within a text. Nobody nests deeper. */
const DEEPEST = 4;

/**
 * Whether to look in texts for what a visitor has shown as a vendor's id. `5`, `GBP` or `completed` may occur in
 * anybody's texts. A call that carries the id itself is found anyway.
 */
export function isTelling(value: string): boolean {
  return value.length >= 6 && /\d/.test(value);
}

/**
 * Everything in a text that may be an id: every run of an id's characters, every string of a JSON text, every value of
 * a URL, and minted ids anywhere. It also looks inside JSON within JSON, and inside URL escapes, up to `DEEPEST`
 * layers.
 */
export function idsIn(text: string): Set<string> {
  const ids = new Set<string>();
  addIds(text, ids, DEEPEST);
  return ids;
}

function addIds(text: string, ids: Set<string>, depth: number): void {
  for (const [run] of text.matchAll(/[A-Za-z0-9._:-]{6,512}/g)) {
    ids.add(run);
    // Hardly any run has one, and this check runs for every event.
    if (/^[.:-]|[.:-]$|:/.test(run))
      for (const id of [run.replace(/^[.:-]+|[.:-]+$/g, ""), ...run.split(":")]) ids.add(id);
  }
  for (const [id] of text.matchAll(MINTED_WITHIN)) ids.add(id);
  for (const [string] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"/g)) {
    const one = said(string);
    if (one.length <= LONGEST) ids.add(one);
    if (string.includes("\\") && depth > 0) addIds(one, ids, depth - 1);
  }
  if (!text.includes("%") || depth === 0) return;
  for (const [, value = ""] of text.matchAll(/=([^?&=#\s"\\]+)/g)) ids.add(unescaped(value.replaceAll("+", " ")));
  const inner = unescaped(text);
  if (inner !== text) addIds(inner, ids, depth - 1);
}

function said(string: string): string {
  if (!string.includes("\\")) return string.slice(1, -1);
  try {
    return JSON.parse(string);
  } catch {
    return string.slice(1, -1);
  }
}

/** Decodes the URL escapes in a text, as far as they are UTF-8. */
function unescaped(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}

/** Returns a function that says whether a text names any of these ids. */
export function mentions(ids: string[]): (text: string) => boolean {
  const all = new Set(ids);
  // An id that is not escaped occurs literally. For one visitor's few ids, this check takes a fraction of the time.
  const isNear = (text: string) => ids.length > 10 || /[%\\]/.test(text) || ids.some((id) => text.includes(id));
  return (text) => isNear(text) && [...idsIn(text)].some((id) => all.has(id));
}

const ESCAPED = /[\\^$.*+?()[\]{}|/-]/g;

/**
 * Returns a function that replaces these ids in a text with `instead`, or the whole text if it has any of them escaped.
 */
export function withoutMentions(ids: string[], instead: string): (text: string) => string {
  const isNamed = mentions(ids);
  const minted = new RegExp(`^${MINTED_FORM}$`);
  const anywhere = ids.map((id) => {
    const plain = id.replace(ESCAPED, "\\$&");
    return minted.test(id) ? plain : `(?<![A-Za-z0-9_][.-]*)${plain}(?![.-]*[A-Za-z0-9_])`;
  });
  const written = new RegExp(anywhere.join("|"), "g");
  return (text) => {
    if (!isNamed(text)) return text;
    const left = text.replace(written, instead);
    return isNamed(left) ? instead : left;
  };
}
