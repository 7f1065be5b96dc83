import { now } from "../browser/page";
import { random } from "../browser/random";

/** Without activity for so long a session has ended. */
export const IDLE = 30 * 60e3;
const LONGEST = 24 * 3600e3;
/** The collector knows one clock for each session, and takes up to 10 s for delay: a clock set back by more starts a session. */
const SET_BACK = 10e3;

/** A view's claim to its number: so many characters of its id. */
export const CLAIM = 4;
/** So many of a session's newest claims are kept. */
export const CLAIMS = 6;

/**
 * Who visits, for which time: what all tabs share by the cookies. Times in epoch ms. What a cookie does not say is empty or 0: the session's
 * part where a browser, or a cleaner, has kept the visitor's cookie longer.
 */
export interface Visit {
  /** The visitor's. */
  _contextId: string;
  /** The visitor's sessions, this one included. */
  _sessions: number;
  /** The visitor's views before this session. */
  _earlierViews: number;
  /** What the session's id is made of, beside the visitor's: no two sessions of a visitor have the same. */
  _key: string;
  _startedAt: number;
  _activeAt: number;
  /** The session's views. */
  _views: number;
  /** Its newest views' claims, one after the other: whose is not there was overwritten by another tab in the same moment. */
  _claims: string;
}

export const sessionIdOf = (visit: Visit): string => visit._contextId.slice(0, 6) + visit._key;

/** The number in the session of the view with this claim, counting from 1; 0 where another tab has overwritten it. */
export const numberOf = ({ _claims, _views }: Visit, claim: string): number => {
  const later = _claims.split(claim)[1];
  return later === undefined ? 0 : _views - later.length / CLAIM;
};

/** Eight digits of base 36 hold the time from 1972 to 2059. */
const mint = (): string => `${random(11)}-0${now().toString(36)}-${random(7)}`;

/**
 * The visit as activity leaves it, and a new view, where there is a claim: the same session or, after 30 idle min, after 24 h in all or where
 * the clock was set back, the next. The next session's key is the moment at which the last one ended, so that two tabs that wake together
 * start the same one without a lock; where no session is known to have been, it is this moment: in both cases one that no earlier session has.
 */
export const nextVisit = (last: Visit, _startedAt: number, claim = ""): Visit => {
  const _activeAt = now();
  const idle = _activeAt - last._activeAt;
  const more = claim ? 1 : 0;
  return idle > -SET_BACK && idle < IDLE && _activeAt - last._startedAt < LONGEST
    ? { ...last, _activeAt, _views: last._views + more, _claims: (last._claims + claim).slice(-CLAIMS * CLAIM) }
    : {
        _contextId: last._contextId || mint(),
        _sessions: last._sessions + 1,
        _earlierViews: last._earlierViews + last._views,
        _key: (last._activeAt ? last._activeAt + IDLE : _activeAt).toString(36),
        _startedAt,
        _activeAt,
        _views: more,
        _claims: claim,
      };
};

/** The visitor's cookie, which changes with the session only; and the session's. */
export const visitorToText = (visit: Visit): string => `${visit._contextId}.${visit._sessions}.${visit._earlierViews}`;
export const sessionToText = (visit: Visit): string =>
  `${visit._key}.${visit._startedAt}.${visit._activeAt}.${visit._views}.${visit._claims}`;

const KNOWN = /^[0-9a-z]{11}-0[0-9a-z]{8}-[0-9a-z]{7}(\.|$)/;

/** Of a text there is always a first part. */
type Parts = [string, ...(string | undefined)[]];

/** Reads the two cookies. A session without its visitor is nobody's: another tab, or a cleaner, has removed the one and not yet the other. */
export const visitFrom = (visitor = "", session = ""): Visit => {
  if (!KNOWN.test(visitor)) visitor = session = "";
  const [_contextId, sessions, earlierViews] = visitor.split(".") as Parts;
  const [_key, startedAt, activeAt, views, _claims = ""] = session.split(".") as Parts;
  const number = (text?: string): number => +(text as string) || 0;
  return {
    _contextId,
    _sessions: number(sessions),
    _earlierViews: number(earlierViews),
    _key,
    _startedAt: number(startedAt),
    _activeAt: number(activeAt),
    _views: number(views),
    _claims,
  };
};
