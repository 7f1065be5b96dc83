import { createJar, type Jar } from "../browser/cookie";
import { safe } from "../browser/safe";
import { fromText, isOver, nextSession, toParts, type Visit } from "../session/visit";

const COOKIE = "calljoin";
/** See `save`. */
const SESSION_COOKIE = "calljoin_s";
/** So many of a visit's parts are the visitor's, and change only with the session. */
const VISITOR_PARTS = 3;

export interface Visitor {
  /** Whether the visitor has a cookie. */
  _isKnown(): boolean;
  /** A new view, started at `at` (ms): makes the visitor and the session where there is none. */
  _enter(at: number): Visit;
  /** Activity. True while this session goes on; false when it has ended, or another tab has started the next. */
  _touch(sessionId: string): boolean;
  _forget(): void;
  /** The domain on which a collector of the same site should set the cookie again in this session, if any. */
  _refresh: string | undefined;
  /** Whether the browser keeps our cookie; false means that the id lives in this page's memory only. */
  _held: boolean | undefined;
}

export const createVisitor = (collectorHost: string): Visitor => {
  // Where even reading cookies is an error (a sandboxed frame), there is no jar.
  const jar: Jar | undefined = safe(createJar)();
  let visit: Visit | undefined;

  /** Takes over what the cookies say: another tab may have moved on since. */
  const load = () => {
    if (!jar || visitor._held === false) return;
    const found = fromText(`${jar._read(COOKIE)}.${jar._read(SESSION_COOKIE)}`);
    if (found) {
      // A session's cookie that someone deletes must not make session after session.
      if (found._nextId || found._contextId !== visit?._contextId) visit = found;
      visitor._held = true;
    } else if (visit) {
      // Someone has deleted it. A new id each time would be a storm of visitors: this one stays, in memory.
      visitor._held = false;
    }
  };

  /**
   * One cookie; two where the collector is on the same site: Safari keeps what a script has written for 7 days only, so that the
   * collector's Set-Cookie, once in a session, must be the last to write `calljoin`. What changes in a session is then in a second one.
   */
  const save = (isNew: boolean) => {
    if (!jar || !visit || visitor._held === false) return;
    const parts = toParts(visit);
    const domain = jar._domain();
    const isSameSite = domain && `.${collectorHost}`.endsWith(`.${domain}`);
    const text = parts.splice(0, isSameSite ? VISITOR_PARTS : parts.length).join(".");
    if (isNew || !isSameSite) jar._write(COOKIE, text);
    if (isSameSite) jar._write(SESSION_COOKIE, parts.join("."));
    if (isNew) {
      visitor._held = jar._read(COOKIE) === text;
      if (isSameSite && visitor._held) visitor._refresh = domain;
    }
  };

  const visitor: Visitor = {
    _isKnown: () => !!jar?._read(COOKIE),
    _refresh: undefined,
    _held: undefined,
    _enter(at) {
      const now = Date.now();
      load();
      const isNew = !visit || isOver(visit, now);
      const current = visit && !isNew ? visit : nextSession(visit, at);
      visit = { ...current, _activeAt: now, _views: current._views + 1 };
      save(isNew);
      return visit;
    },
    _touch(sessionId) {
      const now = Date.now();
      load();
      if (!visit || visit._sessionId !== sessionId || isOver(visit, now)) return false;
      visit = { ...visit, _activeAt: now };
      save(false);
      return true;
    },
    _forget() {
      jar?._remove(COOKIE);
      jar?._remove(SESSION_COOKIE);
      visit = visitor._held = visitor._refresh = undefined;
    },
  };
  return visitor;
};
