import { faults, safe } from "../browser/safe";
import { createEntity } from "../entity/entity";
import type { SiteSetup } from "../entity/setup";
import { createQueue } from "../queue/queue";
import { createStorage } from "../queue/storage";
import { createLife } from "../view/life";
import { createConsent } from "../visitor/consent";
import { createVisitor } from "../visitor/visitor";
import type { Calljoin } from "./api";
import { createEvents } from "./events";
import { inspect, type Subject } from "./inspect";
import { toRow } from "./rows";

declare global {
  interface Window {
    calljoin?: Calljoin | ((api: Calljoin) => void)[];
  }
}

/**
 * Starts the SDK, once in a page: a second call answers with the first one's api.
 * `base` is a URL one folder below the collector's root, as the insertion script's own is.
 */
export const start = (setup: SiteSetup, base: string): Calljoin => {
  const before = window.calljoin;
  if (before && "contextId" in before) return before;

  const url = new URL("../v1/snapshots", base);
  const visitor = createVisitor(url.hostname);
  const consent = createConsent(setup.consent === "required" && !visitor._isKnown(), setup.gpc);
  const { on, emit } = createEvents();
  const queue = createQueue(
    setup.site,
    createStorage(`calljoin:${setup.site}:`),
    () => url + (visitor._refresh ? `?cookie_domain=${visitor._refresh}` : ""),
    (used) => {
      if (used !== `${url}`) visitor._refresh = undefined;
    },
  );
  let isReady = false;

  const life = createLife({
    _setups: setup.entities,
    _pass: consent._pass,
    _isDenied: () => consent._state === "denied",
    _enter: visitor._enter,
    _touch: visitor._touch,
    _put: queue._put,
    _onShow: () => consent._state === "granted" && queue._wake(),
    _onLeave: queue._leave,
    _onCall: queue._flush,
    _onView() {
      for (const bridge of setup.bridges) safe(bridge)(`${api.contextId}`);
      if (!isReady) emit("ready", api);
      isReady = true;
      emit("view", api);
    },
    _onValue: (entity) => emit("entity", toRow(entity)),
  });

  /** The open view, if consent lets it have a place. Who asks may be the first to need one. */
  const place = safe(() => {
    life._begin();
    return life._view?._place;
  });

  const subject: Subject = {
    get api() {
      return api;
    },
    report: () => [
      consent._state,
      visitor._held,
      queue._items.length,
      queue._dropped,
      queue._failures,
      queue._lastAnswer,
      faults,
    ],
    isLive: /[?&]calljoin_debug/.test(location.search),
  };
  const showInspector = safe(() => inspect(`${new URL("../inspector.js", base)}`, subject));

  const api: Calljoin = {
    push(...functions) {
      for (const fn of functions) safe(fn)(api);
    },
    get contextId() {
      return place()?._contextId || null;
    },
    get sessionId() {
      return place()?._sessionId || null;
    },
    get viewId() {
      return (place() && life._view?._id) || null;
    },
    get: safe((name) => {
      life._read();
      return life._view?._entities.find(({ _setup }) => _setup.name === name)?._value;
    }),
    entities: () => (life._view?._entities || setup.entities.map(createEntity)).map(toRow),
    inspect() {
      showInspector();
      return api.entities();
    },
    page: safe(life._page),
    consent: safe((answer) => {
      if (answer === "granted") {
        consent._set(answer);
        life._begin();
        life._show();
      } else if (answer === "denied") {
        consent._set(answer);
        life._end();
        visitor._forget();
        queue._clear();
        isReady = false;
      }
    }),
    flush() {
      safe(life._announce)();
      return queue._flush();
    },
    on(event, listener) {
      if (event === "ready" && isReady) safe(listener as (api: Calljoin) => void)(api);
      return on(event, listener);
    },
  };

  window.calljoin = api;
  if (Array.isArray(before)) api.push(...before);
  life._begin();
  if (subject.isLive) showInspector();
  return api;
};
