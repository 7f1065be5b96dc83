/** How ids are named within texts of others: raw bodies, refusals. */
import { MINTED_FORM } from "./ids";
import { wellFormed } from "./text";

/** A minted id, wherever in a text it stands. */
const MINTED_WITHIN = new RegExp(MINTED_FORM, "g");

/** A string that is longer is no id, however it is escaped. */
const LONGEST = 1_026;

/** So many ids are looked for one by one. */
const FEW = 10;

/**
 * What in a text may be an id: every run of an id's characters, every string of a JSON text, and minted ids wherever they stand.
 */
export function idsIn(text: string): Set<string> {
  const ids = new Set<string>();
  const decoded = text.replace(/%([0-7][0-9a-f])/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  for (const written of new Set([text, decoded])) {
    for (const [run] of written.matchAll(/[A-Za-z0-9._:-]{8,512}/g)) {
      ids.add(run);
      // Hardly any has one, and this is asked of every event.
      if (/^[.:-]|[.:-]$|:/.test(run))
        for (const id of [run.replace(/^[.:-]+|[.:-]+$/g, ""), ...run.split(":")]) ids.add(id);
    }
    for (const [id] of written.matchAll(MINTED_WITHIN)) ids.add(id);
    for (const [string] of written.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"/g)) {
      if (string.length > 2 && string.length <= LONGEST) ids.add(said(string));
    }
  }
  return ids;
}

function said(string: string): string {
  if (!string.includes("\\")) return string.slice(1, -1);
  try {
    return JSON.parse(string);
  } catch {
    return string.slice(1, -1);
  }
}

/** How an id may be written within a text: as it is, within JSON, within JSON in JSON, within a URL. */
export function spellings(id: string): string[] {
  const json = JSON.stringify(id).slice(1, -1);
  return [...new Set([id, json, JSON.stringify(json).slice(1, -1), encodeURIComponent(wellFormed(id))])];
}

/** A function that says whether a text names any of these ids. Few are looked for as they may be written, many among what may be an id there. */
export function mentions(ids: string[]): (text: string) => boolean {
  if (ids.length <= FEW) {
    const written = ids.flatMap(spellings);
    return (text) => written.some((id) => text.includes(id));
  }
  const all = new Set(ids);
  return (text) => [...idsIn(text)].some((id) => all.has(id));
}
