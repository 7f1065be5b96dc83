/** How ids are named within texts of others: raw bodies, refusals. */
import { MINTED_FORM } from "./ids";

/** A minted id, wherever in a text it stands. */
const MINTED_WITHIN = new RegExp(MINTED_FORM, "g");

/** A string that is longer is no id, however it is escaped. */
const LONGEST = 1_026;

/** A text within a text within a text; nobody writes one deeper. */
const DEEPEST = 4;

/**
 * Whether what a visitor has shown as a vendor's id is looked for in texts: `5`, `GBP` or `completed` stand in anybody's. Where a call comes
 * under it, it is known all the same.
 */
export function isTelling(value: string): boolean {
  return value.length >= 6 && /\d/.test(value);
}

/**
 * What in a text may be an id: every run of an id's characters, every string of a JSON text and every value of a URL, and minted ids wherever
 * they stand; also within JSON in JSON, and escaped as in a URL, however often.
 */
export function idsIn(text: string): Set<string> {
  const ids = new Set<string>();
  addIds(text, ids, DEEPEST);
  return ids;
}

function addIds(text: string, ids: Set<string>, depth: number): void {
  for (const [run] of text.matchAll(/[A-Za-z0-9._:-]{6,512}/g)) {
    ids.add(run);
    // Hardly any has one, and this is asked of every event.
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

/** A text with what is escaped in it in a URL's way, as far as it is UTF-8, as it was before. */
function unescaped(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}

/** A function that says whether a text names any of these ids. */
export function mentions(ids: string[]): (text: string) => boolean {
  const all = new Set(ids);
  // What is not escaped stands as it is: of one visitor's few that is known in a fraction of the time.
  const isNear = (text: string) => ids.length > 10 || /[%\\]/.test(text) || ids.some((id) => text.includes(id));
  return (text) => isNear(text) && [...idsIn(text)].some((id) => all.has(id));
}

const ESCAPED = /[\\^$.*+?()[\]{}|/-]/g;

/** A function that takes these ids out of a text, and all of the text where they are escaped in it. */
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
