/** Makes one call out of its call events (contract 5, last paragraph). */
import type { CallEventRow } from "../store/tables";
import { CLOCK_TOLERANCE_MS, type callFacts, type Outcome } from "../wire/call";
import type { SummaryType } from "../wire/common";
import { isJunk } from "../wire/ids";

type Told = "id" | "vendor" | "type" | "ts" | "ts_unit" | "url" | "source" | "total" | keyof typeof callFacts.shape;

/** A call as its vendor reports it, before it is joined. `ts` is T. */
export interface CallFacts extends Omit<Pick<Outcome, Told>, "direction"> {
  transaction_id: string;
  /** The call's own id: what the vendor says identifies the visitor. Null if no event says anything. */
  own_id: string | null;
  /** True if that is the vendor's own id for the visitor, which is looked up as an alias. */
  own_is_alias: boolean;
  /** True if its visitor was erased. It stays true, whatever else arrives for the call. */
  erased: boolean;
}

/** True if an id starts with one of a vendor's own prefixes. It is then the vendor's visitor id, and never junk. */
function isOffline(id: string, prefixes: string[]): boolean {
  return prefixes.some((prefix) => id.startsWith(prefix));
}

/** True if a call is dated later than it was reported. Then its vendor's clock or time zone is wrong. */
export function isAhead(ts: number, receivedAt: number): boolean {
  return ts - receivedAt > CLOCK_TOLERANCE_MS;
}

/** Sorts events so that a later one overrules: by `ts`, the vendor's revision, received-at, and the canonical JSON. */
export function byPrecedence(a: CallEventRow, b: CallEventRow): number {
  if (a.ts !== b.ts) return a.ts - b.ts;
  if (a.revision !== b.revision) return a.revision - b.revision;
  if (a.received_at !== b.received_at) return a.received_at - b.received_at;
  return a.canonical < b.canonical ? -1 : a.canonical > b.canonical ? 1 : 0;
}

/**
 * Merges all events of one call. Their order in `events` does not matter.
 * `prefixes` are the vendor's offline prefixes. Throws if there is no event.
 */
export function mergeEvents(events: CallEventRow[], prefixes: string[]): CallFacts {
  const sorted = [...events].sort(byPrecedence);
  const earliest = sorted[0];
  if (!earliest) throw new Error("a call has at least one event");
  const last = <T>(read: (event: CallEventRow) => T | null): T | null =>
    sorted.reduce<T | null>((found, event) => read(event) ?? found, null);

  const isAlias = ({ own_id, own_is_alias }: CallEventRow) => own_is_alias === 1 || isOffline(own_id ?? "", prefixes);
  const named = sorted.filter(({ own_id }) => own_id);
  const own = named.findLast((event) => isAlias(event) || !isJunk(event.own_id ?? "")) ?? named.at(-1);
  return {
    id: earliest.call_id,
    vendor: earliest.vendor,
    type: earliest.type as SummaryType,
    transaction_id: earliest.transaction_id,
    ts: earliest.ts,
    ts_unit: sorted.some(({ ts, ts_unit }) => ts === earliest.ts && ts_unit === "s") ? "s" : "ms",
    url: last(({ url }) => url || null) ?? "",
    source: last(({ source }) => source || null) ?? "",
    total: last(({ total_value, total_currency }) =>
      total_value === null ? null : { value: total_value, currency: total_currency },
    ),
    duration_s: last(({ duration_s }) => duration_s),
    answered: last(({ answered }) => (answered === null ? null : answered === 1)),
    caller_sha256: last(({ caller_sha256 }) => caller_sha256),
    caller: last(({ caller }) => caller),
    dialled: last(({ dialled }) => dialled),
    own_id: own?.own_id ?? null,
    own_is_alias: own !== undefined && isAlias(own),
    erased: events.some(({ body }) => body === null),
  };
}
