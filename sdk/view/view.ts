import { cut } from "../browser/cut";
import { stringify } from "../browser/json";
import { address, isHidden, locks, now, title } from "../browser/page";
import { random } from "../browser/random";
import { createEntity, type Entity, hasNews, markTold } from "../entity/entity";
import { type Item, put } from "../queue/queue";
import { CLAIM, numberOf, type Visit } from "../session/visit";
import { setup } from "../setup";

/** So many values, of at most 1 KiB each, go in one snapshot: a body has a limit. */
const MOST_VALUES = 16;
/** Bytes of a URL or a title. */
const LONGEST_TEXT = 4096;
/** So many snapshots wait in memory, for consent or for their view's place; the oldest of more are forgotten. */
const MOST_HELD = 150;
/**
 * Of two snapshots that describe a view the lower by (`at`, `seq`) decides (contract 4), and so these many first numbers are left free: a
 * view is described at once, and once more with each title that it comes to rest with: a chat counts in its title for a day.
 */
const SPARE_SEQS = 1e4;

export interface View {
  _id: string;
  /** Its address at its start, and now: its fragment, and by a replace its query, may change. */
  _url: string;
  _address: string;
  _referrer: string;
  _startedAt: number;
  /** The time of its latest snapshot: a clock that is set back must not reorder a view's values. */
  _lastAt: number;
  _seq: number;
  /** The lowest seq that describes it, and the title that it was described with. */
  _describedBy: number;
  _title?: string;
  /** What it was called when it was last seen: what a page calls itself while it is hidden ("Come back!") is not told. */
  _shown: string;
  /** A view has entities of its own. */
  _entities: Entity[];
  /** Its place in the visitor's history, as soon as consent lets it have one; and whether it is certain. */
  _visit?: Visit;
  _sessionId?: string;
  _isCertain?: boolean;
  /** Settled when it is. */
  _placed?: Promise<void>;
}

/** Snapshots of views whose place is not certain yet. */
export const held: { _view: View; _put: () => void }[] = [];

/** A view of the present address; `before` is its predecessor in this page, after a route change. */
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

/** What names the view in the cookie until its number is certain. */
export const claimOf = (view: View): string => view._id.slice(0, CLAIM);

/**
 * Puts a snapshot of these entities. It is fixed here, in the view in which they were read, whenever it may be sent. `shown` is the title of
 * one that describes the view.
 */
const snapshot = (view: View, seq: number, at: number, told: Entity[], shown?: string): void => {
  // Made anew with each, as an entity may be called __proto__.
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
  // In storage at once, as the page may end at any moment; but not where another tab would take it while this one lives.
  if (view._isCertain || (view._visit && locks())) _put();
  if (!view._isCertain) held.push({ _view: view, _put });
  if (held.length > MOST_HELD) held.shift();
};

/** What has waited for its view's place may be sent, where that is certain now. */
export const release = (): void => {
  for (const each of held.splice(0)) each._view._isCertain ? each._put() : held.push(each);
};

/**
 * Puts these entities, in as many snapshots as they need; `isForced` puts one anyway. The view's first snapshot says where it is, and what it
 * is called.
 */
const putAll = (view: View, at: number, entities: Entity[], isForced?: boolean): void => {
  if (!entities[0] && !isForced) return;
  do {
    snapshot(view, view._seq, at, entities.splice(0, MOST_VALUES), view._title === undefined ? view._shown : undefined);
    // Only now, that there is a snapshot of it, the number is taken.
    view._seq++;
  } while (entities[0]);
};

/**
 * Puts what has changed since it was last told, and where the view is, were that not known. `isLast` is where a call may come at once, or
 * the view is left: then what is doubted or restless is told, too. `isFirst` is the first reading after a route change, which stands for the
 * view from its start. `isForced` puts a snapshot anyway, which says that the view is still open.
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
  // Says once more where it is, where it is called otherwise now.
  if (!isHidden()) view._shown = title();
  const shown = isLast || isFirst ? view._shown : view._title;
  if (shown !== view._title && view._describedBy) snapshot(view, --view._describedBy, view._startedAt, [], shown);
};
