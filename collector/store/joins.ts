/** What the join reads and writes. */
import type { Kysely } from "kysely";
import { chunks } from "./chunks";
import { addDeliveries } from "./deliveries";
import { amongDue } from "./due";
import type { Engine } from "./engine";
import { ERASED } from "./erased";
import { sha256 } from "./hash";
import { type NumberedCall, readStore } from "./reads";
import type {
  AliasRow,
  CallEventRow,
  CallRow,
  DeliveryRow,
  DescribedView,
  DueRow,
  SnapshotRow,
  Tables,
} from "./tables";
import type { Transact } from "./transact";

/** A place in a context's snapshots, in the order in which "last" is decided (contract 6.5). */
export type Place = Pick<SnapshotRow, "at" | "seq" | "view_id">;

/** What a snapshot said, and its place. */
export type Saying = Place & Pick<SnapshotRow, "entities">;

export interface JoinReader {
  /** The calls that snapshots of these contexts can touch: those that name one of them, or an alias that one of them has shown. */
  callsTouchedBy(site: string, contextIds: string[]): Promise<string[]>;
  /** True for the id of an erased visitor, and for what stands in its place. */
  isErased(site: string, contextId: string): Promise<boolean>;
  /** All views of a context, in no order. */
  views(site: string, contextId: string): Promise<DescribedView[]>;
  /** Contexts, at most `limit`, that have shown a value under one of these entities' names at any time. */
  contextsShowing(site: string, names: string[], value: string, limit: number): Promise<string[]>;
  /** The snapshots in which one context showed a value under one of these names. */
  showings(site: string, contextId: string, names: string[], value: string): Promise<AliasRow[]>;
  /** A page of a session's snapshots with raw `at` ≤ `until`, below `before` where given; the last first. */
  snapshotsBackwards(query: {
    site: string;
    contextId: string;
    sessionId: string;
    until: number;
    before: Place | null;
    limit: number;
  }): Promise<Saying[]>;
  /** The raw `at` of a view's last snapshot at or before `until`. */
  lastActivity(site: string, contextId: string, viewId: string, until: number): Promise<number | null>;
}

export interface JoinTx extends JoinReader {
  /** The site document (JSON) as it stands in this transaction. */
  document(site: string): Promise<string | null>;
  /**
   * A call's events, locked until the transaction ends: two joins of one call run one after the other, and the later one reads what the
   * earlier one could not see yet (collector/README.md says why no join can be missed).
   */
  lockEvents(site: string, callId: string): Promise<CallEventRow[]>;
  call(site: string, callId: string): Promise<CallRow | null>;
  saveCall(row: CallRow): Promise<void>;
  /** A call with its conversion number. */
  numbered(site: string, callId: string): Promise<NumberedCall | null>;
  addDeliveries(rows: DeliveryRow[]): Promise<void>;
}

export interface Joins {
  /** Runs one transaction of the join. */
  joining<T>(work: (tx: JoinTx) => Promise<T>): Promise<T>;
  /** What is due until a time, oldest first. */
  due(until: number, limit: number): Promise<DueRow[]>;
  /** Takes what is due until a time, the oldest of each site first: it is nobody else's until `lease`, and then due again unless it was struck off. */
  claimDue(until: number, limit: number, lease: number): Promise<DueRow[]>;
  /** The same reading, outside of a join: to explain one. */
  joinReader: JoinReader;
}

export function joinStore(db: Kysely<Tables>, engine: Engine, transact: Transact): Joins {
  async function claim(tx: Kysely<Tables>, site: string, until: number, limit: number, lease: number) {
    const rows = await tx
      .selectFrom("due")
      .selectAll()
      .where("site", "=", site)
      .where("due_at", "<=", until)
      .orderBy("due_at")
      .limit(limit)
      // Rows of several shards cannot be locked by one statement: who finds the same ones is then told apart by the update below.
      .$if(engine.locksRows && !engine.sharded, (query) => query.forUpdate().skipLocked())
      .execute();
    // An embedded store has one collector, and after a crash that must not wait for its own lease to end.
    if (!engine.locksRows) return rows;
    const claimed: DueRow[] = [];
    for (const part of chunks(rows)) {
      const update = tx.updateTable("due").set({ due_at: lease }).where("site", "=", site).where(amongDue(part));
      claimed.push(...(await update.where("due_at", "<=", until).returningAll().execute()));
    }
    return claimed;
  }
  return {
    joining: (work) => transact((tx) => work({ ...reader(tx), ...writer(tx, engine) })),
    due: (until, limit) =>
      db.selectFrom("due").selectAll().where("due_at", "<=", until).orderBy("due_at").limit(limit).execute(),
    async claimDue(until, limit, lease) {
      const sites = await db.selectFrom("due").select("site").distinct().where("due_at", "<=", until).execute();
      const claimed: DueRow[] = [];
      // Site by site: where a database is sharded by the site, rows can be locked in one shard at a time only.
      for (const { site } of sites) {
        if (claimed.length >= limit) break;
        claimed.push(...(await transact((tx) => claim(tx, site, until, limit - claimed.length, lease))));
      }
      return claimed;
    },
    joinReader: reader(db),
  };
}

/** In two statements: where rows are sharded by visitor and by call, the two tables cannot be joined by what a visitor has shown. */
export async function callsTouchedBy(db: Kysely<Tables>, site: string, contextIds: string[]): Promise<string[]> {
  const shown = await db
    .selectFrom("aliases")
    .select("value")
    .distinct()
    .where("site", "=", site)
    .where("context_id", "in", contextIds)
    .execute();
  const calls = new Set<string>();
  for (const ids of chunks([...contextIds, ...shown.map(({ value }) => value)])) {
    const rows = await db
      .selectFrom("call_events")
      .select("call_id")
      .where("site", "=", site)
      .where("own_id", "in", ids)
      .execute();
    for (const { call_id } of rows) calls.add(call_id);
  }
  return [...calls];
}

function reader(db: Kysely<Tables>): JoinReader {
  return {
    callsTouchedBy: (site, contextIds) => callsTouchedBy(db, site, contextIds),

    async isErased(site, contextId) {
      const row = await db
        .selectFrom("erased")
        .select("hash")
        .where("site", "=", site)
        .where("hash", "=", contextId.startsWith(ERASED) ? contextId.slice(ERASED.length) : sha256(contextId))
        .executeTakeFirst();
      return row !== undefined;
    },

    views: (site, contextId) =>
      db
        .selectFrom("views")
        .leftJoin("snapshots as described", (on) =>
          on
            .onRef("described.site", "=", "views.site")
            .onRef("described.context_id", "=", "views.context_id")
            .onRef("described.view_id", "=", "views.view_id")
            .onRef("described.seq", "=", "views.view_seq"),
        )
        .selectAll("views")
        .select("described.view")
        .where("views.site", "=", site)
        .where("views.context_id", "=", contextId)
        .execute(),

    async contextsShowing(site, names, value, limit) {
      if (names.length === 0) return [];
      const rows = await db
        .selectFrom("aliases")
        .select("context_id")
        .distinct()
        .where("site", "=", site)
        .where("value", "=", value)
        .where("name", "in", names)
        .limit(limit)
        .execute();
      return rows.map(({ context_id }) => context_id);
    },

    showings: (site, contextId, names, value) =>
      db
        .selectFrom("aliases")
        .selectAll()
        .where("site", "=", site)
        .where("context_id", "=", contextId)
        .where("name", "in", names)
        .where("value", "=", value)
        .execute(),

    snapshotsBackwards: ({ site, contextId, sessionId, until, before, limit }) =>
      db
        .selectFrom("snapshots")
        .select(["at", "seq", "view_id", "entities"])
        .where("site", "=", site)
        .where("context_id", "=", contextId)
        // A view is of its first snapshot's session, whatever its others say.
        .where("view_id", "in", (eb) =>
          eb
            .selectFrom("views")
            .select("view_id")
            .where("site", "=", site)
            .where("context_id", "=", contextId)
            .where("session_id", "=", sessionId),
        )
        .where("at", "<=", until)
        .$if(before !== null, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple("at", "seq", "view_id"), "<", tuple(before?.at ?? 0, before?.seq ?? 0, before?.view_id ?? "")),
          ),
        )
        .orderBy("at", "desc")
        .orderBy("seq", "desc")
        .orderBy("view_id", "desc")
        .limit(limit)
        .execute(),

    async lastActivity(site, contextId, viewId, until) {
      const row = await db
        .selectFrom("snapshots")
        .select((eb) => eb.fn.max<number | null>("at").as("at"))
        .where("site", "=", site)
        .where("context_id", "=", contextId)
        .where("view_id", "=", viewId)
        .where("at", "<=", until)
        .executeTakeFirst();
      return row?.at ?? null;
    },
  };
}

function writer(tx: Kysely<Tables>, engine: Engine): Omit<JoinTx, keyof JoinReader> {
  return {
    async document(site) {
      const row = await tx
        .selectFrom("site_versions")
        .select("document")
        .where("site", "=", site)
        .orderBy("version", "desc")
        .limit(1)
        .executeTakeFirst();
      return row?.document ?? null;
    },

    async lockEvents(site, callId) {
      await lockCall(tx, engine, site, callId);
      return tx
        .selectFrom("call_events")
        .selectAll()
        .where("site", "=", site)
        .where("call_id", "=", callId)
        .orderBy("event_id")
        .execute();
    },

    async call(site, callId) {
      const row = await tx
        .selectFrom("calls")
        .selectAll()
        .where("site", "=", site)
        .where("call_id", "=", callId)
        .executeTakeFirst();
      return row ?? null;
    },

    numbered: async (site, callId) => (await readStore(tx).calls(site, { id: callId }, null, 1))[0] ?? null,
    addDeliveries: (rows) => addDeliveries(tx, rows),

    async saveCall(row) {
      // Less its key, which a sharded database does not let anybody set.
      const { site: _site, call_id: _id, ...changes } = row;
      await tx
        .insertInto("calls")
        .values(row)
        .onConflict((conflict) => conflict.columns(["site", "call_id"]).doUpdateSet(changes))
        .execute();
    },
  };
}

/**
 * Locks a call until the transaction ends. A statement of its own: what waited for the lock still reads as of before it waited, and the
 * join would be made without an event that was committed meanwhile.
 */
export async function lockCall(tx: Kysely<Tables>, engine: Engine, site: string, callId: string): Promise<void> {
  if (!engine.locksRows) return;
  await tx
    .selectFrom("call_events")
    .select("event_id")
    .where("site", "=", site)
    .where("call_id", "=", callId)
    .orderBy("event_id")
    .forUpdate()
    .execute();
}
