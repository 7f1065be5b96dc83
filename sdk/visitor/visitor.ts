import { cookieDomain, readCookie, removeCookie, writeCookie } from "../browser/cookie";
import { safe } from "../browser/safe";
import { nextVisit, type Visit, visitFrom } from "../session/visit";
import { collectorUrl } from "../setup";
import { ask } from "../transport/transport";

const COOKIE = "calljoin";
/** See `save`. */
const SESSION_COOKIE = "calljoin_s";
/** So many of a visit's parts are the visitor's. */
const VISITOR_PARTS = 3;

let visit: Visit | undefined;

/** Whether the browser keeps our cookie; false means that the id lives in this page's memory only. */
export let isHeld: boolean | undefined;

/** Takes over what the cookies say: another tab may have moved on since. */
const load = safe(() => {
  const found = isHeld !== false && visitFrom(`${readCookie(COOKIE)}.${readCookie(SESSION_COOKIE)}`);
  if (found) {
    // A session's cookie that someone deletes must not make session after session.
    if (found[1] || found[0] !== visit?.[0]) visit = found;
    isHeld = true;
  } else if (visit) {
    // Someone has deleted it. A new id each time would be a storm of visitors: this one stays, in memory.
    isHeld = false;
  }
});

/**
 * One cookie; two where the collector is on the same site: Safari keeps what a script has written for 7 days only, so that the
 * collector's Set-Cookie, once in a session, must be the last to write `calljoin`. What changes in a session is then in a second one.
 */
const save = safe(([...parts]: Visit, isNew: boolean) => {
  if (isHeld === false) return;
  const domain = cookieDomain();
  const isSameSite = domain && `.${collectorUrl("").hostname}`.endsWith(`.${domain}`);
  if (isSameSite) writeCookie(SESSION_COOKIE, parts.splice(VISITOR_PARTS).join("."));
  const text = parts.join(".");
  if (isNew || !isSameSite) writeCookie(COOKIE, text);
  if (isNew) {
    isHeld = readCookie(COOKIE) === text;
    if (isSameSite && isHeld) ask(`?cookie_domain=${domain}`);
  }
});

/** Activity, and so many new views, since `at` (ms): makes the visitor and the session where there is none. */
export const enter = (at: number, newViews: number): Visit => {
  load();
  const last = visit;
  visit = nextVisit(last, at, newViews);
  save(visit, last?.[1] !== visit[1]);
  return visit;
};

export const forget = safe(() => {
  visit = isHeld = undefined;
  removeCookie(COOKIE, null);
  removeCookie(SESSION_COOKIE, null);
});
