/** What arrives: snapshots, call events, refusals. One transaction a batch, with what has to be joined because of it. */
import type { Transaction } from "kysely";
import { UNMATCHED_AFTER_MS } from "../wire/call";
import { aliasesOf, identifyingNames } from "./aliases";
import { chunks } from "./chunks";
import { addDue, ofCall, strikeOff, type Touched } from "./due";
import type { Engine } from "./engine";
import { erasedIds, redacted } from "./erased";
import { sha256 } from "./hash";
import { callsTouchedBy } from "./joins";
import { createShapes, type Shapes } from "./shapes";
import type { CallEventRow, DueRow, RejectedRow, SnapshotRow, Tables, ViewRow } from "./tables";
import type { Transact } from "./transact";
import { mergeStoredViews, mergeView, viewOf } from "./views";

/** What one request brings. */
export interface Write {
  snapshots: SnapshotRow[];
  events: CallEventRow[];
  rejected: RejectedRow[];
}

/** What became of a row: `conflict` where its name is taken by another body, `erased` where its visitor was. */
export type Verdict = "accepted" | "duplicate" | "conflict" | "erased";

/** The verdicts on each `Write`, row by row, and what must be joined again because of them. */
export interface Written {
  verdicts: Verdicts[];
  due: DueRow[];
}

export interface Verdicts {
  snapshots: Verdict[];
  events: Verdict[];
}

export interface Intake {
  /**
   * Writes a batch in one transaction, which is on disk when this resolves, and strikes off the due rows in `done`.
   * Rejects with nothing written where the database refuses. Where the database is sharded it is one transaction for each key, one after
   * the other, and what was written before one of them was refused stays.
   */
  write(batch: Write[], done: DueRow[], now: number): Promise<Written>;
}

// Two batches that name the same rows take them in the same order (table by table, each by its key), and so cannot wait for each other.
export function intakeStore(engine: Engine, transact: Transact): Intake {
  const shapes = createShapes();
  return {
    async write(batch, done, now) {
      const all = {
        snapshots: batch.flatMap(({ snapshots }) => snapshots),
        events: batch.flatMap(({ events }) => events),
        rejected: batch.flatMap(({ rejected }) => rejected),
        done,
      };
      const verdicts = new Map<SnapshotRow | CallEventRow, Verdict>();
      const due: DueRow[] = [];
      for (const rows of engine.sharded ? partsByKey(all) : [all]) {
        const written = await transact((tx) => writeRows(tx, engine, shapes, rows, now));
        for (const some of written.verdicts) for (const [row, verdict] of some) verdicts.set(row, verdict);
        due.push(...written.due);
      }
      const verdictOn = (row: SnapshotRow | CallEventRow) => verdicts.get(row) ?? "duplicate";
      return {
        verdicts: batch.map(({ snapshots, events }) => ({
          snapshots: snapshots.map(verdictOn),
          events: events.map(verdictOn),
        })),
        due,
      };
    },
  };
}

/** What one transaction writes, and which due rows it strikes off. */
interface Rows extends Write {
  done: DueRow[];
}

/** Rows by what they are about, in the order in which they came: each part lies in one place of a sharded database. */
function partsByKey({ snapshots, events, rejected, done }: Rows): Rows[] {
  const parts = new Map<string, Rows>();
  const partOf = (key: string) => {
    const part = parts.get(key) ?? { snapshots: [], events: [], rejected: [], done: [] };
    parts.set(key, part);
    return part;
  };
  for (const row of snapshots) partOf(`context ${nameOfContext(row)}`).snapshots.push(row);
  for (const row of events) partOf(`call ${row.site} ${row.call_id}`).events.push(row);
  for (const row of rejected) partOf(`rejected ${row.site} ${row.id}`).rejected.push(row);
  for (const row of done) partOf(`${row.kind} ${row.site} ${row.subject}`).done.push(row);
  return [...parts.values()];
}

async function writeRows(tx: Transaction<Tables>, engine: Engine, shapes: Shapes, rows: Rows, now: number) {
  // What the rows below are written by (who was erased, which names identify) does not change until they are committed.
  await engine.shareSites(tx, [...new Set([...rows.snapshots, ...rows.events].map(({ site }) => site))]);
  const snapshots = await addSnapshots(tx, shapes, rows.snapshots);
  const events = await addEvents(tx, rows.events);
  for (const part of chunks(byKey(rows.rejected, ({ site, id }) => `${site} ${id}`))) {
    await tx
      .insertInto("rejected")
      .values(part)
      .onConflict((c) => c.doNothing())
      .execute();
  }
  const contexts = rows.snapshots.filter((row) => snapshots.get(row) === "accepted").map(ofContext);
  const calls = rows.events
    .filter((row) => events.get(row) === "accepted")
    .map(({ site, call_id }) => ofCall(site, call_id));
  // Where there is one writer at a time, the calls that the contexts touch now are enough: one that commits later is joined after it, and
  // reads these snapshots itself (collector/README.md).
  const touched = engine.locksRows ? contexts : await callsOf(tx, contexts);
  const due = await addDue(tx, [...touched, ...calls], now);
  // Looked at once more when it is time to say that a call is still not matched; a sweep finds it then.
  await addDue(tx, calls, now + UNMATCHED_AFTER_MS);
  await strikeOff(tx, rows.done);
  return { verdicts: [snapshots, events], due };
}

/** Rows in the order of their keys. */
function byKey<T>(rows: T[], key: (row: T) => string): T[] {
  const keyed = rows.map((row) => ({ row, key: key(row) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ row }) => row);
}

function ofContext({ site, context_id }: SnapshotRow): Touched {
  return { site, kind: "context", subject: context_id };
}

/** The calls that contexts touch. */
async function callsOf(tx: Transaction<Tables>, contexts: Touched[]): Promise<Touched[]> {
  const bySite = new Map<string, Set<string>>();
  for (const { site, subject } of contexts) bySite.set(site, (bySite.get(site) ?? new Set()).add(subject));
  const calls: Touched[] = [];
  for (const [site, ids] of bySite) {
    for (const part of chunks([...ids])) {
      for (const call of await callsTouchedBy(tx, site, part)) calls.push(ofCall(site, call));
    }
  }
  return calls;
}

/** Each row's verdict: the first row of a name is accepted, unless the name was taken before this batch. */
async function addSnapshots(
  tx: Transaction<Tables>,
  shapes: Shapes,
  all: SnapshotRow[],
): Promise<Map<SnapshotRow, Verdict>> {
  const verdicts = new Map<SnapshotRow, Verdict>();
  if (all.length === 0) return verdicts;
  const erased = await erasedIds(
    tx,
    all.map(({ site, context_id }) => ({ site, id: context_id })),
  );
  const rows = all.filter((row) => !erased.has(nameOfContext(row)));
  for (const row of all) if (erased.has(nameOfContext(row))) verdicts.set(row, "erased");

  const firsts = new Map<string, SnapshotRow>();
  for (const row of rows) if (!firsts.has(nameOf(row))) firsts.set(nameOf(row), row);
  const accepted: SnapshotRow[] = [];
  const inserted = await shapes.run(tx, "snapshots", byKey([...firsts.values()], nameOf), (part) =>
    tx
      .insertInto("snapshots")
      .values(part)
      .onConflict((conflict) => conflict.doNothing())
      .returning(["site", "context_id", "view_id", "seq"]),
  );
  for (const name of inserted) {
    const row = firsts.get(nameOf(name));
    if (row) accepted.push(row);
  }
  for (const row of accepted) verdicts.set(row, "accepted");
  for (const row of rows)
    if (!verdicts.has(row)) verdicts.set(row, (await sameAsStored(tx, row)) ? "duplicate" : "conflict");
  await derive(tx, shapes, accepted);
  return verdicts;
}

/** Keeps `views` and `aliases` in step with the snapshots that were accepted. */
async function derive(tx: Transaction<Tables>, shapes: Shapes, accepted: SnapshotRow[]): Promise<void> {
  const views = new Map<string, ViewRow>();
  for (const row of accepted) {
    const key = `${nameOfContext(row)} ${row.view_id}`;
    const seen = views.get(key);
    views.set(key, seen ? mergeView(seen, viewOf(row)) : viewOf(row));
  }
  const sorted = [...views].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  await shapes.run(tx, "views", sorted, (part) => mergeStoredViews(tx, part));

  const names = await identifyingNames(tx, [...new Set(accepted.map(({ site }) => site))]);
  const aliases = accepted.flatMap((row) => aliasesOf(row, names.get(row.site) ?? []));
  await shapes.run(tx, "aliases", aliases, (part) => tx.insertInto("aliases").values(part));
}

async function sameAsStored(tx: Transaction<Tables>, row: SnapshotRow): Promise<boolean> {
  const stored = await tx
    .selectFrom("snapshots")
    .select(["session_id", "at", "view", "entities", "errors"])
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
    stored.entities === row.entities &&
    stored.errors === row.errors
  );
}

async function addEvents(tx: Transaction<Tables>, rows: CallEventRow[]): Promise<Map<CallEventRow, Verdict>> {
  const verdicts = new Map<CallEventRow, Verdict>();
  const firsts = new Map<string, CallEventRow>();
  for (const row of rows) if (!firsts.has(nameOfEvent(row))) firsts.set(nameOfEvent(row), row);
  const ids = rows.map(({ site, own_id }) => ({ site, id: own_id ?? "" }));
  const erased = await erasedIds(tx, ids);
  const kept = (row: CallEventRow): CallEventRow =>
    erased.has(`${row.site} ${row.own_id}`) ? { ...row, ...redacted(sha256(row.own_id ?? ""), row.event_id) } : row;
  for (const part of chunks(byKey([...firsts.values()], nameOfEvent))) {
    const inserted = await tx
      .insertInto("call_events")
      .values(part.map(kept))
      .onConflict((conflict) => conflict.doNothing())
      .returning(["site", "call_id", "event_id"])
      .execute();
    for (const name of inserted) {
      const row = firsts.get(nameOfEvent(name));
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

function nameOfEvent(row: { site: string; call_id: string; event_id: string }): string {
  return `${row.site} ${row.call_id} ${row.event_id}`;
}
