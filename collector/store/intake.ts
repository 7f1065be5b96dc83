/**
 * What arrives: snapshots, call events and refusals. Each batch is one transaction, which also leaves due rows for what
 * must be joined because of it.
 */
import type { Transaction } from "kysely";
import { UNMATCHED_AFTER_MS } from "../wire/call";
import { addShowings } from "./aliases";
import { addDue, ofCall, strikeOff, type Touched } from "./due";
import type { Engine } from "./engine";
import { anyErased, erasedIds, forgetAliases, refusedWithoutErased } from "./erased";
import { addEvents } from "./events";
import { addMissing, byKey } from "./rows";
import { mergeSessions, recountSession } from "./sessions";
import { createShapes, type Shapes } from "./shapes";
import type { CallEventRow, DueRow, RejectedRow, SnapshotRow, StoredSnapshot, Tables } from "./tables";
import { callsTouchedBy, contextsTouchedBy } from "./touched";
import type { Transact } from "./transact";
import { mergeViews, viewOf } from "./views";
import { contextOf, visitorOf } from "./visitor";

/** What one request brings. */
export interface Write {
  snapshots: SnapshotRow[];
  events: CallEventRow[];
  rejected: RejectedRow[];
}

/** What became of a row. `conflict`: another body already has its name. `erased`: its visitor was erased. */
export type Verdict = "accepted" | "duplicate" | "conflict" | "erased";

/** The verdicts on a `Write`, row by row. */
export interface Verdicts {
  snapshots: Verdict[];
  events: Verdict[];
}

/** What became of a `Write`, and what must be joined again because of it. Two writes of a batch may share a due row. */
export interface Written extends Verdicts {
  due: DueRow[];
}

// Two batches that name the same rows take them in the same order (table by table, and in each by key). So neither can
// end up waiting for the other.
export function intakeStore(engine: Engine, transact: Transact) {
  const shapes = createShapes();
  return {
    /**
     * Writes a batch in one transaction, and strikes off the due rows in `done`. All of it is on disk when this
     * resolves. If the database refuses, this rejects and nothing is written. A sharded database takes one transaction
     * for each key, one after the other. If it refuses one of them, what was written before stays.
     */
    async write(batch: Write[], done: DueRow[], now: number): Promise<Written[]> {
      const snapshotsOf = new Map(batch.map((one) => [one, one.snapshots.map(asStored)]));
      const all = {
        snapshots: [...snapshotsOf.values()].flat(),
        events: batch.flatMap(({ events }) => events),
        rejected: batch.flatMap(({ rejected }) => rejected),
        done,
      };
      const verdicts = new Map<StoredSnapshot | CallEventRow, Verdict>();
      const due: DueOf = new Map();
      for (const rows of engine.sharded ? partsByKey(all) : [all]) {
        const written = await transact((tx) => writeRows(tx, engine, shapes, rows, now));
        for (const [row, verdict] of written.verdicts) verdicts.set(row, verdict);
        for (const [key, some] of written.due) due.set(key, [...(due.get(key) ?? []), ...some]);
      }
      const verdictOn = (row: StoredSnapshot | CallEventRow) => verdicts.get(row) ?? "duplicate";
      return batch.map((one) => {
        const { snapshots, events } = one;
        const keys = new Set([
          ...snapshots.map(({ site, context_id }) => `${site} ${context_id}`),
          ...events.map(nameOfCall),
        ]);
        return {
          snapshots: (snapshotsOf.get(one) ?? []).map(verdictOn),
          events: events.map(verdictOn),
          due: [...new Set([...keys].flatMap((key) => due.get(key) ?? []))],
        };
      });
    },
  };
}

function asStored({ context_id, ...row }: SnapshotRow): StoredSnapshot {
  return { ...row, visitor: visitorOf(context_id) };
}

/** What is due because of a context's snapshots or a call's events, by the name of the context or call. */
type DueOf = Map<string, DueRow[]>;

/** What one transaction writes, and which due rows it strikes off. */
interface Rows extends Omit<Write, "snapshots"> {
  snapshots: StoredSnapshot[];
  done: DueRow[];
}

/**
 * Groups rows by what they are about, in the order in which they came. Each group lies in one place of a sharded
 * database.
 */
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
  // Two things decide how the rows below are written: who was erased, and which names identify. Neither changes until
  // the rows are committed.
  const { snapshots: shown, events: told, rejected: refused } = rows;
  await engine.shareSites(tx, [...new Set([...shown, ...told, ...refused].map(({ site }) => site))]);
  // Asked only once. Most sites have erased nobody, and then no row needs to be checked.
  const hasErased = await anyErased(tx, [...shown, ...told, ...refused]);
  const snapshots = await addSnapshots(tx, shapes, rows.snapshots, hasErased);
  const { verdicts: events, calls } = await judgeEvents(tx, rows.events, hasErased, now);
  const kept = hasErased ? await refusedWithoutErased(tx, refused) : refused;
  await addMissing(
    tx,
    "rejected",
    byKey(kept, ({ site, id }) => `${site} ${id}`),
  );
  const accepted = rows.snapshots.filter((row) => snapshots.get(row) === "accepted");
  const contexts = await derive(tx, engine, shapes, accepted, hasErased);
  // With one writer at a time, it is enough to find the calls that the contexts touch now. A call that commits later is
  // joined after that, and its join reads these snapshots (collector/README.md).
  const touched = engine.locksRows ? [] : await callsTouchedBy(tx, shapes, contexts);
  const ofContexts = engine.locksRows ? contexts : touched.map(({ site, call_id }) => ofCall(site, call_id));
  const rowOf = new Map(
    (await addDue(tx, [...ofContexts, ...calls], now)).map((row) => [`${row.site} ${row.subject}`, row]),
  );
  // Join the call once more when it is time to say that it is still not matched. A sweep finds this row then.
  await addDue(tx, calls, now + UNMATCHED_AFTER_MS);
  await strikeOff(tx, rows.done);
  const due: DueOf = new Map([...rowOf].map(([name, row]) => [name, [row]]));
  for (const { site, call_id, context_id } of touched) {
    const row = rowOf.get(`${site} ${call_id}`);
    const known = due.get(`${site} ${context_id}`);
    if (row && known) known.push(row);
    else if (row) due.set(`${site} ${context_id}`, [row]);
  }
  return { verdicts: [...snapshots, ...events], due };
}

/** Each row's verdict. The first row of a name is accepted, unless the name was taken before this batch. */
async function addSnapshots(
  tx: Transaction<Tables>,
  shapes: Shapes,
  all: StoredSnapshot[],
  hasErased: boolean,
): Promise<Map<StoredSnapshot, Verdict>> {
  const verdicts = new Map<StoredSnapshot, Verdict>();
  const ids = hasErased ? all.map(({ site, visitor }) => ({ site, id: contextOf(visitor) })) : [];
  const erased = await erasedIds(tx, ids);
  for (const row of all) if (erased.has(`${row.site} ${contextOf(row.visitor)}`)) verdicts.set(row, "erased");
  const rows = all.filter((row) => !verdicts.has(row));

  const firsts = new Map<string, StoredSnapshot>();
  for (const row of rows) if (!firsts.has(nameOf(row))) firsts.set(nameOf(row), row);
  const inserted = await shapes.run(tx, "snapshots", byKey([...firsts.values()], nameOf), (part) =>
    tx
      .insertInto("snapshots")
      .values(part)
      .onConflict((conflict) => conflict.doNothing())
      .returning(["site", "visitor", "view_id", "seq"]),
  );
  for (const name of inserted) {
    const row = firsts.get(nameOf(name));
    if (row) verdicts.set(row, "accepted");
  }
  for (const row of rows)
    if (!verdicts.has(row)) verdicts.set(row, (await sameAsStored(tx, row)) ? "duplicate" : "conflict");
  return verdicts;
}

/** Updates the derived tables for accepted snapshots. Returns the contexts that they touch. */
async function derive(
  tx: Transaction<Tables>,
  engine: Engine,
  shapes: Shapes,
  accepted: StoredSnapshot[],
  hasErased: boolean,
): Promise<Touched[]> {
  if (accepted.length === 0) return [];
  const byView = new Map<string, StoredSnapshot[]>();
  for (const row of accepted) {
    const key = `${nameOfContext(row)} ${row.view_id}`;
    const known = byView.get(key);
    if (known) known.push(row);
    else byView.set(key, [row]);
  }
  const rows = byKey([...byView], ([key]) => key).map(([, ofView]) => viewOf(ofView));
  const views = await shapes.run(tx, "views", rows, (part) => mergeViews(tx, part));
  const sessions = await mergeSessions(tx, engine, shapes, views);
  for (const { site, visitor, displaced } of views) {
    if (displaced !== null) await recountSession(tx, engine, { site, visitor, session_id: displaced });
  }
  const aliases = await addShowings(tx, shapes, accepted);
  if (hasErased) await forgetAliases(tx, aliases);
  return contextsTouchedBy(accepted, views, sessions, aliases);
}

/** What a snapshot says, besides its name. */
const SAID = ["session_id", "at", "view", "entities", "errors"] as const;

async function sameAsStored(tx: Transaction<Tables>, row: StoredSnapshot): Promise<boolean> {
  const { site, visitor, view_id, seq } = row;
  const query = tx.selectFrom("snapshots").select(SAID);
  const stored = await query.where((eb) => eb.and({ site, visitor, view_id, seq })).executeTakeFirst();
  return stored !== undefined && SAID.every((column) => stored[column] === row[column]);
}

/**
 * Each row's verdict, and the calls that must be joined again. A repeat may reveal that a call is an erased visitor's;
 * that call must be joined again, too.
 */
async function judgeEvents(tx: Transaction<Tables>, rows: CallEventRow[], hasErased: boolean, now: number) {
  const firsts = new Map<string, CallEventRow>();
  for (const row of rows) if (!firsts.has(nameOfEvent(row))) firsts.set(nameOfEvent(row), row);
  const { added, calls } = await addEvents(tx, byKey([...firsts.values()], nameOfEvent), hasErased, now);
  const accepted = added.flatMap((name) => firsts.get(nameOfEvent(name)) ?? []);
  return {
    verdicts: new Map(accepted.map((row) => [row, "accepted" as const])),
    calls: [...accepted, ...calls].map(({ site, call_id }) => ofCall(site, call_id)),
  };
}

// Neither sites nor ids can contain a space, so a space keeps the parts apart.
function nameOfContext(row: { site: string; visitor: string }): string {
  return `${row.site} ${row.visitor}`;
}

function nameOfCall(row: { site: string; call_id: string }): string {
  return `${row.site} ${row.call_id}`;
}

function nameOf(row: { site: string; visitor: string; view_id: string; seq: number }): string {
  return `${nameOfContext(row)} ${row.view_id} ${row.seq}`;
}

function nameOfEvent(row: { site: string; call_id: string; event_id: string }): string {
  return `${row.site} ${row.call_id} ${row.event_id}`;
}
