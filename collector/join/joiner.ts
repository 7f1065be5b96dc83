/** The joiner applies the join. It takes due rows, joins the calls that they touch, and writes what has changed. */
import { deliveriesOf, eventOf } from "../forward/deliveries";
import { worthOf } from "../store/counts";
import type { JoinTx } from "../store/joins";
import type { Store } from "../store/store";
import type { CallEventRow, CallRow, DueRow } from "../store/tables";
import type { Outcome } from "../wire/call";
import type { Site } from "../wire/site";
import { callOf, isLate } from "./call";
import { type CallFacts, mergeEvents } from "./event";
import { resolve } from "./resolve";
import { createTurns } from "./turns";

/** A call whose result a join has changed. */
export interface Joined {
  site: string;
  version: number;
  late: boolean;
  outcome: Outcome;
}

export interface Joiner {
  /** Joins all calls that these rows touch. Resolves when the result can be read. The caller removes the rows. */
  run(due: DueRow[]): Promise<void>;
  /**
   * Joins what another run left behind (after a crash, or on another collector) and removes its due rows. Returns
   * their number. Rows that have been due for less than `ageMs` are left to the collector that wrote them.
   */
  sweep(ageMs?: number): Promise<number>;
}

/** The part of a logger that the joiner needs. */
interface Log {
  info(line: object, message: string): void;
}

export interface JoinerDeps {
  store: Store;
  clock: () => number;
  log: Log;
  /** Called when calls have changed, because deliveries may be waiting. */
  wake: () => void;
  /** Called for each call whose result has changed, once the change is committed. */
  joined?: (status: string, reason: string | null) => void;
}

/**
 * How long a step goes on taking calls, in ms. This is long enough to share a commit, and short enough not to hold up
 * a write or a request that waits for a lane.
 */
const STEP_MS = { sqlite: 10, postgres: 25 };

/** The most calls that one transaction locks. */
const STEP_CALLS = 50;

/**
 * How many steps run at a time. An embedded store has one writer. A database has as many as the collector can spare
 * connections for.
 */
const LANES = { sqlite: 1, postgres: 4 };

/** The collector that wrote a younger row than this is most likely joining it right now. */
const ORPHANED_AFTER_MS = 5_000;

/** How many rows one collector claims at once, and for how long. The claim ends, as this collector may crash, too. */
const SWEPT_AT_ONCE = 1_000;
const SWEEP_LEASE_MS = 60_000;

interface CallKey {
  site: string;
  call_id: string;
}

export function createJoiner({ store, clock, log, wake, joined: tell }: JoinerDeps): Joiner {
  const turns = createTurns<CallKey>(step, LANES[store.engine]);
  /** The due rows that this collector is joining now. No sweep takes them again, however long that lasts. */
  const underWay = new Set<string>();

  async function joinDue(due: DueRow[]): Promise<void> {
    const names = due.map(nameOf);
    for (const name of names) underWay.add(name);
    try {
      await turns.take(await touchedCalls(store, due));
    } finally {
      for (const name of names) underWay.delete(name);
    }
  }

  async function step(next: () => CallKey | null): Promise<void> {
    const calls: CallKey[] = [];
    const began = performance.now();
    const isOver = () =>
      calls.length >= (store.sharded ? 1 : STEP_CALLS) || performance.now() - began > STEP_MS[store.engine];
    const joined = await store.joining(async (tx) => {
      const all: (Joined | null)[] = [];
      // The store may run this function again from the start. It then joins the same calls.
      for (let n = 0; ; n += 1) {
        const more = n === calls.length && !(n > 0 && isOver()) ? next() : null;
        if (more) calls.push(more);
        const call = calls[n];
        if (!call) return all;
        all.push(await joinCall(tx, call.site, call.call_id, clock()));
      }
    });
    const ms = Math.round((performance.now() - began) * 1_000) / 1_000;
    const changed = joined.filter((one) => one !== null);
    for (const one of changed) {
      report(log, one, ms);
      tell?.(one.outcome.join.status, one.outcome.join.reason);
    }
    if (changed.length > 0) wake();
  }

  return {
    run: joinDue,
    async sweep(ageMs = ORPHANED_AFTER_MS) {
      let rows = 0;
      for (;;) {
        const now = clock();
        const isLeft = (row: DueRow) => !underWay.has(nameOf(row));
        const left = await store.claimDue(now - ageMs, SWEPT_AT_ONCE, now + SWEEP_LEASE_MS, isLeft);
        for (const { site, kind } of left) if (kind === "aliases") await store.indexAliases(site);
        await joinDue(left);
        if (left.length > 0) await store.write([], left, clock());
        rows += left.length;
        if (left.length < SWEPT_AT_ONCE) return rows;
      }
    },
  };
}

function nameOf({ stamp, kind, subject }: DueRow): string {
  return `${stamp} ${kind} ${subject}`;
}

/**
 * The calls that due rows touch, each once. Every joiner sorts them in the same way, so that two joiners that lock
 * several calls cannot wait for each other.
 */
async function touchedCalls(store: Store, due: DueRow[]): Promise<{ name: string; item: CallKey }[]> {
  const calls = new Map<string, CallKey>();
  const add = ({ site, call_id }: CallKey) => calls.set(`${site} ${call_id}`, { site, call_id });
  for (const { site, kind, subject } of due) if (kind === "call") add({ site, call_id: subject });
  const contexts = due.filter(({ kind }) => kind === "context");
  if (contexts.length > 0) for (const call of await store.callsTouchedBy(contexts)) add(call);
  return [...calls].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, item]) => ({ name, item }));
}

/**
 * Joins one call again. If `tell` is true, it also writes a delivery for each webhook that has to be told. Returns the
 * version that it made, or null if the result has not changed.
 */
export async function joinCall(
  tx: JoinTx,
  site: string,
  callId: string,
  now: number,
  tell = true,
): Promise<Joined | null> {
  const events = await tx.lockEvents(site, callId);
  const text = await tx.document(site);
  const [first] = events;
  if (!first || text === null) return null;
  const document: Site = JSON.parse(text);
  const { outcome: anew } = await resolve(tx, site, factsOf(events, document), document);

  const before = await tx.call(site, callId);
  const outcome = await asJoinedBefore(tx, before, anew);
  const joined = rowOf(site, outcome, before, now);
  const kept = before?.outcome === joined.outcome;
  const after = kept ? before : joined;
  const arrived = Math.min(...events.map(({ received_at }) => received_at));
  const event = eventOf(after, !kept, now - arrived);
  if (kept && event === null) return null;
  await tx.saveCall({ ...after, told: event === null || event === "updated" ? after.told : event });
  if (tell && event !== null && document.webhooks.length > 0) {
    const numbered = await tx.numbered(site, callId);
    const earlier = event === "matched" ? [] : await tx.deliveriesOf(site, callId);
    if (numbered) await tx.addDeliveries(deliveriesOf(site, document, `call.${event}`, callOf(numbered), now, earlier));
  }
  return kept ? null : { site, outcome, version: after.version, late: isLate(after) };
}

/** A call as its events describe it, read by the site's rules for their vendor. */
export function factsOf(events: CallEventRow[], document: Site): CallFacts {
  const vendor = document.vendors.find(({ name }) => name === events[0]?.vendor);
  return mergeEvents(events, vendor?.offline_prefixes ?? []);
}

/**
 * Retention may have deleted a matched call's view. The call then keeps its join, whatever its events now say. The call
 * of an erased visitor does not.
 */
async function asJoinedBefore(tx: JoinTx, before: CallRow | null, anew: Outcome): Promise<Outcome> {
  if (before?.status !== "matched" || before.outcome === JSON.stringify(anew) || anew.join.reason === "erased")
    return anew;
  const { join, context, entities, earlier_clicks }: Outcome = JSON.parse(before.outcome);
  const visitor = { site: before.site, contextId: join.context_id ?? "" };
  const view = await tx.view(visitor, join.view_id ?? "");
  return view ? anew : { ...anew, join, context, entities, earlier_clicks };
}

function rowOf(site: string, outcome: Outcome, before: CallRow | null, now: number): CallRow {
  const { join } = outcome;
  const converts = join.status === "matched" && outcome.goals.length > 0;
  return {
    site,
    call_id: outcome.id,
    vendor: outcome.vendor,
    type: outcome.type,
    transaction_id: outcome.transaction.id,
    ts: outcome.ts,
    status: join.status,
    reason: join.reason,
    rule: join.rule,
    context_id: join.context_id,
    converts: converts ? 1 : 0,
    worth: converts ? worthOf(outcome) : null,
    version: (before?.version ?? 0) + 1,
    first_status: before?.first_status ?? join.status,
    outcome: JSON.stringify(outcome),
    joined_at: now,
    told: before?.told ?? null,
  };
}

/**
 * Logs a join without the visitor's values and ids, because a log outlives the erasure of a visitor. `ms` is the length
 * of the transaction, from the first read until it was on disk.
 */
function report(log: Log, { site, version, late, outcome }: Joined, ms: number): void {
  const { id, vendor, type, transaction, join } = outcome;
  const { status, rule, reason, gap_ms } = join;
  const call = { site, call_id: id, vendor, type, transaction_id: transaction.id, version };
  log.info({ ...call, status, rule, reason, late, gap_ms, ms }, "call joined");
}
