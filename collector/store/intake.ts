/** What arrives: snapshots, call events, refusals. One transaction a batch, with what has to be joined because of it. */
import { randomUUID } from "node:crypto";
import type { Kysely, Transaction } from "kysely";
import { aliasesOf, identifyingNames } from "./aliases";
import { sha256 } from "./hash";
import type { CallEventRow, DueRow, RejectedRow, SnapshotRow, Tables, ViewRow } from "./tables";
import { mergeStoredViews, mergeView, viewOf } from "./views";

/** What one request brings. */
export interface Write {
  snapshots: SnapshotRow[];
  events: CallEventRow[];
  rejected: RejectedRow[];
}

/** What became of a row: `conflict` where its name is taken by another body, `erased` where its visitor was. */
export type Verdict = "accepted" | "duplicate" | "conflict" | "erased";

/** The verdicts on one `Write`, row by row, and what must be joined again because of it. */
export interface Written {
  snapshots: Verdict[];
  events: Verdict[];
  due: DueRow[];
}

export interface Intake {
  /**
   * Writes a batch in one transaction, which is on disk when this resolves, and strikes off the due rows in `done`.
   * Rejects with nothing written where the database refuses.
   */
  write(batch: Write[], done: DueRow[], now: number): Promise<Written[]>;
}

/** Rows of one INSERT: SQLite takes at most 32,766 parameters. */
const CHUNK = 500;

export function intakeStore(db: Kysely<Tables>): Intake {
  return {
    write: (batch, done, now) =>
      db.transaction().execute(async (tx) => {
        const snapshots = await addSnapshots(
          tx,
          batch.flatMap((write) => write.snapshots),
        );
        const events = await addEvents(
          tx,
          batch.flatMap((write) => write.events),
        );
        const rejected = batch.flatMap((write) => write.rejected);
        for (const rows of chunks(rejected)) {
          await tx
            .insertInto("rejected")
            .values(rows)
            .onConflict((c) => c.doNothing())
            .execute();
        }
        const written = batch.map((write): Written => {
          const verdicts = {
            snapshots: write.snapshots.map((row) => snapshots.get(row) ?? "duplicate"),
            events: write.events.map((row) => events.get(row) ?? "duplicate"),
          };
          return { ...verdicts, due: dueOf(write, verdicts, now) };
        });
        for (const rows of chunks(written.flatMap(({ due }) => due))) await tx.insertInto("due").values(rows).execute();
        await strikeOff(tx, done);
        return written;
      }),
  };
}

/** Removes exactly these due rows; a newer one for the same context or call has another stamp and stays. */
export async function strikeOff(tx: Kysely<Tables>, done: DueRow[]): Promise<void> {
  for (const row of done) {
    await tx
      .deleteFrom("due")
      .where("site", "=", row.site)
      .where("context_id", "=", row.context_id)
      .where("call_id", "=", row.call_id)
      .where("stamp", "=", row.stamp)
      .execute();
  }
}

function dueOf(write: Write, verdicts: { snapshots: Verdict[]; events: Verdict[] }, now: number): DueRow[] {
  const stamp = randomUUID();
  const due = new Map<string, DueRow>();
  write.snapshots.forEach(({ site, context_id }, index) => {
    if (verdicts.snapshots[index] !== "accepted") return;
    due.set(`${site} ${context_id}`, { site, context_id, call_id: "", stamp, due_at: now });
  });
  write.events.forEach(({ site, call_id }, index) => {
    if (verdicts.events[index] !== "accepted") return;
    due.set(`${site}  ${call_id}`, { site, context_id: "", call_id, stamp, due_at: now });
  });
  return [...due.values()];
}

/** Each row's verdict: the first row of a name is accepted, unless the name was taken before this batch. */
async function addSnapshots(tx: Transaction<Tables>, all: SnapshotRow[]): Promise<Map<SnapshotRow, Verdict>> {
  const verdicts = new Map<SnapshotRow, Verdict>();
  if (all.length === 0) return verdicts;
  const erased = await erasedContexts(tx, all);
  const rows = all.filter((row) => !erased.has(nameOfContext(row)));
  for (const row of all) if (erased.has(nameOfContext(row))) verdicts.set(row, "erased");

  const firsts = new Map<string, SnapshotRow>();
  for (const row of rows) if (!firsts.has(nameOf(row))) firsts.set(nameOf(row), row);
  const accepted: SnapshotRow[] = [];
  for (const part of chunks([...firsts.values()])) {
    const inserted = await tx
      .insertInto("snapshots")
      .values(part)
      .onConflict((conflict) => conflict.doNothing())
      .returning(["site", "context_id", "view_id", "seq"])
      .execute();
    for (const name of inserted) {
      const row = firsts.get(nameOf(name));
      if (row) accepted.push(row);
    }
  }
  for (const row of accepted) verdicts.set(row, "accepted");
  for (const row of rows)
    if (!verdicts.has(row)) verdicts.set(row, (await sameAsStored(tx, row)) ? "duplicate" : "conflict");
  await derive(tx, accepted);
  return verdicts;
}

/** Keeps `views` and `aliases` in step with the snapshots that were accepted. */
async function derive(tx: Transaction<Tables>, accepted: SnapshotRow[]): Promise<void> {
  const views = new Map<string, ViewRow>();
  for (const row of accepted) {
    const key = `${nameOfContext(row)} ${row.view_id}`;
    const seen = views.get(key);
    views.set(key, seen ? mergeView(seen, viewOf(row)) : viewOf(row));
  }
  for (const rows of chunks([...views.values()])) await mergeStoredViews(tx, rows);

  const names = await identifyingNames(tx, [...new Set(accepted.map(({ site }) => site))]);
  const aliases = accepted.flatMap((row) => aliasesOf(row, names.get(row.site) ?? []));
  for (const rows of chunks(aliases)) await tx.insertInto("aliases").values(rows).execute();
}

async function sameAsStored(tx: Transaction<Tables>, row: SnapshotRow): Promise<boolean> {
  const stored = await tx
    .selectFrom("snapshots")
    .select(["session_id", "at", "view", "entities"])
    .where("site", "=", row.site)
    .where("context_id", "=", row.context_id)
    .where("view_id", "=", row.view_id)
    .where("seq", "=", row.seq)
    .executeTakeFirst();
  return (
    stored !== undefined &&
    stored.session_id === row.session_id &&
    stored.at === row.at &&
    stored.view === row.view &&
    stored.entities === row.entities
  );
}

async function erasedContexts(tx: Transaction<Tables>, rows: SnapshotRow[]): Promise<Set<string>> {
  const hashes = new Map(rows.map((row) => [`${row.site} ${sha256(row.context_id)}`, nameOfContext(row)]));
  const found = await tx
    .selectFrom("erased")
    .select(["site", "hash"])
    .where("site", "in", [...new Set(rows.map(({ site }) => site))])
    .where("hash", "in", [...new Set(rows.map(({ context_id }) => sha256(context_id)))])
    .execute();
  return new Set(found.map(({ site, hash }) => hashes.get(`${site} ${hash}`) ?? ""));
}

async function addEvents(tx: Transaction<Tables>, rows: CallEventRow[]): Promise<Map<CallEventRow, Verdict>> {
  const verdicts = new Map<CallEventRow, Verdict>();
  const firsts = new Map<string, CallEventRow>();
  for (const row of rows) {
    const key = `${row.site} ${row.call_id} ${row.event_id}`;
    if (!firsts.has(key)) firsts.set(key, row);
  }
  for (const part of chunks([...firsts.values()])) {
    const inserted = await tx
      .insertInto("call_events")
      .values(part)
      .onConflict((conflict) => conflict.doNothing())
      .returning(["site", "call_id", "event_id"])
      .execute();
    for (const { site, call_id, event_id } of inserted) {
      const row = firsts.get(`${site} ${call_id} ${event_id}`);
      if (row) verdicts.set(row, "accepted");
    }
  }
  return verdicts;
}

// Neither sites nor ids can hold a space, so that a space keeps their parts apart.
function nameOfContext(row: { site: string; context_id: string }): string {
  return `${row.site} ${row.context_id}`;
}

function nameOf(row: { site: string; context_id: string; view_id: string; seq: number }): string {
  return `${nameOfContext(row)} ${row.view_id} ${row.seq}`;
}

export function chunks<T>(rows: T[]): T[][] {
  return Array.from({ length: Math.ceil(rows.length / CHUNK) }, (_, i) => rows.slice(i * CHUNK, (i + 1) * CHUNK));
}
