import { cut } from "../browser/cut";
import { quote } from "../browser/json";
import { random } from "../browser/random";
import { type Entity, isResting, readEntity, reset } from "../entity/entity";
import { valueToJson } from "../entity/value";
import type { Item } from "../queue/queue";
import { whenSettled } from "./settled";
import type { Visit } from "./visit";

/** A snapshot is closed when its entities have this many bytes: many large values go in several. */
const LARGE_SNAPSHOT = 8000;
const LONGEST_URL = 8192;
const LONGEST_TITLE = 1024;

export interface View {
  _id: string;
  _url: string;
  _referrer: string;
  _startedAt: number;
  /** The time of its latest snapshot: a clock that is set back must not reorder a view's values. */
  _lastAt: number;
  _seq: number;
  /** Its place in the visitor's history, as soon as consent lets it have one. */
  _visit: Visit | undefined;
  /** Calls off the wait for the page to settle after a route change; undefined when it has. */
  _stopWaiting: (() => void) | undefined;
  /** How often it was read in passing. */
  _readings: number;
}

/** What a view needs from the rooms around it. */
export interface ViewSurroundings {
  _entities: Entity[];
  /** Runs now, when consent comes, or never. */
  _pass(action: () => void): void;
  _enter(startedAt: number): Visit;
  _put(contextId: string, line: string): Item;
  _onView(view: View): void;
  _onValue(entity: Entity): void;
}

const viewToJson = ({ _url, _referrer }: View, title: string, visit: Visit) =>
  `,"view":{"number":${visit._number},"session_number":${visit._sessionNumber},"session_view_number":${visit._sessionViewNumber},` +
  `"session_at":${visit._sessionAt},"url":${quote(cut(_url, LONGEST_URL))},"referrer":${quote(cut(_referrer, LONGEST_URL))},` +
  `"title":${quote(cut(title, LONGEST_TITLE))}}`;

/** A view of the present address. */
export const createView = (referrer: string): View => {
  const now = Date.now();
  return {
    _id: random(10),
    _url: location.href,
    _referrer: referrer,
    _startedAt: now,
    _lastAt: now,
    _seq: 0,
    _visit: undefined,
    _stopWaiting: undefined,
    _readings: 0,
  };
};

/** Starts the view. After a route change its first reading waits until the page has settled. */
export const openView = (around: ViewSurroundings, view: View, byRoute?: boolean): void => {
  around._entities.forEach(reset);
  if (byRoute) view._stopWaiting = whenSettled(() => readView(around, view));
  else readView(around, view);
};

/** Puts one snapshot. What it says is fixed here, in the view in which it was read, whenever it may be sent. */
const snapshot = (around: ViewSurroundings, view: View, at: number, entities: Entity[]) => {
  const seq = view._seq++;
  view._lastAt = at;
  const { title } = document;
  const members = entities.map(
    ({ _setup, _value }) => _value !== undefined && `${quote(_setup.name)}:${valueToJson(_value)}`,
  );
  const values = entities.map((entity) => entity._value);
  around._pass(() => {
    const isFirst = !view._visit;
    const visit = view._visit || around._enter(view._startedAt);
    view._visit = visit;
    const item = around._put(
      visit._contextId,
      `{"view_id":"${view._id}","session_id":"${visit._sessionId}","seq":${seq},"at":${at}` +
        `${isFirst ? viewToJson(view, title, visit) : ""},"entities":{${members}}}`,
    );
    entities.forEach((entity, i) => {
      if (entity._value === values[i]) entity._delivery = item;
    });
    if (isFirst) around._onView(view);
  });
};

let isReading = false;

/**
 * Reads the view's entities and puts what has changed. `inPassing` (each half second) spares those that change all the time;
 * `force` puts a snapshot even without a change, which says that the view is still open.
 */
export const readView = (around: ViewSurroundings, view: View, inPassing = false, force = false): void => {
  // The address has moved on without us: what the page holds now is no longer this view's. And an entity may ask us for another.
  if (isReading || location.href !== view._url) return;
  if (view._stopWaiting) {
    view._stopWaiting();
    view._stopWaiting = undefined;
    snapshot(around, view, view._startedAt, []);
  }

  view._readings++;
  isReading = true;
  const changed = around._entities.filter(
    (entity) => !(inPassing && isResting(entity, view._readings)) && readEntity(entity),
  );
  isReading = false;

  const at = Math.max(view._lastAt, Date.now());
  let part: Entity[] = [];
  let bytes = 0;
  for (const entity of changed) {
    part.push(entity);
    bytes += `${entity._value}`.length;
    if (bytes > LARGE_SNAPSHOT) {
      snapshot(around, view, at, part);
      part = [];
      bytes = 0;
    }
  }
  if (part[0] || force || !view._seq) snapshot(around, view, at, part);
  changed.forEach(around._onValue);
};
