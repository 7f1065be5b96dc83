import { cut } from "../browser/cut";
import { emit } from "../browser/events";
import { quote, stringify } from "../browser/json";
import { random } from "../browser/random";
import { createEntity, type Entity, readEntity } from "../entity/entity";
import { toRow } from "../entity/row";
import type { Value } from "../entity/value";
import { put } from "../queue/queue";
import type { Visit } from "../session/visit";
import { setup } from "../setup";
import { pass } from "../visitor/consent";

/** So many values, of at most 1 KiB each, go in one snapshot: a body has a limit. */
const MOST_VALUES = 16;
/** Bytes of a URL or a title. */
const LONGEST_TEXT = 4096;

export interface View {
  _id: string;
  _url: string;
  _referrer: string;
  _startedAt: number;
  /** The time of its latest snapshot: a clock that is set back must not reorder a view's values. */
  _lastAt: number;
  _seq: number;
  /** A view has entities of its own, which know nothing of the values of the view before. */
  _entities: Entity[];
  /** Its place in the visitor's history, as soon as consent lets it have one. */
  _visit?: Visit;
  _sessionId?: string;
}

/** A view of the present address. */
export const createView = (referrer: string): View => ({
  _id: random(10),
  _url: location.href,
  _referrer: referrer,
  _startedAt: Date.now(),
  _lastAt: Date.now(),
  _seq: 0,
  _entities: setup.entities.map(createEntity),
});

/** What these entities have to say, by their names. */
const members = (entities: Entity[], say: (entity: Entity) => Value | undefined): string =>
  `{${entities.map((entity) => `${quote(entity._setup.name)}:${stringify(say(entity), LONGEST_TEXT)}`)}}`;

const text = (long: string): string => quote(cut(long, LONGEST_TEXT));

const placeToJson = (view: View, [, sessions, earlierViews, startedAt, , views]: Visit, title: string): string =>
  `"view":{"number":${+(earlierViews as number) + +(views as number)},"session_number":${sessions},"session_view_number":${views},` +
  `"session_at":${startedAt},"url":${text(view._url)},"referrer":${text(view._referrer)},"title":${text(title)}},`;

/** Puts a snapshot of entities with news. It is fixed here, in the view in which they were read, whenever it may be sent. */
const snapshot = (view: View, at: number, entities: Entity[]): void => {
  const hasError = ({ _error }: Entity) => _error;
  const values = members(
    entities.filter((entity) => !hasError(entity)),
    ({ _value }) => _value,
  );
  const errors = members(entities.filter(hasError), hasError);
  const { title } = document;
  const seq = view._seq++;
  view._lastAt = at;
  pass(() => {
    const visit = view._visit as Visit; // passed in before
    const item = put(
      visit[0],
      `{"view_id":"${view._id}","session_id":"${view._sessionId}","seq":${seq},"at":${at},` +
        `${seq ? "" : placeToJson(view, visit, title)}"entities":${values}${errors[2] ? `,"errors":${errors}` : ""}}`,
    );
    for (const entity of entities) entity._delivery = item;
  });
};

/** Puts the view's first snapshot, should there be none yet: that it is open, and where. */
export const announceView = (view: View): void => {
  if (!view._seq) snapshot(view, view._startedAt, []);
};

let isReading = false;

/** Reads the view's entities and puts what has changed; `force` puts a snapshot anyway, which says that the view is still open. */
export const readView = (view: View, force?: boolean, inPassing?: boolean): void => {
  // The address has moved on without us: what the page holds now is no longer this view's. And a value may ask us for another.
  if (isReading || location.href !== view._url) return;
  isReading = true;
  const changed = view._entities.filter((entity) => readEntity(entity, inPassing));
  isReading = false;
  for (const entity of changed) emit("entity", toRow(entity));
  if (changed[0] || force) {
    const at = Math.max(view._lastAt, Date.now());
    do snapshot(view, at, changed.splice(0, MOST_VALUES));
    while (changed[0]);
  }
};
