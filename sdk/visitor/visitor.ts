import { cookieDomain, readCookie, removeCookie, writeCookie } from "../browser/cookie";
import { safe } from "../browser/safe";
import { CLAIMS, nextVisit, numberOf, sessionToText, type Visit, visitFrom, visitorToText } from "../session/visit";
import { setup } from "../setup";
import { ask } from "../transport/transport";

const COOKIE = "calljoin";
/** Holds what changes during a session; see `save`. */
const SESSION_COOKIE = "calljoin_s";

/** What two tabs do within this time (ms) may have happened at once. */
const MOMENT = 1000;

let visit = visitFrom();

/** True if the browser has not kept our cookie. The id then lives only in this page's memory. */
export let isLost = false;

/** Takes over what the cookies say, because another tab may have changed them. */
const load = safe(() => {
  if (isLost) return;
  const found = visitFrom(readCookie(COOKIE), readCookie(SESSION_COOKIE));
  // Someone has deleted the cookie. A new id each time would make a storm of visitors, so this id stays in memory.
  if (visit._contextId && !found._contextId) isLost = true;
  // If someone keeps deleting the session's cookie, that must not start session after session.
  else if (found._key || found._contextId !== visit._contextId) visit = found;
});

/**
 * There are two cookies because Safari keeps what a script has written for only 7 days
 * (https://webkit.org/blog/8613/intelligent-tracking-prevention-2-1/). So a collector on the same site writes
 * `calljoin` again with Set-Cookie, once in a session, and must be the last to do so. What changes during a session has
 * its own cookie.
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
 * Notes activity since `at` (ms), and a new view if the cookies do not hold its claim. If there is no visitor or no
 * session, it makes one. `own` is what this function returned for the same claim before. It is returned again once the
 * place is certain: no other tab has written the cookies since, or so much has happened since that the claim is gone
 * from them. Otherwise the cookies are written once more, unless they agree. Firefox has cookies for each process: two
 * processes that write at the same moment may each see the other's text and never their own.
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

/** Forgets a visitor whom the collector has erased, unless another tab has already done so. */
export const forgetErased = (contextId: string): void => {
  load();
  if (visit._contextId === contextId) forget();
};
