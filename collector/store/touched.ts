/**
 * Finds the calls that can come out differently because of snapshots. They are few, however many calls a visitor has.
 */
import { type Kysely, sql } from "kysely";
import type { Touched } from "./due";
import { type Changed, nameOfSession } from "./sessions";
import type { Shapes } from "./shapes";
import type { AliasRow, StoredSnapshot, Tables } from "./tables";
import type { MergedView } from "./views";
import { contextOf, visitorOf } from "./visitor";

/**
 * A view that starts this long after a call's cut may still be the call's view. The cut is up to 999 ms after T
 * (contract 6.1, 6.3).
 */
const REACH_MS = 60_000 + 999;

/** A value that more than ten contexts have shown belongs to nobody (contract 6.2). */
const TOO_MANY = 11;

/** Up to this many calls of one value, joining them is quicker than finding out that the value belongs to nobody. */
const FEW_CALLS = 10;

/**
 * The contexts of new snapshots, each with the T from which on its calls can come out differently. For earlier calls,
 * the new snapshots change nothing. The snapshots must already be in views, sessions and aliases.
 */
export function contextsTouchedBy(
  snapshots: StoredSnapshot[],
  views: MergedView[],
  sessions: Map<string, Changed>,
  aliases: AliasRow[],
): Touched[] {
  const since = new Map<string, Touched>();
  const touch = ({ site, visitor }: Pick<MergedView, "site" | "visitor">, from: number) => {
    const known = since.get(`${site} ${visitor}`)?.since ?? Number.POSITIVE_INFINITY;
    const row = { site, kind: "context" as const, subject: contextOf(visitor) };
    since.set(`${site} ${visitor}`, { ...row, since: Math.max(0, Math.min(known, from)) });
  };
  const earliest = new Map<string, number>();
  for (const { site, visitor, view_id, at } of snapshots) {
    const name = `${site} ${visitor} ${view_id}`;
    earliest.set(name, Math.min(earliest.get(name) ?? at, at));
  }
  const described = new Set(snapshots.filter(({ view }) => view !== null).map(nameOfView));
  for (const view of views) {
    const { before, after, isFirst } = sessions.get(nameOfSession(view)) as Changed;
    const name = nameOfView(view);
    // A view's document counts for the whole view.
    const at = described.has(name) ? view.first_at : (earliest.get(name) ?? view.first_at);
    touch(view, at + after.clock_offset - REACH_MS);
    const isNew = before === null && after.first_at >= at;
    // A new offset moves the whole session.
    if (!isNew && before?.clock_offset !== after.clock_offset) {
      touch(view, before ? after.first_at + after.clock_offset - REACH_MS : 0);
    }
    // A context that becomes known, or known in another session, is so for calls of any time.
    if (isFirst || view.displaced !== null) touch(view, 0);
  }
  // A context may be one too many to show a value. The value then belongs to nobody, for calls of any time.
  for (const alias of aliases) touch(alias, 0);
  return [...since.values()];
}

function nameOfView({ site, visitor, view_id }: Pick<MergedView, "site" | "visitor" | "view_id">): string {
  return `${site} ${visitor} ${view_id}`;
}

/**
 * The calls that touched contexts can change: those that name one of the contexts, or an alias that one of them has
 * shown. This takes several statements. If rows are sharded by visitor and by call, one statement cannot join the two
 * tables on what a visitor has shown.
 */
export async function callsTouchedBy(db: Kysely<Tables>, shapes: Shapes, contexts: Touched[]): Promise<TouchedCall[]> {
  const named = new Map(
    contexts.map(({ site, subject, since }) => [`${site} ${subject}`, { site, own_id: subject, since }]),
  );
  const keys = contexts.map(({ site, subject }) => ({ site, visitor: visitorOf(subject) }));
  const aliases = await shapes.run(db, "aliases of contexts", keys, (part) =>
    db
      .selectFrom("aliases")
      .selectAll()
      .where(
        sql<boolean>`(site, visitor) in (values ${sql.join(part.map((key) => sql`(${key.site}, ${key.visitor})`))})`,
      ),
  );
  const shown = aliases.map(({ site, visitor, name, value }) => {
    const context_id = contextOf(visitor);
    return { site, context_id, name, own_id: value, since: named.get(`${site} ${context_id}`)?.since ?? 0 };
  });
  const ids = [...named.values(), ...shown.map(({ site, own_id, since }) => ({ site, own_id, since }))];
  const calls = await shapes.run(db, "calls touched", ids, (part) => ({
    compile: () => callsNaming(part).compile(db),
  }));
  const newcomers = new Set([...named].filter(([, { since }]) => since === 0).map(([name]) => name));
  const nobodys = await idsOfNobody(db, newcomers, shown, calls);
  const touched = calls
    .filter((call) => named.has(nameOfId(call)))
    .map(({ site, call_id, own_id }) => ({ site, call_id, context_id: own_id }));
  const contextsOf = new Map<string, Set<string>>();
  for (const alias of shown) {
    const id = nameOfId(alias);
    contextsOf.set(id, (contextsOf.get(id) ?? new Set()).add(alias.context_id));
  }
  for (const call of calls) {
    if (nobodys.has(nameOfId(call))) continue;
    for (const context_id of contextsOf.get(nameOfId(call)) ?? []) {
      touched.push({ site: call.site, call_id: call.call_id, context_id });
    }
  }
  return touched;
}

/** A call, and one of the contexts that touch it. */
export interface TouchedCall {
  site: string;
  call_id: string;
  context_id: string;
}

/** An id that calls may name, and the T from which on those calls are touched. */
interface Id {
  site: string;
  own_id: string;
  since: number;
}

function nameOfId({ site, own_id }: Pick<Id, "site" | "own_id">): string {
  return `${site} ${own_id}`;
}

function callsNaming(ids: Id[]) {
  const rows = ids.map(({ site, own_id, since }) => sql`(${site}, ${own_id}, cast(${since} as bigint))`);
  // SQLite runs a cross join in the order in which it is written, so it looks up each id by the index. An event is
  // never before T.
  return sql<{ site: string; call_id: string; own_id: string }>`
    with id (site, own_id, since) as (values ${sql.join(rows)})
    select event.site, event.call_id, event.own_id from id cross join call_events as event
    where event.site = id.site and event.own_id = id.own_id and event.ts >= id.since`;
}

/**
 * Which of the ids that many calls name belonged to nobody even before these contexts came, whatever else is written at
 * the same time. For these, one context more or less changes nothing. Contexts that may just have begun to show the id
 * (`since` is 0) are not counted, whether they are in this batch or still due: otherwise each of several newcomers
 * would leave the calls to the others.
 */
async function idsOfNobody(
  db: Kysely<Tables>,
  newcomers: Set<string>,
  shown: (Pick<Id, "site" | "own_id"> & { name: string })[],
  calls: Pick<Id, "site" | "own_id">[],
): Promise<Set<string>> {
  const counts = new Map<string, number>();
  for (const call of calls) counts.set(nameOfId(call), (counts.get(nameOfId(call)) ?? 0) + 1);
  const many = shown.filter((alias) => (counts.get(nameOfId(alias)) ?? 0) > FEW_CALLS);
  const nobodys = new Set<string>();
  const somebodys = new Set<string>();
  for (const alias of new Map(many.map((alias) => [`${alias.name} ${nameOfId(alias)}`, alias])).values()) {
    const { site, name, own_id } = alias;
    const contexts = await db
      .selectFrom("aliases")
      .select("visitor")
      .where((eb) => eb.and({ site, value: own_id, name }))
      .limit(newcomers.size + 2 * TOO_MANY)
      .execute();
    const known = contexts.map(({ visitor }) => contextOf(visitor)).filter((id) => !newcomers.has(`${site} ${id}`));
    // This must be the last question: a context that is no longer due has had its calls joined.
    const due = await db
      .selectFrom("due")
      .select("subject")
      .distinct()
      .where((eb) => eb.and({ site, kind: "context", since: 0 }))
      .where("subject", "in", ["", ...known])
      .execute();
    (known.length - due.length >= TOO_MANY ? nobodys : somebodys).add(nameOfId(alias));
  }
  return new Set([...nobodys].filter((id) => !somebodys.has(id)));
}
