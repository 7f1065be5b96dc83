/** The summary tables: every call of a type in flat rows, page by page, so that a million rows are never in memory. */
import type { NumberedCall } from "../store/reads";
import type { CallSearch } from "../store/search";
import type { Store } from "../store/store";
import type { Outcome } from "../wire/call";
import { csv } from "./csv";
import { pagesOf } from "./find";

export type TableFormat = "json" | "ndjson" | "csv";

export const CONTENT_TYPES: Record<TableFormat, string> = {
  json: "application/json; charset=utf-8",
  ndjson: "application/x-ndjson; charset=utf-8",
  csv: "text/csv; charset=utf-8",
};

const PAGE = 500;

/** The columns that not every table has. */
export interface Columns {
  /** The entities' names. */
  entities: string[];
  /** Whether the site keeps callers' numbers. */
  caller: boolean;
}

/** A table as text, in pieces. */
export async function* tableText(
  store: Store,
  site: string,
  search: CallSearch,
  columns: Columns,
  format: TableFormat,
): AsyncGenerator<string> {
  if (format === "json") yield '{"rows":[';
  if (format === "csv") yield csv([Object.keys(flat(null, columns))]);
  let between = "";
  for await (const rows of pagesOf(store, site, search, PAGE)) {
    const flattened = rows.map((row) => flat(row, columns));
    if (format === "csv") yield csv(flattened.map((row) => Object.values(row)));
    else if (format === "ndjson") yield flattened.map((row) => `${JSON.stringify(row)}\n`).join("");
    else if (flattened.length > 0) {
      yield between + flattened.map((row) => JSON.stringify(row)).join(",");
      between = ",";
    }
  }
  if (format === "json") yield "]}";
}

/** One row. Without a call, it still has the names of the columns. */
function flat(row: NumberedCall | null, columns: Columns): Record<string, unknown> {
  const call: Partial<Outcome> = row ? JSON.parse(row.outcome) : {};
  const { join, context } = call;
  const flattened: Record<string, unknown> = {
    call_id: row?.call_id,
    vendor: row?.vendor,
    ts: row?.ts,
    url: call.url,
    source: call.source,
    transaction_id: row?.transaction_id,
    total_value: call.total?.value,
    total_currency: call.total?.currency,
    status: join?.status,
    rule: join?.rule,
    reason: join?.reason,
    gap_ms: join?.gap_ms,
    context_id: join?.context_id,
    session_id: join?.session_id,
    view_id: join?.view_id,
    view_number: context?.view_number,
    session_number: context?.session_number,
    session_view_number: context?.session_view_number,
    view_ts: context?.view_ts,
    session_ts: context?.session_ts,
    view_url: context?.url,
    referrer: context?.referrer,
    entrance_url: context?.entrance_url,
    goals: call.goals,
    conversion_number: row?.conversion_number,
    duration_s: call.duration_s,
    answered: call.answered,
    caller_sha256: call.caller_sha256,
    dialled: call.dialled,
    ...(columns.caller && { caller: call.caller }),
  };
  for (const name of columns.entities) flattened[`entity_${name}`] = call.entities?.[name];
  for (const column of Object.keys(flattened)) flattened[column] ??= null;
  return flattened;
}
