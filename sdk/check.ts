/**
 * What the collector serves as `inspector.js?key=KEY`, in the inspector's place, to a page that was opened to be checked (`#calljoin=KEY`): it tells the
 * collector how the tag is doing there, for some minutes. The collector puts `CHECK` before it.
 */
import type { Subject, Trial } from "./boot/api";
import type { InspectedRow } from "./entity/row";
import { isRefused, show as showAsEver, showTrial as showTrialAsEver } from "./inspector";
import type { EntitySetup } from "./setup";

declare const CHECK: { key: string; tried: EntitySetup[] };

/** How often is looked, how often is told though nothing has changed, and for how long, ms. */
const LOOK = 1_000;
const TELL = 4_000;
const LONG = 180_000;

/** Characters of a value that are told. */
const SHOWN = 200;

/** Directives that the page's policy has stopped something by; of the time before this was there, where browsers remember it. */
const violations = new Map<string, { directive: string; blocked: string }>();
const noteViolation = (directive: string, blocked: string) => {
  if (violations.size < 20) violations.set(`${directive} ${blocked}`, { directive, blocked: blocked.slice(0, SHOWN) });
};
document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
  noteViolation(effectiveDirective, blockedURI),
);
try {
  // Chromium's alone (https://developer.mozilla.org/docs/Web/API/CSPViolationReportBody).
  const note = (reports: Report[]) => {
    for (const { body } of reports) {
      const { effectiveDirective, blockedURL } = body as unknown as Record<string, string | undefined>;
      noteViolation(`${effectiveDirective}`, `${blockedURL}`);
    }
  };
  new ReportingObserver(note, { types: ["csp-violation"], buffered: true }).observe();
} catch {}

/** Sources of what is tried here, which is not shown in the page's console each time. */
const ours = new Set<string>();

const cut = (value: unknown) => (typeof value === "string" ? value.slice(0, SHOWN) : value);
const rowOf = ({
  name,
  value,
  status,
  error,
  why,
}: Pick<InspectedRow, "name" | "value" | "status" | "error" | "why">) => ({
  name,
  value: cut(value),
  status,
  error: error && `${error}`.slice(0, SHOWN),
  why: why && `${why}`.slice(0, SHOWN),
});

/** The widest domain that takes cookies, which is the one that the tag's are set for (browser/cookie.ts); null where none does, "" for the host alone. */
const domainOf = (): string | null => {
  const labels = location.hostname.split(".");
  const found = [...labels.map((_, i) => labels.slice(-i - 1).join(".")).slice(1), ""].find((domain) => {
    const set = (text: string) => {
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser.
      document.cookie = `calljoin_check=${text};path=/${domain && `;domain=${domain}`}`;
    };
    set("1;max-age=9");
    const isKept = document.cookie.includes("calljoin_check=1");
    set(";max-age=0");
    return isKept;
  });
  return found ?? null;
};

const reportOf = (subject: Subject) => {
  const { api, setup, consent, isLost, queue, rows } = subject;
  return {
    site: setup.site,
    document_version: setup.version ?? null,
    context_id: api.contextId,
    consent: isRefused(subject) ? "global_privacy_control" : consent,
    cookie: { set: api.contextId ? !isLost : null, domain: domainOf() },
    csp: [...violations.values()],
    collector_reached: /^2/.test(queue.answer),
    answer: queue.answer.slice(0, SHOWN),
    other_tags: api.ignored.slice(0, 20),
    entities: rows.map(rowOf),
    tried: CHECK.tried.map(({ name, value }) => {
      const row = api.try(value);
      ours.add(row.source);
      return rowOf({ ...row, name });
    }),
    url: location.href.split("#")[0]?.slice(0, 2_000),
  };
};

/** Tells the collector; where the page's policy forbids that, by the address of a script, which it has let in. */
const tell = async (collector: string, body: string) => {
  try {
    await fetch(`${collector}/v1/checks/${CHECK.key}`, { method: "POST", body, credentials: "omit" });
  } catch {
    const csp = encodeURIComponent(JSON.stringify([...violations.values()]));
    await import(`${collector}/inspector.js?key=${CHECK.key}&unsent=${csp}`).catch(() => undefined);
  }
};

/** Where the tag shows itself to us: it hands what there is to `show`, as to the inspector. */
let isAsked = false;
let told = "";
let toldAt = 0;

/** What the tag calls once it has started. */
export const watch = (subject: Subject): void => {
  const start = Date.now();
  const look = () => {
    isAsked = true;
    subject.api.inspect();
    if (Date.now() - start < LONG) setTimeout(look, LOOK);
  };
  look();
};

export const show = (subject: Subject): void => {
  if (!isAsked) {
    showAsEver(subject);
    return;
  }
  isAsked = false;
  const text = JSON.stringify(reportOf(subject));
  if (text === told && Date.now() - toldAt < TELL) return;
  told = text;
  toldAt = Date.now();
  void tell(subject.setup.collector, text);
};

export const showTrial = (trial: Trial, read: () => InspectedRow): void => {
  if (!ours.has(trial.source)) showTrialAsEver(trial, read);
};
