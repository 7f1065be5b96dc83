import { random } from "../browser/random";
import { faults, safe } from "../browser/safe";
import { createEntity, reset } from "../entity/entity";
import type { SiteSetup } from "../entity/setup";
import { createQueue } from "../queue/queue";
import { createStorage } from "../queue/storage";
import { createLife } from "../view/life";
import { createConsent } from "../visitor/consent";
import { createVisitor } from "../visitor/visitor";
import type { Calljoin, Report } from "./api";
import { createEvents } from "./events";
import { loadInspector } from "./inspect";
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

  const snapshots = new URL("../v1/snapshots", base);
  const consent = createConsent(setup.consent === "required", setup.gpc);
  const visitor = createVisitor();
  const entities = setup.entities.map(createEntity);
  const { on, emit } = createEvents();
  let isReady = false;

  const address = () => {
    const domain = visitor._refresh;
    const isSameSite = domain && `.${snapshots.hostname}`.endsWith(`.${domain}`);
    return isSameSite ? `${snapshots}?cookie_domain=${domain}` : `${snapshots}`;
  };
  const queue = createQueue(setup.site, createStorage(`calljoin:${setup.site}:`, random(10)), address, (url) => {
    if (url.includes("?")) visitor._refresh = undefined;
  });

  const life = createLife({
    _entities: entities,
    _pass: consent._pass,
    _isDenied: () => consent._state === "denied",
    _enter: visitor._enter,
    _touch: visitor._touch,
    _put: queue._put,
    _onShow: () => consent._state === "granted" && queue._wake(),
    _onLeave: queue._leave,
    _onCall: queue._flush,
    _onView({ _visit }) {
      for (const bridge of setup.bridges) safe(bridge)(`${_visit?._contextId}`);
      if (!isReady) emit("ready", api);
      isReady = true;
      emit("view", api);
    },
    _onValue: (entity) => emit("entity", toRow(entity)),
  });

  /** The open view, if it has a place in the visitor's history. Who asks may be the first to need one. */
  const admitted = safe(() => {
    life._begin();
    return life._view?._visit;
  });

  const report = (): Report => ({
    consent: consent._state,
    cookie: visitor._held ? visitor._domain() || location.hostname : null,
    queued: queue._items.length,
    bytes: queue._items.reduce((sum, item) => sum + item._line.length, 0),
    dropped: queue._dropped,
    failures: queue._failures,
    last_answer: queue._lastAnswer,
    faults,
  });

  const inspect = safe((live: boolean) => loadInspector(`${new URL("../inspector.js", base)}`, { api, report, live }));

  const api: Calljoin = {
    push(...functions) {
      for (const fn of functions) safe(fn)(api);
    },
    get contextId() {
      return admitted()?._contextId ?? null;
    },
    get sessionId() {
      return admitted()?._sessionId ?? null;
    },
    get viewId() {
      return (admitted() && life._view?._id) ?? null;
    },
    get: safe((name) => {
      life._read();
      return entities.find(({ _setup }) => _setup.name === name)?._value;
    }),
    entities: () => entities.map(toRow),
    inspect() {
      inspect(false);
      return api.entities();
    },
    page: safe(life._page),
    consent: safe((answer) => {
      const isGranted = answer === "granted";
      consent._set(isGranted ? answer : "denied");
      if (isGranted) {
        life._begin();
        life._show();
      } else {
        life._end();
        entities.forEach(reset);
        visitor._forget();
        queue._clear();
        isReady = false;
      }
    }),
    flush() {
      safe(life._read)();
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
  if (/[?&]calljoin_debug/.test(location.search)) inspect(true);
  return api;
};
