/** What a page's report means, in words, and what to do about it. */
import type { Report } from "./check-page";
import type { SavedSite } from "./document";

export interface Finding {
  kind: "good" | "warn" | "bad";
  what: string;
  /** What to do about it; left out if all is well. */
  mend?: string;
}

type Expected = Pick<SavedSite, "tracking_id" | "version" | "origins" | "consent">;
type PageReport = NonNullable<Report["page"]>;

export function findingsOf({ csp, collector_reached, page }: Report, expected: Expected): Finding[] {
  const blocked = csp.map(
    ({ directive, blocked }): Finding => ({
      kind: collector_reached ? "warn" : "bad",
      what: `The page's Content-Security-Policy has stopped ${blocked} by ${directive}.`,
      mend: "If that is the collector, add its address to script-src and connect-src in that policy.",
    }),
  );
  if (!page) return [{ kind: "good", what: "The tag is on the page." }, ...blocked];
  const findings: (Finding | null)[] = [
    siteFinding(page, expected),
    versionFinding(page, expected),
    originFinding(page, expected),
    reachedFinding(collector_reached, page),
    ...blocked,
    consentFinding(page, expected),
    cookieFinding(page),
    tagsFinding(page),
    ...page.entities.map(entityFinding),
  ];
  return findings.filter((finding) => finding !== null);
}

function siteFinding({ site }: PageReport, { tracking_id }: Expected): Finding {
  if (site === tracking_id) return { kind: "good", what: "The tag is on the page." };
  return {
    kind: "bad",
    what: `The page has the tag of another site: ${site}.`,
    mend: `Replace it with the tag of ${tracking_id}.`,
  };
}

function versionFinding({ document_version }: PageReport, { version }: Expected): Finding | null {
  if (document_version === null || document_version === version) return null;
  return {
    kind: "warn",
    what: `The page has version ${document_version} of the site, but the newest is ${version}.`,
    mend: "Browsers keep the tag for a few minutes. Reload the page, or wait.",
  };
}

function originFinding({ url }: PageReport, { origins }: Expected): Finding | null {
  const { origin } = new URL(url);
  if (origins.length === 0 || origins.includes(origin)) return null;
  return {
    kind: "bad",
    what: `${origin} is not one of the site's origins, so the collector refuses what this page sends.`,
    mend: `Add ${origin} under Settings.`,
  };
}

function reachedFinding(isReached: boolean, { answer, consent }: PageReport): Finding | null {
  if (isReached) return { kind: "good", what: "The collector has accepted what the page sent." };
  // The tag sends nothing before consent is granted.
  if (consent !== "granted") return null;
  return {
    kind: "bad",
    what: `The collector has not accepted what the page sent${answer ? `: ${answer}` : "."}`,
    mend: "Check whether a content blocker or the page's policy stops requests to the collector.",
  };
}

function consentFinding({ consent }: PageReport, expected: Expected): Finding {
  if (consent === "granted") {
    return {
      kind: "good",
      what: expected.consent === "required" ? "The visitor has agreed." : "The site does not require consent.",
    };
  }
  if (consent === "pending") {
    return {
      kind: "warn",
      what: "The tag is waiting for consent, and keeps and sends nothing until then.",
      mend: 'Agree in the page\'s own dialog. It has to call calljoin.consent("granted").',
    };
  }
  return {
    kind: "bad",
    what: `Nothing is kept or sent: ${consent === "denied" ? "consent is denied" : "the browser sends Global Privacy Control"}.`,
    mend:
      consent === "denied"
        ? "Agree in the page's own dialog."
        : "Try another browser. You can change under Settings whether that signal counts.",
  };
}

function cookieFinding({ cookie: { set, domain }, consent }: PageReport): Finding | null {
  if (consent !== "granted" || set === null) return null;
  if (set) return { kind: "good", what: `The cookie is set for ${domain || "this host alone"}.` };
  return {
    kind: "bad",
    what: "The browser does not keep the cookie, so each page looks like a new visitor.",
    mend: "Check whether this browser blocks cookies for the site.",
  };
}

function tagsFinding({ other_tags }: PageReport): Finding | null {
  if (other_tags.length === 0) return null;
  return {
    kind: "warn",
    what: `There is more than one tag on the page: ${other_tags.join(", ")}.`,
    mend: "Remove all but one: look in the template and in the tag manager.",
  };
}

function entityFinding({ name, value, error, why }: PageReport["entities"][number]): Finding {
  if (error) return { kind: "bad", what: `${name} failed: ${error}`, mend: "Correct its value under Entities." };
  if (value === null) {
    return {
      kind: "warn",
      what: `${name} has no value on this page.`,
      mend: why ?? "That is fine if the page has none.",
    };
  }
  return { kind: "good", what: `${name} is ${String(value)}` };
}

/** Reasons why a page that was opened may not report. */
export const SILENT = [
  "The tag is not on this page. Put it into the template that all pages share, and publish it.",
  "A tag manager or consent tool holds the tag back. Agree in the page's own dialog.",
  "The page's Content-Security-Policy blocks the script; the browser's console says so. Add the collector's address to script-src and connect-src.",
  "A content blocker stops the tag. Try without it.",
  "The page redirects to another address and loses the part after #. Check that address instead.",
];
