/**
 * The derived row of a session: the offset of its clock, and how far the session reaches. With it, a join finds the few
 * sessions around a call without reading the views of all sessions.
 */
import { type Compilable, type Kysely, sql, type Transaction } from "kysely";
import { CLOCK_TOLERANCE_MS } from "../wire/call";
import type { Engine } from "./engine";
import type { Shapes } from "./shapes";
import type { SessionRow, Tables } from "./tables";
import type { MergedView } from "./views";

/**
 * A session's offset, computed from its smallest delay (contract 6, "Clocks"). In ms, to be added to raw times. It
 * never falls as the delay grows.
 */
export function offsetOf(delay: number): number {
  return Math.abs(delay) <= CLOCK_TOLERANCE_MS ? 0 : delay;
}

/**
 * No session of the SDK is longer. A session ends after 24 hours in all (contract 1), and `last_start` may be up to
 * half an hour late.
 */
export const LONGEST_SESSION_MS = 25 * 3_600_000;

type Key = Pick<SessionRow, "site" | "visitor" | "session_id">;

export function nameOfSession({ site, visitor, session_id }: Key): string {
  return `${site} ${visitor} ${session_id}`;
}

/**
 * A session before and after a write. `before` is null if the session was not there, or if somebody else added it
 * meanwhile.
 */
export interface Changed {
  before: SessionRow | null;
  after: SessionRow;
  /** True if its context had no session before. */
  isFirst: boolean;
}

/**
 * Updates sessions for views that have just been merged. Takes the views as they are now. Returns those sessions by
 * `nameOfSession`.
 */
export async function mergeSessions(
  tx: Transaction<Tables>,
  engine: Engine,
  shapes: Shapes,
  views: MergedView[],
): Promise<Map<string, Changed>> {
  const proposed = new Map<string, SessionRow>();
  for (const view of views) {
    const name = nameOfSession(view);
    proposed.set(name, widened(proposed.get(name), view));
  }
  const rows = [...proposed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  const keys = rows.map(({ site, visitor, session_id }) => ({ site, visitor, session_id }));
  const before = byName(await shapes.run(tx, "sessions before", keys, (part) => stored(tx, part)));
  const added = keys.filter((key) => !before.has(nameOfSession(key)));
  const contexts = new Map(added.map(({ site, visitor }) => [`${site} ${visitor}`, { site, visitor }]));
  const known = await shapes.run(tx, "known contexts", [...contexts.values()], (part) => knownOf(tx, part));
  for (const { site, visitor } of known) contexts.delete(`${site} ${visitor}`);
  // If somebody else may be recounting a session, we cannot know here whether its row is wide enough. The statement
  // itself must compare.
  const wider = engine.locksRows ? rows : rows.filter((row) => !isWithin(row, before.get(nameOfSession(row))));
  const after = byName(await shapes.run(tx, "sessions", wider, (part) => merge(tx, part)));
  return new Map(
    rows.map((row) => {
      const name = nameOfSession(row);
      const known = before.get(name) ?? null;
      const isFirst = contexts.has(`${row.site} ${row.visitor}`);
      return [name, { before: known, after: after.get(name) ?? known ?? row, isFirst }];
    }),
  );
}

/** True if a session's row needs no change to cover this one, as with most snapshots. */
function isWithin(row: SessionRow, known: SessionRow | undefined): boolean {
  if (!known) return false;
  const falls = FALLING.some((column) => row[column] < known[column]);
  return !falls && !GROWING.some((column) => row[column] > known[column]);
}

function widened(known: SessionRow | undefined, view: MergedView): SessionRow {
  const { site, visitor, session_id, first_at, last_at, min_delay } = view;
  return {
    site,
    visitor,
    session_id,
    clock_offset: Math.min(known?.clock_offset ?? Number.POSITIVE_INFINITY, offsetOf(min_delay)),
    first_at: Math.min(known?.first_at ?? first_at, first_at),
    last_start: Math.max(known?.last_start ?? 0, Math.ceil(first_at / COARSE_MS) * COARSE_MS),
    longest: Math.max(known?.longest ?? 0, roundedUp(last_at - first_at)),
  };
}

/** A session's last start is rounded up to a multiple of this. Otherwise it would change with each view. */
const COARSE_MS = 30 * 60_000;

/** The next power of two; 0 for 0. */
function roundedUp(ms: number): number {
  return ms === 0 ? 0 : 2 ** Math.ceil(Math.log2(ms));
}

function byName(rows: SessionRow[]): Map<string, SessionRow> {
  return new Map(rows.map((row) => [nameOfSession(row), row]));
}

function valuesOf(keys: Key[]) {
  return sql.join(keys.map(({ site, visitor, session_id }) => sql`(${site}, ${visitor}, ${session_id})`));
}

function stored(db: Kysely<Tables>, keys: Key[]): Compilable<SessionRow> {
  const among = sql<boolean>`(site, visitor, session_id) in (values ${valuesOf(keys)})`;
  return db.selectFrom("sessions").selectAll().where(among);
}

/** Returns the contexts that have a session. */
function knownOf(db: Kysely<Tables>, contexts: Pick<Key, "site" | "visitor">[]) {
  const values = sql.join(contexts.map(({ site, visitor }) => sql`(${site}, ${visitor})`));
  const query = sql<Pick<Key, "site" | "visitor">>`with one (site, visitor) as (values ${values})
    select site, visitor from one where exists (
      select 1 from sessions where sessions.site = one.site and sessions.visitor = one.visitor)`;
  return { compile: () => query.compile(db) };
}

/** Columns that only ever fall, and columns that only ever grow. */
const FALLING = ["clock_offset", "first_at"] as const;
const GROWING = ["last_start", "longest"] as const;

/** Writes nothing if nothing changes, as with most snapshots. Returns what it wrote. */
function merge(db: Kysely<Tables>, rows: SessionRow[]): Compilable<SessionRow> {
  const isNow = (column: string, side: "<" | ">") =>
    sql<boolean>`${sql.ref(`excluded.${column}`)} ${sql.raw(side)} ${sql.ref(`sessions.${column}`)}`;
  const changes = [
    ...FALLING.map((column) => [column, isNow(column, "<")] as const),
    ...GROWING.map((column) => [column, isNow(column, ">")] as const),
  ];
  const merged = changes.map(([column, changed]) => [
    column,
    sql`case when ${changed} then ${sql.ref(`excluded.${column}`)} else ${sql.ref(`sessions.${column}`)} end`,
  ]);
  return db
    .insertInto("sessions")
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(["site", "visitor", "session_id"])
        .doUpdateSet(Object.fromEntries(merged))
        .where((eb) => eb.or(changes.map(([, changed]) => changed))),
    )
    .returningAll();
}

/** Recounts a session from its views, after some have left it. Deletes the session if no view is left. */
export async function recountSession(tx: Kysely<Tables>, engine: Engine, key: Key): Promise<void> {
  const own = sql<boolean>`site = ${key.site} and visitor = ${key.visitor} and session_id = ${key.session_id}`;
  // Somebody who adds a view to the session meanwhile waits, and then widens what is counted here. The count is a
  // statement of its own, so that it sees every view that was committed before.
  const row = tx.selectFrom("sessions").select("session_id").where(own);
  await row.$if(engine.locksRows, (query) => query.forUpdate()).execute();
  const counted = await tx
    .selectFrom("views")
    .select(({ fn }) => [fn.min("first_at").as("first_at"), fn.max("first_at").as("last_start")])
    .select(({ fn }) => [fn.min("min_delay").as("delay"), sql<number>`max(last_at - first_at)`.as("longest")])
    .where(own)
    .executeTakeFirstOrThrow();
  const { first_at, last_start, delay, longest } = counted;
  // Without rows, each of these is null.
  if (first_at === null) await tx.deleteFrom("sessions").where(own).execute();
  else {
    const set = { first_at, last_start, clock_offset: offsetOf(delay), longest: roundedUp(longest) };
    await tx.updateTable("sessions").set(set).where(own).execute();
  }
}
