import { subscribe } from "../browser/events";
import { faults, safe } from "../browser/safe";
import { createEntity } from "../entity/entity";
import { toRow } from "../entity/row";
import { clear, flush, reportQueue } from "../queue/queue";
import { type SiteSetup, setUp, setup } from "../setup";
import { announce, begin, end, page, read, show as showPage, startLife, view } from "../view/life";
import { consent, setConsent, startConsent } from "../visitor/consent";
import { forget, isHeld } from "../visitor/visitor";
import type { Calljoin, Report } from "./api";
import { inspect } from "./inspect";

declare global {
  interface Window {
    calljoin?: Calljoin | ((api: Calljoin) => void)[];
  }
}

/** The open view's visit, if consent lets it have one. Who asks may be the first to need a view. */
const visit = safe(() => {
  begin();
  return view?._visit;
});

const api: Calljoin = {
  push(...functions) {
    for (const fn of functions) safe(fn)(api);
  },
  get contextId() {
    return visit()?.[0] || null;
  },
  get sessionId() {
    return (visit() && view?._sessionId) || null;
  },
  get viewId() {
    return (visit() && view?._id) || null;
  },
  get: safe((name) => {
    read();
    return view?._entities.find(({ _setup }) => _setup.name === name)?._value;
  }),
  entities: () => (view ? view._entities : setup.entities.map(createEntity)).map(toRow),
  inspect() {
    show(false);
    return api.entities();
  },
  page: safe(page),
  consent: safe((answer) => {
    if (answer === "granted") {
      setConsent(answer);
      begin();
      showPage();
    } else if (answer === "denied") {
      setConsent(answer);
      end();
      forget();
      clear();
    }
  }),
  flush() {
    announce();
    return flush();
  },
  on: safe((event, listener) => {
    // The first view that has a place is when the context_id is known.
    const isReady = event === "ready";
    const hear = safe((detail: never) => {
      if (isReady) stop();
      listener(detail);
    });
    const stop = subscribe(isReady ? "view" : event, hear);
    if (isReady && view?._visit) hear(api as never);
    return stop;
  }) as Calljoin["on"],
};

const report = (): Report => [consent, isHeld, faults, ...reportQueue()];
const show = (isLive: boolean) => inspect({ api, report, isLive });

/**
 * Starts the SDK, once in a page: a second call answers with the first one's api.
 * `base` is a URL one folder below the collector's root, as the insertion script's own is.
 */
export const start = (siteSetup: SiteSetup, base: string): Calljoin => {
  const before = window.calljoin;
  if (before && "contextId" in before) return before;

  setUp(siteSetup, base);
  startConsent();
  startLife();
  for (const bridge of setup.bridges) subscribe("view", () => bridge(`${api.contextId}`));
  window.calljoin = api;
  if (Array.isArray(before)) api.push(...before);
  begin();
  if (/[?&]calljoin_debug/.test(location.search)) show(true);
  return api;
};
