import type { Subject, Trial } from "./boot/api";
import type { EntityRow, InspectedRow } from "./entity/row";

const HEAD = "font-weight:bold;color:#fff;background:#3b5bdb;border-radius:3px;padding:1px 6px";
const LABEL = "color:#868e96";
const PLAIN = "color:inherit";
const GOOD = "color:#2f9e44";
const BAD = "color:#e03131;font-weight:bold";
const TONES: Record<string, string> = {
  sent: GOOD,
  granted: GOOD,
  queued: "color:#1c7ed6",
  pending: "color:#e8590c",
  error: BAD,
  rejected: BAD,
  given_up: BAD,
  denied: BAD,
};
const toneOf = (word: string): string => TONES[word] ?? PLAIN;

/** How long a function that is tried is followed, and how often it is read, ms. */
const TRIED_FOR = 10_000;
const TRIED_EVERY = 500;

/** One line of the panel: a label, what is said of it, and the tone in which it is said. */
type Line = [label: string, text: string, tone?: string];

const say = ([label, text, tone = PLAIN]: Line): void => console.log(`%c${label.padEnd(9)}%c ${text}`, LABEL, tone);

const siteOf = ({ api, setup: { site, version, collector } }: Subject): Line[] => {
  const lines: Line[] = [
    ["site", `${site}, ${version === undefined ? "started by a bundle" : `document version ${version}`}`],
    ["collector", collector],
  ];
  if (api.ignored.length > 0) lines.push(["ignored", `second tags in this page: ${api.ignored.join(", ")}`, BAD]);
  return lines;
};

const identityOf = ({ api, isLost }: Subject): Line[] => [
  ["context", api.contextId ?? "–", "font-weight:bold"],
  ["session", api.sessionId ?? "–"],
  ["view", `${api.viewId ?? "–"}  ${location.href}`],
  isLost
    ? ["cookie", "not kept by this browser, or deleted: the id lives in this page only", BAD]
    : ["cookie", api.contextId ? "kept" : "none yet"],
];

/** Whether it is Global Privacy Control that denies. */
export const isRefused = ({ setup }: Subject): boolean =>
  setup.gpc && !!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl;

/** Why consent is what it is. */
const reasonOf = (subject: Subject): string => {
  const { consent, setup } = subject;
  if (isRefused(subject)) return "Global Privacy Control is on";
  const isRequired = setup.consent === "pending";
  if (consent === "pending") return "the site requires it, and the page has not told the visitor's answer";
  return consent === "granted" && !isRequired
    ? "the site does not require it"
    : "the page has told the visitor's answer";
};

/** What a shell takes for one word. */
const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const queueOf = ({ queue: { queued, dropped, failures, answer, body }, setup }: Subject): Line[] => {
  const parts = [`${queued} waiting`, `${dropped} given up`];
  if (failures > 0) parts.push(`${failures} failed attempts in a row`);
  const isGood = /^2/.test(answer) && !/"rejected":\[\{/.test(answer);
  const lines: Line[] = [
    ["queue", parts.join(", "), dropped > 0 || failures > 0 ? BAD : PLAIN],
    answer ? ["answer", answer.trim(), isGood ? GOOD : BAD] : ["answer", "none yet"],
  ];
  // The same again is a duplicate for the collector, and does no harm.
  if (body)
    lines.push([
      "as curl",
      `curl -i ${setup.collector}/v1/snapshots -H 'content-type: text/plain' -d ${shellWord(body)}`,
    ]);
  return lines;
};

const tableOf = (rows: InspectedRow[]): object =>
  Object.fromEntries(
    rows.map(({ name, changed_at, stack, ...row }) => [
      name,
      { ...row, changed_at: changed_at === null ? null : new Date(changed_at).toLocaleTimeString() },
    ]),
  );

const panel = (subject: Subject, rows: InspectedRow[]): void => {
  const { consent, queue, fault } = subject;
  console.groupCollapsed(
    `%ccalljoin%c ${rows.length} entities, consent ${consent}, ${queue.queued} in the queue`,
    HEAD,
    "",
  );
  for (const line of [...siteOf(subject), ...identityOf(subject)]) say(line);
  say(["consent", `${consent}: ${reasonOf(subject)}`, toneOf(consent)]);
  for (const line of queueOf(subject)) say(line);
  if (fault) console.log("%cfault    ", BAD, fault);
  console.table(tableOf(rows));
  for (const { name, stack } of rows) if (stack) console.log(`%c${name}%c ${stack}`, BAD, PLAIN);
  console.groupEnd();
};

const entityLine = ({ name, value, status, error }: EntityRow): void => {
  const shown = value === null ? "" : JSON.stringify(value);
  console.log(`%c${status.padEnd(9)}%c ${name} %c${shown} ${error ?? ""}`, toneOf(status), "font-weight:bold", LABEL);
};

const triedLine = ({ value, error, why, bytes, cut }: InspectedRow): string => {
  if (error) return error;
  if (value === null) return `empty: ${why}`;
  return `${JSON.stringify(value)}, ${bytes} bytes${cut ? ", cut" : ""}`;
};

/** Follows what is tried for a while, and shows each change. */
const follow = (read: () => InspectedRow, first: string): void => {
  let last = first;
  const start = Date.now();
  const timer = setInterval(() => {
    const line = triedLine(read());
    if (line !== last) say([`+${((Date.now() - start) / 1000).toFixed(1)} s`, line]);
    last = line;
    if (Date.now() - start < TRIED_FOR) return;
    clearInterval(timer);
    say(["tried", "for 10 s"]);
  }, TRIED_EVERY);
};

/** Shows what would be stored of what is tried, with the entity to paste into the site document, and each change of it for a while. */
export const showTrial = ({ entity, ...row }: Trial, read: () => InspectedRow): void => {
  console.log(`%ccalljoin%c would be stored: ${triedLine(row)}`, HEAD, "");
  if (row.stack) console.log(row.stack);
  say(["entity", JSON.stringify(entity, null, 2)]);
  follow(read, triedLine(row));
};

/** Shows site, identity, consent, queue and entities in the console. */
export const show = (subject: Subject): void => panel(subject, subject.rows);

/** The same, and from now on each view and each value as it comes. */
export const watch = (subject: Subject): void => {
  show(subject);
  const { api } = subject;
  api.on("view", () => console.log(`%ccalljoin%c view ${api.viewId} ${location.href}`, HEAD, ""));
  api.on("entity", entityLine);
};
