/** The derived row of a view, and the rules that merge two such rows into one. */
import { type Compilable, type Kysely, sql } from "kysely";
import type { View } from "../wire/snapshots";
import { nameBits, pageOf } from "./page";
import type { StoredSnapshot, Tables, ViewRow } from "./tables";

/** A view as some of its snapshots (at least one) show it. */
export function viewOf(snapshots: StoredSnapshot[]): ViewRow {
  const sorted = [...snapshots].sort((a, b) => a.at - b.at || a.seq - b.seq);
  const [first, last] = [sorted[0] as StoredSnapshot, sorted.at(-1) as StoredSnapshot];
  const described = sorted.find((row) => row.view !== null) ?? null;
  const view: View | null = described && JSON.parse(described.view ?? "null");
  return {
    site: first.site,
    visitor: first.visitor,
    view_id: first.view_id,
    session_id: first.session_id,
    first_at: first.at,
    first_seq: first.seq,
    view_at: described?.at ?? null,
    view_seq: described?.seq ?? null,
    last_at: last.at,
    arrived_at: Math.max(...sorted.map(({ received_at }) => received_at)),
    min_delay: Math.min(...sorted.map(({ received_at, sent_at }) => received_at - sent_at)),
    number: view?.number ?? 0,
    page: view && pageOf(view.url),
    names: nameBits(sorted.flatMap(({ entities }) => Object.keys(JSON.parse(entities)))),
    displaced: null,
  };
}

/** What a merge returns of a view. */
const MERGED = ["site", "visitor", "view_id", "session_id", "first_at", "last_at", "min_delay", "displaced"] as const;
export type MergedView = Pick<ViewRow, (typeof MERGED)[number]>;

/**
 * Columns that come from the lowest snapshot by (`at`, `seq`), and columns that come from the lowest one that carries
 * the view's document (contract 4).
 */
const FIRST = ["session_id", "first_at", "first_seq"] as const;
const DESCRIBED = ["view_at", "view_seq", "number", "page"] as const;

/**
 * The statement that merges rows into the stored ones and returns what became of each. Merging is commutative,
 * associative and idempotent, so the order in which snapshots arrive decides nothing. Each row must be about another
 * view.
 */
export function mergeViews(db: Kysely<Tables>, rows: ViewRow[]): Compilable<MergedView> {
  const isFirst = sql<boolean>`(excluded.first_at, excluded.first_seq) < (views.first_at, views.first_seq)`;
  const describes = sql<boolean>`excluded.view_at is not null
    and (views.view_at is null or (excluded.view_at, excluded.view_seq) < (views.view_at, views.view_seq))`;
  const pick = (condition: typeof isFirst, column: keyof ViewRow) =>
    [
      column,
      sql`case when ${condition} then ${sql.ref(`excluded.${column}`)} else ${sql.ref(`views.${column}`)} end`,
    ] as const;
  const merged = [
    ...FIRST.map((column) => pick(isFirst, column)),
    ...DESCRIBED.map((column) => pick(describes, column)),
    pick(sql`excluded.last_at > views.last_at`, "last_at"),
    pick(sql`excluded.arrived_at > views.arrived_at`, "arrived_at"),
    pick(sql`excluded.min_delay < views.min_delay`, "min_delay"),
    ["names", sql`views.names | excluded.names`] as const,
    [
      "displaced",
      sql`case when ${isFirst} and excluded.session_id <> views.session_id then views.session_id else views.displaced end`,
    ] as const,
  ];
  return db
    .insertInto("views")
    .values(rows)
    .onConflict((conflict) => conflict.columns(["site", "visitor", "view_id"]).doUpdateSet(Object.fromEntries(merged)))
    .returning(MERGED);
}
