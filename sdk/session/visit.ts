import { random } from "../browser/random";

const IDLE = 30 * 60e3;
const LONGEST = 24 * 3600e3;
/** The collector knows one clock for each session, and takes up to 10 s for delay: a clock set back by more starts a session. */
const SET_BACK = 10e3;

type Count = number | string;

/**
 * Who visits, for which time: what all tabs share by the cookie, in the cookie's order, with numbers as they were read. Times in epoch ms.
 * The first three are the visitor's, and change only with the session. Undefined is what a cookie did not say.
 */
export type Visit = [
  contextId: string,
  /** The visitor's sessions, this one included. */
  sessions?: Count,
  /** The visitor's views before this session. */
  earlierViews?: Count,
  startedAt?: Count,
  activeAt?: Count,
  /** The session's views. */
  views?: Count,
];

/** Made of the visitor's id and the session's number: two tabs that wake together after the end so start the same session. */
export const sessionIdOf = ([contextId, sessions]: Visit): string => contextId.slice(0, 9) + sessions;

/** Whether the session has ended: 30 min idle, 24 h in all, the clock set back, or nothing known of it (NaN compares as false). */
const isOver = ([, , , startedAt, activeAt]: Visit, now: number): boolean => {
  const idle = now - +(activeAt as Count);
  return !(idle > -SET_BACK && idle < IDLE && now - +(startedAt as Count) < LONGEST);
};

/** Eight digits of base 36 hold the time from 1972 to 2059. */
const mint = (): string => `${random(11)}-0${Date.now().toString(36)}-${random(7)}`;

/** The visit as activity, and so many new views, leave it: the same session or the next; without an earlier visit the visitor is new. */
export const nextVisit = (last: Visit | undefined, startedAt: number, newViews: number): Visit => {
  const now = Date.now();
  const [contextId = mint(), sessions = 0, earlierViews = 0, since, , views = 0] = last || [];
  return last && !isOver(last, now)
    ? [contextId, sessions, earlierViews, since, now, +views + newViews]
    : [contextId, +sessions + 1, +earlierViews + +views, startedAt, now, newViews];
};

/** Reads the cookie's text. */
export const visitFrom = (text: string): Visit | undefined => {
  const [, ...visit] =
    /^([0-9a-z]{11}-0[0-9a-z]{8}-[0-9a-z]{7})(?:\.(\d+)\.(\d+)\.(\d+)\.(\d+)\.(\d+))?/.exec(text) || [];
  return visit[0] ? (visit as Visit) : undefined;
};
