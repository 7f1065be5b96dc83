/** Rows for tests, with everything that a test does not care about filled in. */
import { sha256 } from "../../../collector/store/hash";
import type { Write } from "../../../collector/store/intake";
import type { CallEventRow, SnapshotRow } from "../../../collector/store/tables";

export const SITE = "shop";
export const CONTEXT = "6o2diu81w9o-0irxltk5b-u9t1cv4";

export function snapshot(changes: Partial<SnapshotRow> = {}): SnapshotRow {
  return {
    site: SITE,
    context_id: CONTEXT,
    view_id: "view-1",
    seq: 0,
    session_id: "session-1",
    at: 1_000_000,
    sent_at: 1_000_500,
    received_at: 1_000_600,
    view: null,
    entities: "{}",
    errors: null,
    ...changes,
  };
}

export function event(changes: Partial<CallEventRow> = {}): CallEventRow {
  const row = {
    site: SITE,
    call_id: "call-1",
    vendor: "infinity",
    type: "ecBasketTransactionSummary",
    transaction_id: "t-1",
    own_id: CONTEXT,
    own_is_alias: 0,
    ts: 1_001_000,
    ts_unit: "ms" as const,
    revision: 0,
    url: null,
    source: null,
    total_value: null,
    total_currency: null,
    received_at: 1_001_200,
    ...changes,
  };
  const canonical = changes.canonical ?? JSON.stringify(row);
  return { ...row, canonical, body: canonical, event_id: sha256(canonical), ...changes };
}

export function write(changes: Partial<Write> = {}): Write {
  return { snapshots: [], events: [], rejected: [], ...changes };
}
