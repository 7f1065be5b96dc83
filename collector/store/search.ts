/**
 * Finds calls by values that no index holds. It looks through calls in steps of some milliseconds, and others get their
 * turn in between.
 */
import type { Kysely } from "kysely";
import type { Outcome } from "../wire/call";
import { type CallFilter, type CallPlace, filtered, LEADING, type NumberedCall, numbered } from "./reads";
import { beyond } from "./rows";
import type { CallRow, Tables } from "./tables";

/** What calls may be searched by, besides what they are listed by. */
export interface CallSearch extends CallFilter {
  reason?: string | undefined;
  caller_sha256?: string | undefined;
  /** An entity's value as of the call, as text. */
  entity?: { name: string; value: string } | undefined;
}

export interface FoundCalls {
  /** The newest T first. */
  rows: NumberedCall[];
  /** Where to go on. Null if everything was looked through. */
  next: CallPlace | null;
}

/** How many calls a step looks at: by their columns alone, or if it has to read their outcomes. */
const LOOKED_AT = 1_000;
const READ = 150;

/** The most events of one caller that are looked through: the latest. */
const CALLER_EVENTS = 1_000;

/** True if no single index can answer the filter. */
export function isSearch(filter: CallSearch): boolean {
  const { reason, caller_sha256, entity } = filter;
  if (reason !== undefined || caller_sha256 !== undefined || entity !== undefined) return true;
  return LEADING.filter((column) => filter[column] !== undefined).length > 1;
}

export function searchStore(db: Kysely<Tables>) {
  /** The full rows of those of these calls that pass the whole search. */
  async function passing(site: string, ids: string[], search: CallSearch): Promise<CallRow[]> {
    if (ids.length === 0) return [];
    const rows = db.selectFrom("calls").selectAll().where("site", "=", site).where("call_id", "in", ids);
    return (await rows.execute()).filter((row) => passes(row, search)).sort(newestFirst);
  }

  async function byCaller(site: string, search: CallSearch, below: CallPlace | null, limit: number) {
    const events = await db
      .selectFrom("call_events")
      .select(["call_id", "ts"])
      .where("site", "=", site)
      .where("caller_sha256", "=", search.caller_sha256 ?? "")
      .orderBy("ts", "desc")
      .orderBy("call_id", "desc")
      .limit(CALLER_EVENTS)
      .execute();
    const ids = [...new Set(events.map(({ call_id }) => call_id))];
    const found = (await passing(site, ids, search)).filter((row) => below === null || newestFirst(below, row) < 0);
    const rows = found.slice(0, limit);
    return { rows, next: found.length > limit ? placeOf(rows) : null };
  }

  async function byTime(site: string, search: CallSearch, below: CallPlace | null, limit: number) {
    const { from, to } = search;
    // The first indexed column in the search selects the rows. The others are checked on each row.
    const leading = LEADING.find((column) => search[column] !== undefined);
    const beside = LEADING.filter((column) => column !== leading && search[column] !== undefined);
    const columns = search.reason === undefined ? beside : [...beside, "reason" as const];
    const most = search.entity === undefined ? LOOKED_AT : READ;
    const narrow = { from, to, ...(leading && { [leading]: search[leading] }) };
    const page = filtered(db.selectFrom("calls"), site, narrow)
      .select(["ts", "call_id", ...columns])
      .where(beyond("<", below && { ts: below.ts, call_id: below.call_id }))
      .orderBy("ts", "desc")
      .orderBy("call_id", "desc")
      .limit(most);
    const looked = await page.execute();
    const likely = looked.filter((row) => columns.every((column) => row[column] === search[column]));
    const end = looked.length === most ? placeOf(looked) : null;
    const found: CallRow[] = [];
    for (let at = 0; at < likely.length; at += READ) {
      const ids = likely.slice(at, at + READ).map(({ call_id }) => call_id);
      for (const row of await passing(site, ids, search)) {
        found.push(row);
        if (found.length === limit) return { rows: found, next: placeOf([row]) };
      }
    }
    return { rows: found, next: end };
  }

  return {
    /** One step of a search, from `below` on. It ends early once it has found `limit` calls. */
    async searchCalls(site: string, search: CallSearch, below: CallPlace | null, limit: number): Promise<FoundCalls> {
      const { rows, next } = await (search.caller_sha256 === undefined ? byTime : byCaller)(site, search, below, limit);
      return { rows: await numbered(db, site, rows), next };
    },
  };
}

function passes(row: CallRow, { entity, caller_sha256, from, to, reason, ...search }: CallSearch): boolean {
  if (LEADING.some((column) => search[column] !== undefined && row[column] !== search[column])) return false;
  if (reason !== undefined && row.reason !== reason) return false;
  if (row.ts < (from ?? 0) || row.ts >= (to ?? Number.POSITIVE_INFINITY)) return false;
  if (entity === undefined && caller_sha256 === undefined) return true;
  const outcome: Outcome = JSON.parse(row.outcome);
  if (caller_sha256 !== undefined && outcome.caller_sha256 !== caller_sha256) return false;
  return entity === undefined || String(own(outcome.entities, entity.name)) === entity.value;
}

function own(values: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function newestFirst(a: CallPlace, b: CallPlace): number {
  return b.ts - a.ts || (a.call_id > b.call_id ? -1 : a.call_id < b.call_id ? 1 : 0);
}

function placeOf(rows: CallPlace[]): CallPlace | null {
  const last = rows.at(-1);
  return last ? { ts: last.ts, call_id: last.call_id } : null;
}
