import { createJar } from "../browser/cookie";
import { random } from "../browser/random";
import { safe } from "../browser/safe";
import { isOver, nextSession, type Session, sessionFromText, sessionToText } from "../session/session";
import type { Visit } from "../view/visit";

/**
 * Two cookies. `calljoin` starts with the context_id and is written when a session starts, and then left alone: Safari keeps what
 * a script has written for 7 days only, and the collector's Set-Cookie, once a session, must be the last to write it.
 * `calljoin_s` holds what changes with each view.
 */
const VISITOR = "calljoin";
const SESSION = "calljoin_s";

export interface Visitor {
  /** A new view, started at `at` (ms): makes the visitor and the session where there is none. */
  _enter(at: number): Visit;
  /** Activity. True while the view's session goes on; false when it has ended, or another tab has started the next. */
  _touch(sessionId: string): boolean;
  _forget(): void;
  /** The domain for which the collector should set the cookie again in this session, if any. */
  _refresh: string | undefined;
  /** Whether the browser keeps our cookie; false means that the id lives in this page's memory only. */
  _held: boolean | undefined;
  /** The domain that the cookie is on, where it is not on the host alone. */
  _domain(): string | undefined;
}

const mint = (): string => `${random(11)}-0${Date.now().toString(36).padStart(8, "0")}-${random(7)}`;

export const createVisitor = (): Visitor => {
  // No cookie is tried before there is something to keep: consent comes first.
  let jar: ReturnType<typeof createJar> | undefined;
  let contextId: string | undefined;
  let sessions = 0;
  let earlierViews = 0; // before this session
  let session: Session | undefined;

  const read = (name: string) => jar?._read(name);
  const write = (name: string, value: string) => visitor._held !== false && jar?._write(name, value);

  /** Takes over what the cookies say: another tab may have moved on since. */
  const load = () => {
    jar = jar || safe(createJar)();
    const found = /^([0-9a-z]{11}-0[0-9a-z]{8}-[0-9a-z]{7})(?:\.(\d+)\.(\d+))?/.exec(read(VISITOR) || "");
    if (found) {
      if (contextId !== found[1]) session = undefined;
      contextId = found[1];
      sessions = Number(found[2] || 0);
      earlierViews = Number(found[3] || 0);
      session = sessionFromText(read(SESSION)) || session;
      visitor._held = true;
    } else if (contextId) {
      // Someone has deleted it. A new id each time would be a storm of visitors: this one stays, in memory.
      visitor._held = false;
    }
  };

  const startSession = (at: number) => {
    if (!contextId) contextId = mint();
    sessions++;
    earlierViews += session ? session._views : 0;
    session = nextSession(session, at);
    const value = [contextId, sessions, earlierViews].join(".");
    write(VISITOR, value);
    if (visitor._held !== false) visitor._held = read(VISITOR) === value;
    visitor._refresh = visitor._held ? jar?._domain : undefined;
    return session;
  };

  const visitor: Visitor = {
    _domain: () => jar?._domain,
    _refresh: undefined,
    _held: undefined,
    _enter(at) {
      const now = Date.now();
      load();
      const current = session && !isOver(session, now) && contextId ? session : startSession(at);
      current._active = now;
      current._views++;
      write(SESSION, sessionToText(current));
      return {
        _contextId: contextId as string,
        _sessionId: current._id,
        _number: earlierViews + current._views,
        _sessionNumber: sessions,
        _sessionViewNumber: current._views,
        _sessionAt: current._at,
      };
    },
    _touch(sessionId) {
      const now = Date.now();
      load();
      if (!session || session._id !== sessionId || isOver(session, now)) return false;
      session._active = now;
      write(SESSION, sessionToText(session));
      return true;
    },
    _forget() {
      jar = jar || safe(createJar)();
      jar?._remove(VISITOR);
      jar?._remove(SESSION);
      contextId = session = visitor._held = visitor._refresh = undefined;
      sessions = earlierViews = 0;
    },
  };
  return visitor;
};
