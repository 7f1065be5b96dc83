import type { Calljoin } from "./boot/api";
import type { Subject } from "./boot/inspect";
import type { EntityRow } from "./entity/row";

const HEAD = "font-weight:bold;color:#fff;background:#3b5bdb;border-radius:3px;padding:1px 6px";
const LABEL = "color:#868e96";
const TONES: Record<string, string> = {
  sent: "color:#2f9e44",
  granted: "color:#2f9e44",
  queued: "color:#1c7ed6",
  pending: "color:#e8590c",
  error: "color:#e03131;font-weight:bold",
  denied: "color:#e03131;font-weight:bold",
};
const toneOf = (word: string): string => TONES[word] ?? "color:inherit";

/** One line of the panel: a label, what is said of it, and the tone in which it is said. */
type Line = [label: string, text: string, tone?: string];

const say = ([label, text, tone = "color:inherit"]: Line): void =>
  console.log(`%c${label.padEnd(9)}%c ${text}`, LABEL, tone);

/** A collector's answer says more than its status where it refused something. */
const answerOf = (answer: string): Line[] => {
  if (!answer) return [["answer", "none yet"]];
  const isGood = /^2/.test(answer) && !/"rejected":\[\{/.test(answer);
  return [["answer", answer.trim(), isGood ? toneOf("sent") : toneOf("error")]];
};

const identityOf = (api: Calljoin, isCookieHeld: boolean | undefined): Line[] => [
  ["context", api.contextId ?? "–", "font-weight:bold"],
  ["session", api.sessionId ?? "–"],
  ["view", `${api.viewId ?? "–"}  ${location.href}`],
  isCookieHeld === false
    ? ["cookie", "not kept by this browser, or deleted: the id lives in this page only", toneOf("error")]
    : ["cookie", isCookieHeld ? "kept" : "none yet"],
];

const queueOf = (queued: number, dropped: number, failures: number): Line => {
  const parts = [`${queued} waiting`, `${dropped} given up`];
  if (failures) parts.push(`${failures} failed attempts in a row`);
  return ["queue", parts.join(", "), dropped || failures ? toneOf("error") : undefined];
};

const entityLine = ({ name, value, status, error }: EntityRow): void => {
  const shown = value === null ? "" : JSON.stringify(value);
  console.log(`%c${status.padEnd(9)}%c ${name} %c${shown} ${error ?? ""}`, toneOf(status), "font-weight:bold", LABEL);
};

const panel = ({ api, report }: Subject): void => {
  const [consent, isCookieHeld, faults, queued, dropped, failures, lastAnswer] = report();
  const rows = api.entities();
  console.groupCollapsed(`%ccalljoin%c ${rows.length} entities, consent ${consent}, ${queued} in the queue`, HEAD, "");
  for (const line of identityOf(api, isCookieHeld)) say(line);
  say(["consent", consent, toneOf(consent)]);
  say(queueOf(queued, dropped, failures));
  for (const line of answerOf(lastAnswer)) say(line);
  for (const fault of faults) console.log("%cfault    ", toneOf("error"), fault);
  console.table(Object.fromEntries(rows.map(({ name, ...row }) => [name, row])));
  console.groupEnd();
};

const watched = new WeakSet<Calljoin>();

/** Each view and each value from now on, as it comes. */
const watch = (api: Calljoin): void => {
  if (watched.has(api)) return;
  watched.add(api);
  api.on("view", () => console.log(`%ccalljoin%c view ${api.viewId} ${location.href}`, HEAD, ""));
  api.on("entity", entityLine);
};

/** Shows identity, consent, queue and entities in the console; a live subject goes on to show what happens. */
export const show = (subject: Subject): void => {
  panel(subject);
  if (subject.isLive) watch(subject.api);
};
