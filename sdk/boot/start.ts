import { subscribe } from "../browser/events";
import { isDebugged, isList, pageWindow } from "../browser/page";
import { safe } from "../browser/safe";
import { createEntity, readEntity } from "../entity/entity";
import { toInspectedRow, toRow } from "../entity/row";
import type { Value } from "../entity/value";
import { flush } from "../queue/queue";
import { type StartedSetup, setUp, setup } from "../setup";
import { announce, begin, deny, grant, page, readNow, startLife, view } from "../view/life";
import type { Calljoin } from "./api";
import { entities, inspector, subjectOf } from "./inspect";

/** The open view, if consent lets it have a place. Who asks may be the first to need a view. */
const placed = safe(() => {
  begin();
  return view?._visit && view;
});

const api: Calljoin = {
  push(...functions) {
    // In the caller's own zone: what they do is theirs.
    for (const fn of functions)
      try {
        fn(api);
      } catch {}
  },
  get contextId() {
    return placed()?._visit?._contextId || null;
  },
  get sessionId() {
    return placed()?._sessionId || null;
  },
  get viewId() {
    return placed()?._id || null;
  },
  get: safe((name) => {
    readNow();
    return view?._entities.filter(({ _setup }) => _setup.name === name)[0]?._value;
  }),
  entities: () => entities().map(toRow),
  inspect() {
    const subject = subjectOf(api);
    void inspector("show", subject);
    return subject.rows;
  },
  try(value) {
    const entity = createEntity({ name: "new_entity", type: "expression", scope: "page_view", value });
    const read = () => {
      readEntity(entity);
      return toInspectedRow(entity);
    };
    const row = read();
    // What is no expression's function is called where it stands: a function is no value.
    const source = row.source === `${value}` ? `(${value})()` : row.source;
    const trial = { ...row, entity: { ...entity._setup, value: source } };
    void inspector("showTrial", trial, read);
    return trial;
  },
  call() {
    safe(readNow)();
    const values: Record<string, Value> = {};
    for (const { _setup, _value, _inherited } of entities()) {
      // A session's value stays where this view has none.
      const value = _value ?? (_setup.scope === "session" ? _inherited : undefined);
      if (value !== undefined) values[_setup.name] = value;
    }
    return values;
  },
  page: safe(page),
  consent: safe((answer) => {
    if (answer === "granted") grant();
    else if (answer === "denied") deny();
  }),
  async flush() {
    await safe(announce)();
    await safe(flush)();
  },
  on: safe((event, listener) => {
    // The first view that has a place is when the context_id is known.
    if (event === "entity") return subscribe(event, listener as never);
    const hear = safe(() => {
      if (event === "ready") stop();
      listener(api as never);
    });
    const stop = subscribe("view", hear);
    if (event === "ready" && view?._visit) hear();
    return stop;
  }) as Calljoin["on"],
  ignored: [],
};

/** Starts the SDK, once in a page: a second call answers with the first one's api. */
export const start = (started: StartedSetup): Calljoin => {
  const before = pageWindow().calljoin as Calljoin | undefined;
  if (before?.ignored) {
    before.ignored.push(started.site);
    return before;
  }

  setUp(started);
  startLife();
  for (const bridge of setup.bridges) subscribe("view", bridge);
  pageWindow().calljoin = api;
  if (isList(before)) api.push(...(before as ((api: Calljoin) => void)[]));
  begin();
  if (isDebugged()) void inspector("watch", subjectOf(api));
  return api;
};
