/** Rows for tests, with everything that a test does not care about filled in. */
import { sha256 } from "../../../collector/hash";
import type { DescribedView } from "../../../collector/store/history";
import type { Write } from "../../../collector/store/intake";
import type { Store } from "../../../collector/store/store";
import type { CallEventRow, DeliveryRow, DueRow, FiledRow, SnapshotRow } from "../../../collector/store/tables";

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
    duration_s: null,
    answered: null,
    caller_sha256: null,
    caller: null,
    dialled: null,
    received_at: 1_001_200,
    ...changes,
  };
  const canonical = changes.canonical ?? JSON.stringify(row);
  return { ...row, canonical, body: canonical, event_id: sha256(canonical), ...changes };
}

/** A delivery that is due. */
export function delivery(changes: Partial<DeliveryRow> = {}): DeliveryRow {
  const call_id = changes.call_id ?? "c".repeat(32);
  return {
    site: SITE,
    call_id,
    id: `${call_id}-1`,
    webhook: "crm",
    event: "call.matched",
    version: 1,
    state: "pending",
    request: "{}",
    made_at: 2_000_000,
    failures: 0,
    next_attempt_at: 2_000_000,
    ended_at: null,
    ...changes,
  };
}

/** A conversion that a file has told of. */
export function filed(changes: Partial<FiledRow> = {}): FiledRow {
  return {
    site: SITE,
    call_id: "call-1",
    webhook: "ads",
    name: "sale",
    value: 5,
    currency: "GBP",
    filed_at: 1,
    ts: 1,
    click_id: null,
    adjusted: 0,
    ...changes,
  };
}

export function write(changes: Partial<Write> = {}): Write {
  return { snapshots: [], events: [], rejected: [], ...changes };
}

/** All views of a context, by the sessions that they are in. */
export async function viewsOf(store: Store, site: string, contextId: string): Promise<DescribedView[]> {
  const sessions = await store.sessions({ site, contextId }, null, 0, 1_000);
  const views = sessions.map(({ session_id: sessionId }) =>
    store.history.viewsOf({ site, contextId, sessionId }, Number.MAX_SAFE_INTEGER, null, 1_000),
  );
  return (await Promise.all(views)).flat();
}

/** All snapshots of a context. */
export async function snapshotsOf(store: Store, site: string, contextId: string): Promise<SnapshotRow[]> {
  const views = await viewsOf(store, site, contextId);
  const all = views.map(({ view_id: viewId }) => store.viewSnapshots({ site, contextId, viewId }, "first", 10_000));
  return (await Promise.all(all)).flat();
}

/** What is due because of any of a batch's writes, each once. */
export function dueOf(written: { due: DueRow[] }[]): DueRow[] {
  return [
    ...new Map(written.flatMap(({ due }) => due).map((row) => [row.kind + row.subject + row.stamp, row])).values(),
  ];
}
