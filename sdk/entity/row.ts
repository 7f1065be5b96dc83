import { bytesOf } from "../browser/cut";
import { safe } from "../browser/safe";
import { type Entity, isRestless } from "./entity";
import type { Value } from "./value";

/**
 * One line of `entities()`. `pending`: not read yet on this view, not told yet, or waiting for consent. `error` is what the reading threw,
 * or why the collector has not taken the value.
 */
export interface EntityRow {
  name: string;
  type: "simple" | "expression";
  scope: "session" | "page_view";
  value: Value | null;
  status: "pending" | "queued" | "sent" | "rejected" | "given_up" | "empty" | "error";
  error: string | null;
}

/** One line of `inspect()`. */
export interface InspectedRow extends EntityRow {
  /** The code that is read. */
  source: string;
  /** When the value last changed on this view, epoch ms, and from what. */
  changed_at: number | null;
  previous: Value | null;
  /** Of UTF-8. */
  bytes: number;
  /** Whether the value was longer. */
  cut: boolean;
  /** Why it is empty. */
  why: string | null;
  /** The error's. */
  stack: string | null;
}

const statusOf = (entity: Entity): EntityRow["status"] => {
  // That its variable is not defined yet is how a simple entity waits.
  if (entity._error) return entity._setup.type === "simple" ? "pending" : "error";
  if (entity._restsUntil && entity._value === undefined) return "empty";
  return entity._delivery && entity._told === entity._value ? entity._delivery._status : "pending";
};

/** What an entity looks like from outside. */
export const toRow = (entity: Entity): EntityRow => {
  const error = entity._error || entity._delivery?._reason || (isRestless(entity) ? "restless" : null);
  return { ...entity._setup, value: entity._value ?? null, status: statusOf(entity), error };
};

/** A function's expression: as the collector compiles it, with what it puts before a path, or as an arrow function has it. */
const WRAPPED = /^function\(\)\{(?:if[^\n]*\n)?return\((.*)\n\)\}$|^\(\)\s*=>\s*([^{\s].*)/s;

export const toInspectedRow = (entity: Entity): InspectedRow => {
  const { _raw } = entity;
  const row = toRow(entity);
  const text = `${row.value ?? ""}`;
  const bytes = bytesOf(text);
  const why =
    typeof _raw === "function" ? "a function that was not called" : `${_raw?.toString() ?? _raw}` || "an empty text";
  return {
    ...row,
    source: `${entity._setup.value}`.replace(WRAPPED, "$1$2"),
    changed_at: entity._changedAt || null,
    previous: entity._previous ?? null,
    bytes,
    cut: bytes > 1020 && text.endsWith("…"),
    why: row.status === "empty" ? why : null,
    // A page may throw anything, also what throws when it is looked at.
    stack: safe(() => (entity._thrown as Error | undefined)?.stack)() || null,
  };
};
