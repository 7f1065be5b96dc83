import { cut } from "../browser/cut";
import { now } from "../browser/page";
import { safe } from "../browser/safe";
import type { Item } from "../queue/queue";
import type { EntitySetup } from "../setup";
import { toValue, type Value } from "./value";

const LONGEST_ERROR = 200;
/**
 * An entity is restless after more than this many readings with another value or error and none at rest. From then on
 * its news waits until it comes to rest, or for the time below (ms).
 */
const RESTLESS = 10;
const TELL_RESTLESS_EVERY = 10e3;
/** How long (ms) an inherited value is not told, unless a call may come at once. */
const DOUBT = 8e3;
/** After a reading, the entity rests for this many times as long as the reading took, but for one minute at most. */
const REST = 50;
const LONGEST_REST = 60e3;

/** Stands for any object that was read, so that we do not keep it alive. Its text describes the ones that are empty. */
const OBJECT = { toString: () => "a promise or an element" };

/** An entity on one view. Times in epoch ms. */
export interface Entity {
  _setup: EntitySetup;
  /** The last value of the view's predecessor in this page: the predecessor's own, or what it had inherited itself. */
  _inherited?: Value | undefined;
  /**
   * After a route change, the page may still hold values of the previous view. "inherited": every value so far was the
   * predecessor's, too. "replacing": the page has since had another value, or none. What is told in these two states
   * counts from the view's start. "own": the value is certainly the view's.
   */
  _standing: "own" | "inherited" | "replacing";
  /** What the last reading found, what it threw, and that error as text. */
  _raw?: unknown;
  _thrown?: unknown;
  _error?: string | undefined;
  /** The last value that was not empty, when it was first found, and the one before. */
  _value?: Value | undefined;
  _changedAt?: number;
  _previous?: Value | undefined;
  /** The value and the error that the collector was last told, when that was, and what became of it. */
  _told?: Value | undefined;
  _toldError?: string | undefined;
  _toldAt: number;
  _delivery?: Item;
  /** How many readings have found another value or error since one found it at rest. */
  _changes: number;
  /** Until this time it is not read in passing, because reading it takes long. 0 if it was never read. */
  _restsUntil: number;
}

/** `before` is the same entity on the view's predecessor, after a route change. */
export const createEntity = (_setup: EntitySetup, before?: Entity): Entity => {
  const _inherited = before?._value ?? before?._inherited;
  const _standing = _inherited === undefined ? "own" : "inherited";
  return { _setup, _inherited, _standing, _toldAt: 0, _changes: 0, _restsUntil: 0 };
};

export const isRestless = ({ _changes }: Entity): boolean => _changes > RESTLESS;

/**
 * Reads an entity. Returns true if its value or error differs from the last reading. Never throws, whatever the page's
 * code throws. A simple entity is read until a value that is the view's own has been told, and then no more.
 */
export const readEntity = (entity: Entity, isInPassing?: boolean): boolean => {
  const { _standing, _error } = entity;
  const { type, value: read } = entity._setup;
  const start = now();
  const rest = entity._restsUntil - start;
  if (type === "simple" && entity._told !== undefined && _standing === "own") return false;
  if (isInPassing && rest > 0 && rest < LONGEST_REST) return false;
  let value: Value | undefined;
  entity._error = entity._thrown = undefined;
  try {
    const raw = read();
    // An unchanged primitive need not be converted again. An object may have changed inside.
    value = raw === entity._raw && !_error ? entity._value : toValue(raw);
    entity._raw = typeof raw === "object" && raw ? OBJECT : raw;
  } catch (thrown) {
    entity._thrown = thrown;
    // A page may even throw a value that cannot be turned into text.
    entity._error = safe(() => cut(`${thrown}`, LONGEST_ERROR))() || "error";
  }
  if (_standing === "inherited" && value !== entity._inherited) {
    // It differs now, even if only by being empty. So the value until now was the predecessor's.
    entity._standing = "replacing";
    entity._value = undefined;
  }
  entity._restsUntil = now() + (now() - start) * REST;
  if (entity._error ? entity._error === _error : value === undefined || value === entity._value) {
    // A value that comes and goes is not at rest: neither at an empty reading nor at the first one after an error.
    if (entity._error === _error && (_error || value !== undefined)) entity._changes = 0;
    return false;
  }
  entity._changes++;
  if (entity._error) return true;
  entity._changedAt = start;
  entity._previous = entity._value;
  entity._value = value;
  return true;
};

/** True if there is something to tell now. `isLast`: a call may come at once, or the visitor leaves the view. */
export const hasNews = (entity: Entity, time: number, startedAt: number, isLast?: boolean): boolean => {
  const { _error, _value, _standing } = entity;
  if (_error ? _error === entity._toldError : _value === undefined || _value === entity._told) return false;
  if (isLast) return true;
  if (_standing === "inherited" && !_error) return time - startedAt > DOUBT;
  return !isRestless(entity) || time - entity._toldAt > TELL_RESTLESS_EVERY;
};

/** Notes that the entity's news has been told, in a snapshot of this time. */
export const markTold = (entity: Entity, at: number): void => {
  entity._toldAt = at;
  entity._toldError = entity._error;
  if (entity._error) return;
  entity._told = entity._value;
  if (entity._standing === "replacing") entity._standing = "own";
};
