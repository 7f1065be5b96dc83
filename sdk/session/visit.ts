import { now } from "../browser/page";
import { random } from "../browser/random";

/** A session ends after this long without activity, in ms. */
export const IDLE = 30 * 60e3;
const LONGEST = 24 * 3600e3;
/**
 * The collector assumes one clock for each session, and takes up to 10 s for delay. So a clock that is set back by more
 * starts a new session.
 */
const SET_BACK = 10e3;

/** How many characters of a view's id make its claim to a number. */
export const CLAIM = 4;
/** How many of a session's newest claims are kept. */
export const CLAIMS = 6;

/**
 * The visitor and the session, which all tabs share through the cookies. Times are in epoch ms. What no cookie says is
 * empty or 0. That is the session's part if a browser or a cleaner has kept only the visitor's cookie.
 */
export interface Visit {
  /** The visitor's. */
  _contextId: string;
  /** The visitor's sessions, this one included. */
  _sessions: number;
  /** The visitor's views before this session. */
  _earlierViews: number;
  /** The session's id is made of this and the context_id. No two sessions of a visitor have the same key. */
  _key: string;
  _startedAt: number;
  _activeAt: number;
  /** The session's views. */
  _views: number;
  /** The claims of its newest views, one after the other. If one is missing, another tab has overwritten it. */
  _claims: string;
}

export const sessionIdOf = (visit: Visit): string => visit._contextId.slice(0, 6) + visit._key;

/** The number in the session of the view with this claim, from 1. It is 0 if another tab has overwritten the claim. */
export const numberOf = ({ _claims, _views }: Visit, claim: string): number => {
  const later = _claims.split(claim)[1];
  return later === undefined ? 0 : _views - later.length / CLAIM;
};

/** Eight digits of base 36 hold the time from 1972 to 2059. */
const mint = (): string => `${random(11)}-0${now().toString(36)}-${random(7)}`;

/**
 * The visit after some activity, and after a new view if there is a claim. It stays in the same session, or starts the
 * next one: after 30 idle min, after 24 h in all, or if the clock was set back. The next session's key is the moment at
 * which the last one ended, so that two tabs that wake together start the same session without a lock. If no earlier
 * session is known, the key is the current moment. No earlier session has either of these keys.
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

/** The text of the visitor's cookie, which changes only with the session, and that of the session's cookie. */
export const visitorToText = (visit: Visit): string => `${visit._contextId}.${visit._sessions}.${visit._earlierViews}`;
export const sessionToText = (visit: Visit): string =>
  `${visit._key}.${visit._startedAt}.${visit._activeAt}.${visit._views}.${visit._claims}`;

const KNOWN = /^[0-9a-z]{11}-0[0-9a-z]{8}-[0-9a-z]{7}(\.|$)/;

/** A split text always has a first part. */
type Parts = [string, ...(string | undefined)[]];

/**
 * Reads the two cookies. A session without its visitor is ignored: another tab or a cleaner has removed one cookie, and
 * not yet the other.
 */
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
