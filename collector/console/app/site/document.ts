/** Reads a site's document, checks it while somebody edits it, and saves it as its next version. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Site } from "../../../wire/site";
import type { Answer } from "../answers";
import { ask, type Fault, ofSite, post } from "../api";
import { type Resource, useResource } from "../resource";

export type { Entity, Site, Vendor, Webhook } from "../../../wire/site";

/** The document as the collector answers it. */
export type SavedSite = Site & { tracking_id: string; version: number; warnings?: Fault[] };

export type ListName = "entities" | "vendors" | "webhooks" | "goals";

export function useSite(site: string): Resource<SavedSite> {
  return useResource((signal) => ask<SavedSite>(ofSite(site), { signal }), [site]);
}

/** Saves a document. If somebody else has changed it since it was read, the collector refuses it (409). */
export function saveSite(site: string, document: Site): Promise<SavedSite> {
  return ask<SavedSite>(ofSite(site), { method: "PUT", body: document });
}

/**
 * Puts one item of a list in its place in the document, or at the end if there was none of that name. Answers the
 * document and the path of the item.
 */
export function withItem<Name extends ListName>(
  document: SavedSite,
  list: Name,
  name: string | null,
  item: Site[Name][number],
): { document: SavedSite; prefix: string } {
  const items: Site[Name][number][] = [...document[list]];
  const found = items.findIndex((one) => one.name === name);
  const index = found < 0 ? items.length : found;
  items[index] = item;
  return { document: { ...document, [list]: items }, prefix: `${list}.${index}` };
}

/** The document without the item of that name. */
export function without(document: SavedSite, list: ListName, name: string): SavedSite {
  return { ...document, [list]: document[list].filter((item) => item.name !== name) };
}

export type Verdict = Answer<"Checked">;

/** Long enough not to ask about every letter, and short enough to answer what was just typed. */
const PAUSE_MS = 250;

/** Asks about what somebody is writing, a moment after the last change. Null asks nothing. */
export function useAfterPause(written: string | null, ask: (written: string, signal: AbortSignal) => void): void {
  const newest = useRef(ask);
  newest.current = ask;
  useEffect(() => {
    if (written === null) return;
    const abort = new AbortController();
    const timer = setTimeout(() => newest.current(written, abort.signal), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [written]);
}

const NOTHING: Verdict = { errors: [], warnings: [] };

/** What the collector would say about a document. */
export function useCheck(site: string, document: Site | null): Verdict {
  const body = document && JSON.stringify(document);
  const [verdict, setVerdict] = useState(NOTHING);
  useAfterPause(body, (written, signal) => {
    // If this request fails, saving will fail too, and the form will say so then.
    post<Verdict>(ofSite(site, "check"), written, signal).then(setVerdict, () => {});
  });
  return body === null ? NOTHING : verdict;
}
