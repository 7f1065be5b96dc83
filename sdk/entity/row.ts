import { type Entity, isRestless } from "./entity";
import type { Value } from "./value";

/** One line of `entities()`. `pending`: not read yet on this view, or waiting for consent. `error` is what the reading threw. */
export interface EntityRow {
  name: string;
  type: "simple" | "expression";
  scope: "session" | "page_view";
  value: Value | null;
  status: "pending" | "sent" | "queued" | "empty" | "error";
  error: string | null;
}

const statusOf = ({ _setup, _error, _value, _delivery }: Entity): EntityRow["status"] => {
  // That its variable is not defined yet is how a simple entity waits.
  if (_error) return _setup.type === "simple" ? "pending" : "error";
  if (_error === "" && _value === undefined) return "empty";
  if (_delivery) return _delivery._isAnswered ? "sent" : "queued";
  return "pending";
};

/** What an entity looks like from outside. */
export const toRow = (entity: Entity): EntityRow => ({
  ...entity._setup,
  value: entity._value ?? null,
  status: statusOf(entity),
  error: entity._error || (isRestless(entity) ? "restless" : null),
});
