import { cut } from "../browser/cut";
import { quote } from "../browser/json";
import { random } from "../browser/random";
import { createEntity, type Entity, readEntity } from "../entity/entity";
import type { EntitySetup } from "../entity/setup";
import { valueToJson } from "../entity/value";
import type { Item } from "../queue/queue";

/** A snapshot is closed when its values have so many characters: many large values go in several. */
const LARGE_SNAPSHOT = 8000;
const LONGEST_URL = 8192;
const LONGEST_TITLE = 1024;
const LONGEST_ERROR = 200;

/** A view's place in the visitor's history. */
export interface Place {
  _contextId: string;
  _sessionId: string;
  _sessions: number;
  _earlierViews: number;
  _views: number;
  _startedAt: number;
}

export interface View {
  _id: string;
  _url: string;
  _referrer: string;
  _startedAt: number;
  /** The time of its latest snapshot: a clock that is set back must not reorder a view's values. */
  _lastAt: number;
  _seq: number;
  _readings: number;
  /** A view has entities of its own, which know nothing of the values of the view before. */
  _entities: Entity[];
  /** As soon as consent lets it have one. */
  _place?: Place;
  /** Calls off the wait for the page to settle after a route change. */
  _stopWaiting?: (() => void) | undefined;
}

/** What a view needs from the rooms around it. */
export interface ViewSurroundings {
  _setups: EntitySetup[];
  /** Runs now, when consent comes, or never. */
  _pass(action: () => void): void;
  _enter(startedAt: number): Place;
  _onView(): void;
  _put(contextId: string, json: string): Item;
  _onValue(entity: Entity): void;
}

/** A view of the present address. */
export const createView = (setups: EntitySetup[], referrer: string): View => ({
  _id: random(10),
  _url: location.href,
  _referrer: referrer,
  _startedAt: Date.now(),
  _lastAt: 0,
  _seq: 0,
  _readings: 0,
  _entities: setups.map(createEntity),
});

const toMembers = (pairs: [string, string][]): string => pairs.map(([name, json]) => `${quote(name)}:${json}`).join();
const toUrl = (url: string): string => quote(cut(url, LONGEST_URL));

const placeToJson = (view: View, place: Place, title: string): string =>
  `"view":{"number":${place._earlierViews + place._views},"session_number":${place._sessions},` +
  `"session_view_number":${place._views},"session_at":${place._startedAt},"url":${toUrl(view._url)},` +
  `"referrer":${toUrl(view._referrer)},"title":${quote(cut(title, LONGEST_TITLE))}},`;

/** Puts one snapshot. What it says is fixed here, in the view in which it was read, whenever it may be sent. */
const snapshot = (around: ViewSurroundings, view: View, at: number, entities: Entity[]) => {
  const seq = view._seq++;
  const { title } = document;
  view._lastAt = at;
  const values = toMembers(entities.map(({ _setup, _value }) => [_setup.name, valueToJson(_value)]));
  const unheard = view._entities.filter(({ _error, _toldError }) => _error && `${_error}` !== _toldError);
  const errors = toMembers(
    unheard.map((entity) => {
      entity._toldError = `${entity._error}`;
      return [entity._setup.name, quote(cut(entity._toldError, LONGEST_ERROR))];
    }),
  );
  around._pass(() => {
    const place = view._place as Place; // passed in before
    const item = around._put(
      place._contextId,
      `{"view_id":"${view._id}","session_id":"${place._sessionId}","seq":${seq},"at":${at},` +
        `${seq ? "" : placeToJson(view, place, title)}"entities":{${values}}${errors && `,"errors":{${errors}}`}}`,
    );
    for (const entity of entities) entity._delivery = item;
  });
};

/** Puts the view's first snapshot, should there be none yet: that it is open, and where. */
export const announceView = (around: ViewSurroundings, view: View): void => {
  if (!view._seq) snapshot(around, view, view._startedAt, []);
};

let isReading = false;

/** Reads the view's entities and puts what has changed; `force` puts a snapshot anyway, which says that the view is still open. */
export const readView = (around: ViewSurroundings, view: View, force?: boolean): void => {
  // The address has moved on without us: what the page holds now is no longer this view's. And a value may ask us for another.
  if (isReading || location.href !== view._url) return;
  isReading = true;
  view._readings++;
  const changed = view._entities.filter((entity) => readEntity(entity, view._readings));
  isReading = false;

  const at = Math.max(view._lastAt, Date.now());
  let part: Entity[] = [];
  let size = 0;
  for (const entity of changed) {
    part.push(entity);
    size += `${entity._value}`.length;
    if (size > LARGE_SNAPSHOT) {
      snapshot(around, view, at, part);
      part = [];
      size = 0;
    }
  }
  if (part[0] || force) snapshot(around, view, at, part);
  changed.forEach(around._onValue);
};
