import { cut } from "../browser/cut";
import { now } from "../browser/page";
import { safe } from "../browser/safe";
import type { Item } from "../queue/queue";
import type { EntitySetup } from "../setup";
import { toValue, type Value } from "./value";

const LONGEST_ERROR = 200;
/** After so many readings, each with another value or error, and none that found it at rest, it is told when it comes to rest, or when so long has passed. */
const RESTLESS = 10;
const TELL_RESTLESS_EVERY = 10e3;
/** For so long a value that was the view's predecessor's, too, is not told but where a call may come at once. */
const DOUBT = 8e3;
/** An entity is read again after so many times the time that its reading took, and after a minute at most. */
const REST = 50;
const LONGEST_REST = 60e3;

/** Stands for any object that was read, none of which is held on to. As text: those that are empty. */
const OBJECT = { toString: () => "a promise or an element" };

/** An entity on one view. Times in epoch ms. */
export interface Entity {
  _setup: EntitySetup;
  /** What the view's predecessor in this page ended with, its own or what it had inherited itself. */
  _inherited?: Value | undefined;
  /**
   * After a route change the page may still hold what belonged to its predecessor. "inherited": every value so far was the predecessor's,
   * too. "replacing": the page has said otherwise since. What is told in both stands for the view from its start. "own": nothing to doubt.
   */
  _standing: "own" | "inherited" | "replacing";
  /** What the last reading found, and what it threw: as it is, and as text. */
  _raw?: unknown;
  _thrown?: unknown;
  _error?: string | undefined;
  /** The last value that was not empty, when it was first found, and the one before. */
  _value?: Value | undefined;
  _changedAt?: number;
  _previous?: Value | undefined;
  /** The value and the error that the collector was last told, when, and what became of that. */
  _told?: Value | undefined;
  _toldError?: string | undefined;
  _toldAt: number;
  _delivery?: Item;
  /** How many readings have found another value or error since one found it at rest. */
  _changes: number;
  /** Until then it is not read in passing, as reading it takes long; 0 where it was never read. */
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
 * Reads an entity; true where it has another value or error than at the last reading. Never throws, whatever the page's code throws.
 * A simple entity is read until it has a value that is the view's own, and then no more.
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
    // What has not changed need not be converted again; an object may have changed inside.
    value = raw === entity._raw && !_error ? entity._value : toValue(raw);
    entity._raw = typeof raw === "object" && raw ? OBJECT : raw;
  } catch (thrown) {
    entity._thrown = thrown;
    // Even what has no text is thrown.
    entity._error = safe(() => cut(`${thrown}`, LONGEST_ERROR))() || "error";
  }
  if (_standing === "inherited" && value !== entity._inherited) {
    // Seen to differ, be it by being empty: what it was so far is the predecessor's.
    entity._standing = "replacing";
    entity._value = undefined;
  }
  entity._restsUntil = now() + (now() - start) * REST;
  if (entity._error ? entity._error === _error : value === undefined || value === entity._value) {
    // What comes and goes does not rest: not at an empty reading, and not at the first one after an error.
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

/** Whether there is something to tell now. `isLast` is where a call may come at once, or the view is left. */
export const hasNews = (entity: Entity, time: number, startedAt: number, isLast?: boolean): boolean => {
  const { _error, _value, _standing } = entity;
  if (_error ? _error === entity._toldError : _value === undefined || _value === entity._told) return false;
  if (isLast) return true;
  if (_standing === "inherited" && !_error) return time - startedAt > DOUBT;
  return !isRestless(entity) || time - entity._toldAt > TELL_RESTLESS_EVERY;
};

/** What it has to say has been told, in a snapshot of this time. */
export const markTold = (entity: Entity, at: number): void => {
  entity._toldAt = at;
  entity._toldError = entity._error;
  if (entity._error) return;
  entity._told = entity._value;
  if (entity._standing === "replacing") entity._standing = "own";
};
