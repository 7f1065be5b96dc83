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
const save = safe((isNew?: boolean) => {
  if (isLost) return;
  writeCookie(SESSION_COOKIE, sessionToText(visit));
  if (!isNew) return;
  writeCookie(COOKIE, visitorToText(visit));
  isLost = cookieDomain === undefined;
  if (cookieDomain && `.${setup.collector.split(/[:/]+/)[1]}`.endsWith(`.${cookieDomain}`))
    ask(`?cookie_domain=${cookieDomain}`);
});

/**
 * Activity since `at` (ms), and a view, where there is a claim that the cookies do not hold: makes the visitor and the session where there is
 * none. `own` is what this returned for the claim before, and returns again where all tabs have seen it: no other has written the cookies since,
 * or so much has come since that the claim is forgotten. Else the cookies are written once more, unless they agree: Firefox has some for each
 * process, and two that write in one moment may each see the other's text and never their own.
 */
export const enter = (at: number, claim?: string, own?: Visit): Visit => {
  load();
  const before = visit;
  const number = claim && numberOf(before, claim);
  const isOther = own && own._contextId !== before._contextId;
  if (own) {
    if (before._startedAt > own._activeAt + MOMENT || before._views - own._views >= CLAIMS) return own;
    if (!isOther && number && number === numberOf(own, claim)) return before._claims === own._claims ? own : before;
  }
  visit = nextVisit(before, at, number ? "" : claim);
  save(isOther || before._sessions !== visit._sessions);
  return visit;
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
