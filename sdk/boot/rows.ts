import { type Entity, isRestless } from "../entity/entity";
import type { EntityRow } from "./api";

const statusOf = ({ _error, _value, _wasRead, _delivery }: Entity): EntityRow["status"] => {
  if (_error) return "error";
  if (_value === undefined) return _wasRead ? "empty" : "pending";
  if (_delivery) return _delivery._isAnswered ? "sent" : "queued";
  return "pending";
};

/** What an entity looks like from outside. */
export const toRow = (entity: Entity): EntityRow => {
  const { name, type, scope } = entity._setup;
  const { _error, _value = null } = entity;
  const error = _error ? `${_error}` : isRestless(entity) ? "never rests: read every 10 s" : null;
  return { name, type, scope, value: _value, status: statusOf(entity), error };
};
