import { cut } from "../browser/cut";
import { stringify } from "../browser/json";
import { address, isHidden, locks, now, title } from "../browser/page";
import { random } from "../browser/random";
import { createEntity, type Entity, hasNews, markTold } from "../entity/entity";
import { type Item, put } from "../queue/queue";
import { CLAIM, numberOf, type Visit } from "../session/visit";
import { setup } from "../setup";

/** The most values in one snapshot. Each has at most 1 KiB, and a body has a limit. */
const MOST_VALUES = 16;
/** The most bytes of a URL or a title. */
const LONGEST_TEXT = 4096;
/** The most snapshots that wait in memory for consent or for their view's place. The oldest of more are dropped. */
const MOST_HELD = 150;
/**
 * How many low numbers are kept free. Of two snapshots that describe a view, the lower one by (`at`, `seq`) decides
 * (contract 4). A view is described at once, and again with each title that it comes to rest with. A chat may count in
 * its title for a day.
 */
const SPARE_SEQS = 1e4;

export interface View {
  _id: string;
  /** Its address at the start, and its address now. The fragment may change, and with a replace also the query. */
  _url: string;
  _address: string;
  _referrer: string;
  _startedAt: number;
  /** The time of its latest snapshot. A clock that is set back must not reorder the view's values. */
  _lastAt: number;
  _seq: number;
  /** The lowest seq that describes it, and the title that was last sent. */
  _describedBy: number;
  _title?: string;
  /** The title when the page was last visible. A title that a page sets while hidden ("Come back!") is not sent. */
  _shown: string;
  /** Each view has its own entities. */
  _entities: Entity[];
  /** Its place in the visitor's history, as soon as consent allows one, and whether that place is certain. */
  _visit?: Visit;
  _sessionId?: string;
  _isCertain?: boolean;
  /** Settles when the place is certain. */
  _placed?: Promise<void>;
}

/** Snapshots of views whose place is not certain yet. */
export const held: { _view: View; _put: () => void }[] = [];

/** Makes a view of the current address. After a route change, `before` is its predecessor in this page. */
export const createView = (_referrer: string, before?: View): View => ({
  _id: random(10),
  _url: address(),
  _address: address(),
  _referrer,
  _startedAt: now(),
  _lastAt: now(),
  _seq: SPARE_SEQS,
  _describedBy: SPARE_SEQS,
  _shown: title(),
  _entities: setup.entities.map((entity, i) => createEntity(entity, before?._entities[i])),
});

/** The text that names the view in the cookie until its number is certain. */
export const claimOf = (view: View): string => view._id.slice(0, CLAIM);

/**
 * Makes a snapshot of these entities. Their values are fixed here, whenever it is sent. If the snapshot describes the
 * view, `shown` is the title.
 */
const snapshot = (view: View, seq: number, at: number, told: Entity[], shown?: string): void => {
  // We make a new object for each name, because an entity may be called __proto__.
  let entities: Record<string, unknown> = {};
  let errors: Record<string, unknown> | undefined;
  for (const entity of told) {
    const { name } = entity._setup;
    if (entity._error) errors = { ...errors, [name]: entity._error };
    else entities = { ...entities, [name]: entity._value };
    markTold(entity, at);
  }
  let item: Item | undefined;
  const _put = () => {
    const visit = view._visit as Visit;
    const number = numberOf(visit, claimOf(view)) || visit._views;
    const described =
      shown === undefined
        ? shown
        : {
            number: visit._earlierViews + number,
            session_number: visit._sessions,
            session_view_number: number,
            session_at: visit._startedAt,
            url: cut(view._url, LONGEST_TEXT),
            referrer: cut(view._referrer, LONGEST_TEXT),
            title: cut(shown, LONGEST_TEXT),
          };
    const whole = { view_id: view._id, session_id: view._sessionId, seq, at, view: described, entities, errors };
    item = put(visit._contextId, stringify(whole, 1e9) as string, !view._isCertain, item);
    for (const entity of told) entity._delivery = item;
  };
  view._title = shown ?? view._title;
  // The page may end at any moment, so this goes to storage at once. But without locks, another tab would take it while
  // this one is still open.
  if (view._isCertain || (view._visit && locks())) _put();
  if (!view._isCertain) held.push({ _view: view, _put });
  if (held.length > MOST_HELD) held.shift();
};

/** Lets snapshots be sent whose view's place has become certain. */
export const release = (): void => {
  for (const each of held.splice(0)) each._view._isCertain ? each._put() : held.push(each);
};

/**
 * Puts these entities into as many snapshots as they need. `isForced` makes one even without entities. The view's first
 * snapshot has its address and title.
 */
const putAll = (view: View, at: number, entities: Entity[], isForced?: boolean): void => {
  if (!entities[0] && !isForced) return;
  do {
    snapshot(view, view._seq, at, entities.splice(0, MOST_VALUES), view._title === undefined ? view._shown : undefined);
    // The number is used up only once there is a snapshot with it.
    view._seq++;
  } while (entities[0]);
};

/**
 * Tells what has changed since it was last told, and describes the view if that has not been done. `isLast`: a call may
 * come at once, or the visitor leaves the view, so inherited and restless values are told, too. `isFirst`: this is the
 * view's first reading, whose values count from its start. `isForced`: makes a snapshot anyway, to say that the view is
 * still open.
 */
export const tellView = (view: View, isLast?: boolean, isFirst?: boolean, isForced?: boolean): void => {
  const time = now();
  const fromStart: Entity[] = [];
  const later: Entity[] = [];
  for (const entity of view._entities)
    if (hasNews(entity, time, view._startedAt, isLast))
      (isFirst || entity._standing !== "own" ? fromStart : later).push(entity);
  putAll(view, view._startedAt, fromStart, view._title === undefined);
  if (time > view._lastAt) view._lastAt = time;
  putAll(view, view._lastAt, later, isForced);
  // Describes the view again if its title has changed.
  if (!isHidden()) view._shown = title();
  const shown = isLast || isFirst ? view._shown : view._title;
  if (shown !== view._title && view._describedBy) snapshot(view, --view._describedBy, view._startedAt, [], shown);
};
