/** A page that reports back to the console: opened with a key in its fragment, which the tag understands (`/v1/sites/ID/checks`). */
import { useEffect, useState } from "preact/hooks";
import { ask, ofSite, type Problem, post, problemOf } from "../api";
import type { Entity } from "./document";

interface ReportedEntity {
  name: string;
  value: unknown;
  status: string;
  error: string | null;
  /** Why it is empty. */
  why: string | null;
}

/** What an opened page says of itself; of one whose policy lets nothing out, what that has stopped is all that is known. */
export interface Report {
  /** Epoch milliseconds. */
  at: number;
  csp: { directive: string; blocked: string }[];
  collector_reached: boolean;
  page?: {
    url: string;
    /** The tracking id of its tag. */
    site: string;
    /** Null where a bundle started the tag. */
    document_version: number | null;
    context_id: string | null;
    consent: string;
    /** `domain` is empty where the cookie is this host's alone. */
    cookie: { set: boolean | null; domain: string | null };
    /** What the collector has answered to the tag. */
    answer: string;
    other_tags: string[];
    entities: ReportedEntity[];
    /** Those that are only tried. */
    tried: ReportedEntity[];
  };
}

/** A report as it is answered: flat. */
type AnsweredReport = Pick<Report, "at" | "csp" | "collector_reached"> & Partial<NonNullable<Report["page"]>>;

function reportOf({ at, csp, collector_reached, ...page }: AnsweredReport): Report {
  return { at, csp, collector_reached, ...("url" in page ? { page: page as NonNullable<Report["page"]> } : {}) };
}

export interface Opened {
  /** Where the page is; undefined until one was opened. */
  address?: string;
  state: "none" | "waiting" | "reported" | "live";
  /** Epoch milliseconds. */
  since: number;
  report?: Report | undefined;
  problem?: Problem;
}

/** The newest visitor that a page reported, to put into an example. */
export const lastReported = { context_id: "" };

const ASK_MS = 1_000;

/** `open` opens a page by its address and follows what it reports; with entities, the page reads these too, saved or not. */
export function usePageCheck(site: string): {
  opened: Opened;
  open: (page: string, entities?: Entity[]) => Promise<void>;
} {
  const [opened, setOpened] = useState<Opened>({ state: "none", since: 0 });
  const [key, setKey] = useState<string | null>(null);

  async function open(page: string, entities?: Entity[]) {
    const made = await post<{ key: string; url_fragment: string }>(ofSite(site, "checks"), { entities });
    const url = new URL(page);
    url.hash = made.url_fragment;
    setKey(made.key);
    setOpened({ state: "waiting", since: Date.now(), address: url.href });
    // Without an opener the page knows nothing of the console, and a null is no sign of a blocked one: the address is shown, too.
    window.open(url.href, "_blank", "noopener");
  }

  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    const timer = setInterval(async () => {
      try {
        const { state, reports } = await ask<{ state: Opened["state"]; reports: AnsweredReport[] }>(
          ofSite(site, "checks", key),
          { signal: abort.signal },
        );
        const newest = reports.at(-1);
        const report = newest && reportOf(newest);
        if (report?.page?.context_id) lastReported.context_id = report.page.context_id;
        setOpened(({ problem: _problem, ...before }) => ({ ...before, state, report }));
      } catch (error) {
        if (abort.signal.aborted) return;
        const problem = problemOf(error);
        setOpened((before) => ({ ...before, problem }));
        if (problem.status === 404) setKey(null);
      }
    }, ASK_MS);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [site, key]);
  return { opened, open };
}

/** An address as people type it, with its scheme; null where it is none. */
export function pageAddress(typed: string): URL | null {
  const text = typed.trim();
  const whole = /^[a-z]+:\/\//i.test(text) ? text : `https://${text}`;
  if (text === "" || !URL.canParse(whole)) return null;
  const url = new URL(whole);
  return /^https?:$/.test(url.protocol) ? url : null;
}
