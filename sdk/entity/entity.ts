import type { EntitySetup } from "./setup";
import { toValue, type Value } from "./value";

/** After so many readings in a row, each with another value, an entity is only read at every 20th. */
const RESTLESS = 10;
const REST = 20;

/** What became of an entity's last value. */
export interface Delivery {
  _answered?: boolean;
}

export interface Entity {
  _setup: EntitySetup;
  /** The last value that was not empty, on this view. */
  _value: Value | undefined;
  /** What the last reading threw. */
  _error: unknown;
  _wasRead: boolean;
  _delivery: Delivery | undefined;
  /** How many readings in a row have found another value. */
  _changes: number;
}

/** A new view knows nothing of the values of the one before. */
export const reset = (entity: Entity): void => {
  entity._value = entity._error = entity._delivery = undefined;
  entity._wasRead = false;
  entity._changes = 0;
};

export const createEntity = (setup: EntitySetup): Entity => {
  const entity = { _setup: setup } as Entity;
  reset(entity);
  return entity;
};

/** Whether there is nothing more to read on this view: a simple entity is read until it has a value, and then no more. */
export const isSettled = ({ _setup, _value }: Entity): boolean => _setup.type === "simple" && _value !== undefined;

export const isRestless = (entity: Entity): boolean => entity._changes > RESTLESS;

/** Whether the reading of this number passes over the entity. */
export const isResting = (entity: Entity, reading: number): boolean => isRestless(entity) && reading % REST > 0;

/** Reads an entity; true where it has a value that it did not have before. Never throws. */
export const readEntity = (entity: Entity): boolean => {
  if (isSettled(entity)) return false;
  entity._error = undefined;
  entity._wasRead = true;
  try {
    const value = toValue(entity._setup.value());
    if (value !== undefined && value !== entity._value) {
      entity._value = value;
      entity._changes++;
      return true;
    }
  } catch (fault) {
    entity._error = fault;
  }
  entity._changes = 0;
  return false;
};
