import { type Entity, isRestless } from "../entity/entity";
import type { EntityRow } from "./api";

const statusOf = ({ _error, _delivery, _wasRead, _value }: Entity): EntityRow["status"] => {
  if (_error) return "error";
  if (_delivery) return _delivery._answered ? "sent" : "queued";
  return _wasRead && _value === undefined ? "empty" : "pending";
};

/** What an entity looks like from outside. */
export const toRow = (entity: Entity): EntityRow => {
  const { name, type, scope } = entity._setup;
  const { _error, _value = null } = entity;
  const error = _error ? `${_error}` : isRestless(entity) ? "changes at each reading; now read every 10 s" : null;
  return { name, type, scope, value: _value, status: statusOf(entity), error };
};
