import { cut } from "../browser/cut";
import type { EntitySetup } from "../setup";
import { toValue, type Value } from "./value";

const LONGEST_ERROR = 200;
/** After so many readings in a row, each with another value, an entity is read only at every 20th. */
const RESTLESS = 10;
const REST = 20;

/** An entity on one view. */
export interface Entity {
  _setup: EntitySetup;
  /** What the last reading found, were it not an object. */
  _raw?: unknown;
  /** The last value that was not empty. */
  _value?: Value;
  /** What the last reading threw; empty where it did not, undefined before the first. */
  _error?: string;
  /** The error that the collector was last told of. */
  _toldError?: string;
  /** What became of the value: answered by the collector, or still on its way. */
  _delivery?: { _isAnswered?: boolean };
  /** How many readings in a row have found another value. */
  _changes: number;
}

export const createEntity = (_setup: EntitySetup): Entity => ({ _setup, _changes: 0 });

export const isRestless = ({ _changes }: Entity): boolean => _changes > RESTLESS;

/**
 * Reads an entity; true where there is news: a value or an error that it did not have before. Never throws. A simple entity is read
 * until it has a value, and then no more. `inPassing` (each half second), one that never rests is mostly passed over.
 */
export const readEntity = (entity: Entity, inPassing: boolean | undefined): boolean => {
  const { type, value: read } = entity._setup;
  if (type === "simple" && entity._value !== undefined) return false;
  if (inPassing && isRestless(entity) && entity._changes++ % REST) return false;
  let isNew = false;
  entity._error = "";
  try {
    const raw = read();
    // What has not changed need not be converted again; an object may have changed inside.
    const value = raw === entity._raw ? entity._value : toValue(raw);
    entity._raw = typeof raw === "object" ? undefined : raw;
    if (value !== undefined && value !== "" && value !== entity._value) {
      entity._value = value;
      isNew = true;
    }
  } catch (error) {
    entity._error = cut(`${error}`, LONGEST_ERROR);
    isNew = entity._error !== entity._toldError;
    entity._toldError = entity._error;
  }
  entity._changes = isNew ? entity._changes + 1 : 0;
  return isNew;
};
