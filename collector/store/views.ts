/** The derived row of a view, and the rules by which two of them become one. */
import { type Compilable, type Kysely, sql } from "kysely";
import type { SnapshotRow, Tables, ViewRow } from "./tables";

/** The view as one snapshot alone shows it. */
export function viewOf(snapshot: SnapshotRow): ViewRow {
  const { site, context_id, view_id, session_id, at, seq, view } = snapshot;
  return {
    site,
    context_id,
    view_id,
    session_id,
    first_at: at,
    first_seq: seq,
    view_at: view === null ? null : at,
    view_seq: view === null ? null : seq,
    last_at: at,
    min_delay: snapshot.received_at - snapshot.sent_at,
  };
}

function before(atA: number, seqA: number, atB: number, seqB: number): boolean {
  return atA < atB || (atA === atB && seqA < seqB);
}

/**
 * One row of two of the same view. Commutative, associative and idempotent, so that the order in which snapshots
 * arrive decides nothing (contract 4: the lowest by (`at`, `seq`) decides). `mergeStoredViews` says the same in SQL.
 */
export function mergeView(a: ViewRow, b: ViewRow): ViewRow {
  const first = before(b.first_at, b.first_seq, a.first_at, a.first_seq) ? b : a;
  const described = describes(b, a) ? b : a;
  return {
    ...first,
    view_at: described.view_at,
    view_seq: described.view_seq,
    last_at: Math.max(a.last_at, b.last_at),
    min_delay: Math.min(a.min_delay, b.min_delay),
  };
}

/** True where the document of a view is the first one's rather than the second's. */
function describes(a: ViewRow, b: ViewRow): boolean {
  if (a.view_at === null || a.view_seq === null) return false;
  return b.view_at === null || b.view_seq === null || before(a.view_at, a.view_seq, b.view_at, b.view_seq);
}

/** The statement that merges rows, at most one of each view, into the stored ones. */
export function mergeStoredViews(db: Kysely<Tables>, rows: ViewRow[]): Compilable<unknown> {
  const lower = sql<boolean>`excluded.first_at < views.first_at
    or (excluded.first_at = views.first_at and excluded.first_seq < views.first_seq)`;
  const describing = sql<boolean>`excluded.view_at is not null and (views.view_at is null
    or excluded.view_at < views.view_at
    or (excluded.view_at = views.view_at and excluded.view_seq < views.view_seq))`;
  const pick = <T>(condition: typeof lower, column: string) =>
    sql<T>`case when ${condition} then ${sql.ref(`excluded.${column}`)} else ${sql.ref(`views.${column}`)} end`;
  return db
    .insertInto("views")
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(["site", "context_id", "view_id"]).doUpdateSet({
        session_id: pick<string>(lower, "session_id"),
        first_at: pick<number>(lower, "first_at"),
        first_seq: pick<number>(lower, "first_seq"),
        view_at: pick<number | null>(describing, "view_at"),
        view_seq: pick<number | null>(describing, "view_seq"),
        last_at: pick<number>(sql<boolean>`excluded.last_at > views.last_at`, "last_at"),
        min_delay: pick<number>(sql<boolean>`excluded.min_delay < views.min_delay`, "min_delay"),
      }),
    );
}
