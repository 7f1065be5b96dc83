import { cookieDomain, readCookie, removeCookie, writeCookie } from "../browser/cookie";
import { safe } from "../browser/safe";
import { CLAIMS, nextVisit, numberOf, sessionToText, type Visit, visitFrom, visitorToText } from "../session/visit";
import { setup } from "../setup";
import { ask } from "../transport/transport";

const COOKIE = "calljoin";
/** What changes in a session; see `save`. */
const SESSION_COOKIE = "calljoin_s";

/** What two tabs do within this time may have crossed, ms. */
const MOMENT = 1000;

let visit = visitFrom();

/** Whether the browser has not kept our cookie: the id lives in this page's memory only. */
export let isLost = false;

/** Takes over what the cookies say: another tab may have moved on since. */
const load = safe(() => {
  if (isLost) return;
  const found = visitFrom(readCookie(COOKIE), readCookie(SESSION_COOKIE));
  // Someone has deleted it. A new id each time would be a storm of visitors: this one stays, in memory.
  if (visit._contextId && !found._contextId) isLost = true;
  // A session's cookie that someone deletes must not make session after session.
  else if (found._key || found._contextId !== visit._contextId) visit = found;
});

/**
 * Two cookies: Safari keeps what a script has written for 7 days only, so that a collector on the same site writes `calljoin` again by
 * Set-Cookie, once in a session, and must be the last to do so
 * (https://webkit.org/blog/8613/intelligent-tracking-prevention-2-1/). What changes in a session is in one of its own.
 */
const save = safe((isNew: boolean) => {
  if (isLost) return;
  writeCookie(SESSION_COOKIE, sessionToText(visit));
  if (!isNew) return;
  writeCookie(COOKIE, visitorToText(visit));
  isLost = cookieDomain === undefined;
  if (cookieDomain && `.${setup.collector.split(/[:/]+/)[1]}`.endsWith(`.${cookieDomain}`))
    ask(`?cookie_domain=${cookieDomain}`);
});

/** Activity since `at` (ms), and a new view, where there is a claim: makes the visitor and the session where there is none. */
export const enter = (at: number, claim?: string): Visit => {
  load();
  const before = visit;
  visit = nextVisit(before, at, claim);
  save(before._sessions !== visit._sessions);
  return visit;
};

/**
 * The visit as the cookies have it now; undefined where another tab has overwritten a view's claim to its number in the same moment. `own` is
 * the visit that the claim was made in: it stays where a later session has begun since, or where so many views have that a claim is forgotten.
 */
export const confirm = (own: Visit, claim: string): Visit | undefined => {
  load();
  const isLater = visit._startedAt > own._activeAt + MOMENT || visit._views - own._views >= CLAIMS;
  if (isLost || isLater) return own;
  return numberOf(visit, claim) ? visit : undefined;
};

export const forget = safe(() => {
  visit = visitFrom();
  isLost = false;
  removeCookie(COOKIE);
  removeCookie(SESSION_COOKIE);
});

/** Forgets a visitor whom the collector has erased, were another tab not quicker. */
export const forgetErased = (contextId: string): void => {
  load();
  if (visit._contextId === contextId) forget();
};
