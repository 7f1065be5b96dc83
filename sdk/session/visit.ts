import { random } from "../browser/random";

const IDLE = 30 * 60e3;
const LONGEST = 24 * 3600e3;
/** The collector knows one clock for each session, and takes up to 10 s for delay: a clock set back by more starts a session. */
const SET_BACK = 10e3;

/** Who visits, for which time: what all tabs share by the cookie. Times in epoch ms. */
export interface Visit {
  _contextId: string;
  /** The visitor's sessions, this one included. */
  _sessions: number;
  /** The visitor's views before this session. */
  _earlierViews: number;
  _sessionId: string;
  _startedAt: number;
  _activeAt: number;
  /** The session's views. */
  _views: number;
  /** The next session's id, made ahead: two tabs that wake together after the end both start the same one. */
  _nextId: string;
}

/** Whether the session has ended: 30 min idle, 24 h in all, the clock set back, or nothing known of it (NaN compares as false). */
export const isOver = ({ _startedAt, _activeAt }: Visit, now: number): boolean => {
  const idle = now - _activeAt;
  return !(idle > -SET_BACK && idle < IDLE && now - _startedAt < LONGEST);
};

const mint = (): string => `${random(11)}-0${Date.now().toString(36).padStart(8, "0")}-${random(7)}`;

/** The visitor's next session; without an earlier visit also the visitor is new. */
export const nextSession = (last: Visit | undefined, startedAt: number): Visit => ({
  _contextId: last ? last._contextId : mint(),
  _sessions: last ? last._sessions + 1 : 1,
  _earlierViews: last ? last._earlierViews + last._views : 0,
  _sessionId: last?._nextId || random(10),
  _startedAt: startedAt,
  _activeAt: startedAt,
  _views: 0,
  _nextId: random(10),
});

/** The parts of the cookie's text, which are joined by dots: first three of the visitor, then five of the session. */
export const toParts = (visit: Visit): (string | number)[] => Object.values(visit);

/** Reads the cookie's text; what is missing after the context_id counts as an ended session. */
export const fromText = (text: string): Visit | undefined => {
  if (!/^[0-9a-z]{11}-0[0-9a-z]{8}-[0-9a-z]{7}(\.|$)/.test(text)) return;
  const [_contextId = "", sessions, earlierViews, _sessionId = "", startedAt, activeAt, views, _nextId = ""] =
    text.split(".");
  return {
    _contextId,
    _sessions: Number(sessions) || 0,
    _earlierViews: Number(earlierViews) || 0,
    _sessionId,
    _startedAt: Number(startedAt),
    _activeAt: Number(activeAt),
    _views: Number(views) || 0,
    _nextId,
  };
};
