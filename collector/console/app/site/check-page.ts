/**
 * Opens a page that reports back to the console. The page's fragment has a key, which the tag understands
 * (`/v1/sites/ID/checks`).
 */
import { useEffect, useState } from "preact/hooks";
import { ask, ofSite, type Problem, post, problemOf } from "../api";
import type { Entity } from "./document";

interface ReportedEntity {
  name: string;
  value: unknown;
  status: string;
  error: string | null;
  /** Why the value is empty. */
  why: string | null;
}

/**
 * What an opened page says about itself. If the page's policy lets nothing out, all that is known is what the policy
 * has stopped.
 */
export interface Report {
  /** Epoch milliseconds. */
  at: number;
  csp: { directive: string; blocked: string }[];
  collector_reached: boolean;
  page?: {
    url: string;
    /** The tracking id of its tag. */
    site: string;
    /** Null if a bundle started the tag. */
    document_version: number | null;
    context_id: string | null;
    consent: string;
    /** `domain` is empty if the cookie belongs to this host alone. */
    cookie: { set: boolean | null; domain: string | null };
    /** What the collector answered to the tag. */
    answer: string;
    other_tags: string[];
    entities: ReportedEntity[];
    /** Entities that are only being tried. */
    tried: ReportedEntity[];
  };
}

/** A report as the collector answers it: flat. */
type AnsweredReport = Pick<Report, "at" | "csp" | "collector_reached"> & Partial<NonNullable<Report["page"]>>;

function reportOf({ at, csp, collector_reached, ...page }: AnsweredReport): Report {
  return { at, csp, collector_reached, ...("url" in page ? { page: page as NonNullable<Report["page"]> } : {}) };
}

export interface Opened {
  /** The page's address; undefined until a page was opened. */
  address?: string;
  state: "none" | "waiting" | "reported" | "live";
  /** Epoch milliseconds. */
  since: number;
  report?: Report | undefined;
  problem?: Problem;
}

/** The newest visitor that a page reported. The example of a call uses it. */
export const lastReported = { context_id: "" };

const ASK_MS = 1_000;

/**
 * `open` opens the page at an address and follows what it reports. If entities are given, the page reads these too,
 * saved or not.
 */
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
    // Without an opener, the page knows nothing of the console. But then null does not mean that the page was blocked,
    // so the console shows the address, too.
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

/** Completes an address, as people type it, with its scheme. Null if it is not the address of a page. */
export function pageAddress(typed: string): URL | null {
  const text = typed.trim();
  const whole = /^[a-z]+:\/\//i.test(text) ? text : `https://${text}`;
  if (text === "" || !URL.canParse(whole)) return null;
  const url = new URL(whole);
  return /^https?:$/.test(url.protocol) ? url : null;
}
