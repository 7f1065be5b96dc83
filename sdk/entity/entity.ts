import type { EntitySetup } from "./setup";
import { toValue, type Value } from "./value";

/** After so many readings in a row, each with another value, an entity is read only at every 20th. */
const RESTLESS = 10;
const REST = 20;

export interface Entity {
  _setup: EntitySetup;
  /** The last value that was not empty, on this view. */
  _value?: Value | undefined;
  /** What the last reading threw. */
  _error?: unknown;
  _wasRead?: boolean;
  /** The error that the collector was last told of, on this view. */
  _toldError?: string;
  /** What became of the value: answered by the collector, or still on its way. */
  _delivery?: { _isAnswered?: boolean };
  /** How many readings in a row have found another value. */
  _changes: number;
}

/** An entity at the start of a view, which knows nothing of the values of the one before. */
export const createEntity = (_setup: EntitySetup): Entity => ({ _setup, _changes: 0 });

export const isRestless = ({ _changes }: Entity): boolean => _changes > RESTLESS;

/**
 * Reads an entity; true where it has a value that it did not have before. Never throws. A simple entity is read until it has a value,
 * and then no more; one that never rests is passed over in most of the readings, which are numbered.
 */
export const readEntity = (entity: Entity, reading: number): boolean => {
  const { type, value: read } = entity._setup;
  if ((type === "simple" && entity._value !== undefined) || (isRestless(entity) && reading % REST)) return false;
  entity._wasRead = true;
  entity._error = undefined;
  try {
    const value = toValue(read());
    if (value !== undefined && value !== entity._value) {
      entity._value = value;
      entity._changes++;
      return true;
    }
  } catch (error) {
    entity._error = error;
  }
  entity._changes = 0;
  return false;
};
