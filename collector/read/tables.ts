/** The summary tables: every call of a type, flat, page by page, so that a million rows never sit in memory. */
import { stringify } from "csv-stringify/sync";
import type { CallFilter, NumberedCall } from "../store/reads";
import type { Store } from "../store/store";
import type { Outcome } from "../wire/call";

export type TableFormat = "json" | "ndjson" | "csv";

export const CONTENT_TYPES: Record<TableFormat, string> = {
  json: "application/json; charset=utf-8",
  ndjson: "application/x-ndjson; charset=utf-8",
  csv: "text/csv; charset=utf-8",
};

const PAGE = 500;

/** A table as text, in pieces. `entities` are the names that get a column. */
export async function* tableText(
  store: Store,
  site: string,
  filter: CallFilter,
  entities: string[],
  format: TableFormat,
): AsyncGenerator<string> {
  if (format === "json") yield '{"rows":[';
  if (format === "csv") yield stringify([Object.keys(flat(null, entities))]);
  let between = "";
  for await (const rows of pages(store, site, filter)) {
    const flattened = rows.map((row) => flat(row, entities));
    if (format === "csv") yield csv(flattened);
    else if (format === "ndjson") yield flattened.map((row) => `${JSON.stringify(row)}\n`).join("");
    else if (flattened.length > 0) {
      yield between + flattened.map((row) => JSON.stringify(row)).join(",");
      between = ",";
    }
  }
  if (format === "json") yield "]}";
}

async function* pages(store: Store, site: string, filter: CallFilter): AsyncGenerator<NumberedCall[]> {
  let rows: NumberedCall[] = [];
  do {
    const last = rows.at(-1);
    rows = await store.calls(site, filter, last ? { ts: last.ts, call_id: last.call_id } : null, PAGE);
    yield rows;
  } while (rows.length === PAGE);
}

/** Values come from a public route, so that one which a spreadsheet would run as a formula is escaped (OWASP, "CSV Injection"). */
function csv(rows: Record<string, unknown>[]): string {
  const cells = rows.map((row) => Object.values(row).map((cell) => (Array.isArray(cell) ? cell.join("|") : cell)));
  return stringify(cells, { escape_formulas: true, cast: { boolean: String, number: String } });
}

/** One row; of no call, for the names of its columns. */
function flat(row: NumberedCall | null, entities: string[]): Record<string, unknown> {
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
  };
  for (const name of entities) flattened[`entity_${name}`] = call.entities?.[name];
  for (const column of Object.keys(flattened)) flattened[column] ??= null;
  return flattened;
}
