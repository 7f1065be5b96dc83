/**
 * What was erased, known only by hashes: visitors by their ids and by the aliases that nobody else has shown, calls by
 * their own ids.
 */
import type { Kysely } from "kysely";
import { sha256 } from "../hash";
import { isJunk, MINTED } from "../wire/ids";
import { idsIn, isTelling, withoutMentions } from "../wire/mentions";
import { addMissing, inChunks } from "./rows";
import type { CallEventRow, RejectedRow, Tables } from "./tables";
import { contextOf } from "./visitor";

/** Replaces an erased id in a text. It contains characters that no id can contain, so nobody can take it for one. */
const ERASED = "(erased)";

/**
 * The columns of an event once its visitor is erased. A null body marks such an event. Its `event_id` stays, so that a
 * repeat is still recognised.
 */
export function redacted({ event_id }: Pick<CallEventRow, "event_id">): Partial<CallEventRow> {
  const nobodys = { own_id: null, own_is_alias: 0, url: null, source: null, caller: null, caller_sha256: null };
  return { ...nobodys, canonical: event_id, body: null };
}

interface Named {
  site: string;
  id: string;
}

/**
 * Remembers that an id was erased. Calls are remembered by their own ids, which are hashes already. `pending` is set
 * for a call that is not redacted yet.
 */
export async function remember(tx: Kysely<Tables>, site: string, hash: string, now: number, pending?: string) {
  await addMissing(tx, "erased", [{ site, hash, erased_at: now, pending: pending ?? null }]);
}

/**
 * The hash by which a vendor's id for a visitor is remembered. It differs from the hash of a visitor's own id, because
 * such an id becomes somebody else's as soon as they show it.
 */
export function hashOfAlias(value: string): string {
  return sha256(`alias ${value}`);
}

/**
 * Forgets that these aliases were erased: somebody who is not erased shows them now, so they no longer belong to erased
 * visitors alone.
 */
export async function forgetAliases(tx: Kysely<Tables>, aliases: { site: string; value: string }[]): Promise<void> {
  for (const site of new Set(aliases.map((row) => row.site))) {
    const hashes = aliases.filter((row) => row.site === site).map(({ value }) => hashOfAlias(value));
    const marks = tx.deleteFrom("erased").where("site", "=", site);
    await inChunks(hashes, (part) => marks.where("hash", "in", part));
  }
}

/** True if any of these rows' sites has erased somebody. */
export async function anyErased(tx: Kysely<Tables>, rows: { site: string }[]): Promise<boolean> {
  if (rows.length === 0) return false;
  const sites = [...new Set(rows.map(({ site }) => site))];
  const one = tx
    .selectFrom("erased")
    .select("hash")
    .where("site", "in", sites)
    .orderBy("site")
    .orderBy("hash")
    .limit(1);
  return (await one.executeTakeFirst()) !== undefined;
}

const aliasName = (site: string, value: string) => `${site} alias ${value}`;

/**
 * Which of these ids belong to erased visitors, and which of these calls did, as `site id`. Also which of the ids were
 * aliases of erased visitors.
 */
export async function erasedIds(tx: Kysely<Tables>, ids: Named[], calls: Named[] = []): Promise<Set<string>> {
  const names = new Map<string, string>();
  for (const { site, id } of calls) names.set(`${site} ${id}`, `${site} ${id}`);
  for (const { site, id } of ids) {
    names.set(`${site} ${sha256(id)}`, `${site} ${id}`);
    names.set(`${site} ${hashOfAlias(id)}`, aliasName(site, id));
  }
  const sites = [...new Set([...ids, ...calls].map(({ site }) => site))];
  const hashes = [...new Set([...names.keys()].map((name) => name.slice(name.indexOf(" ") + 1)))];
  const marks = tx.selectFrom("erased").select(["site", "hash"]).where("site", "in", sites);
  const found = await inChunks(hashes, (part) => marks.where("hash", "in", part));
  return new Set(found.flatMap(({ site, hash }) => names.get(`${site} ${hash}`) ?? []));
}

/**
 * True if a visitor who is not erased has shown this value. It asks for one visitor at a time: thousands may have shown
 * it, and the first one is enough.
 */
export async function isShown(tx: Kysely<Tables>, site: string, value: string): Promise<boolean> {
  for (const erased: string[] = [""]; ; ) {
    const shown = tx.selectFrom("aliases").select("visitor").where("site", "=", site).where("value", "=", value);
    const others = shown.where("visitor", "not in", erased).orderBy("name").orderBy("visitor");
    const one = await others.limit(1).executeTakeFirst();
    if (!one) return false;
    if ((await erasedIds(tx, [{ site, id: contextOf(one.visitor) }])).size === 0) return true;
    erased.push(one.visitor);
  }
}

/** An event without these ids, wherever it names them. If its own id names somebody else, that id stays. */
export function without(row: CallEventRow, ids: string[]): CallEventRow {
  const less = withoutMentions(ids, ERASED);
  const lessOf = (value: unknown): unknown => {
    if (typeof value === "string") return value === row.own_id && !ids.includes(value) ? value : less(value);
    if (typeof value === "number") return ids.includes(String(value)) ? ERASED : value;
    if (Array.isArray(value)) return value.map(lessOf);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [less(name), lessOf(one)]));
  };
  const lessJson = (text: string) => JSON.stringify(lessOf(JSON.parse(text)));
  return {
    ...row,
    own_id: ids.includes(row.own_id ?? "") ? null : row.own_id,
    url: row.url && less(row.url),
    source: row.source && less(row.source),
    // A redacted event's `canonical` is no JSON, and names nobody.
    canonical: row.body === null ? row.canonical : lessJson(row.canonical),
    body: row.body && lessJson(row.body),
  };
}

/** How many events of a call are searched for its id. */
const NEWEST = 20;

/**
 * The id that says whose a call is, by all its events, including those that come now (contract 5): the last id,
 * preferably one that is not junk.
 */
export async function ownIdOf(
  tx: Kysely<Tables>,
  { site, call_id }: Pick<CallEventRow, "site" | "call_id">,
  more: CallEventRow[] = [],
): Promise<string | null> {
  const query = tx.selectFrom("call_events").select(["own_id", "own_is_alias", "ts", "revision", "received_at"]);
  const events = query.where("site", "=", site).where("call_id", "=", call_id).where("own_id", "is not", null);
  const inOrder = events.orderBy("ts", "desc").orderBy("revision", "desc").orderBy("received_at", "desc");
  const stored = await inOrder.limit(NEWEST).execute();
  const come = more.filter((row) => row.own_id && row.site === site && row.call_id === call_id);
  const all = [...stored, ...come].sort(
    (a, b) => b.ts - a.ts || b.revision - a.revision || b.received_at - a.received_at,
  );
  return (all.find((row) => row.own_is_alias === 1 || !isJunk(row.own_id ?? "")) ?? all[0])?.own_id ?? null;
}

/**
 * True if a call that names an erased visitor is theirs. False if it is another visitor's call that also names them.
 */
export function isTheirs(ownId: string | null, theirs: string[]): boolean {
  return ownId === null || isJunk(ownId) || theirs.includes(ownId);
}

/**
 * New events as they may be stored. Events of an erased visitor or an erased call are redacted. Other events lose what
 * they say about an erased visitor. `calls` has the events whose calls are erased from now on.
 */
export async function withoutErased(
  tx: Kysely<Tables>,
  rows: CallEventRow[],
): Promise<{ rows: CallEventRow[]; calls: CallEventRow[] }> {
  const named = rows.map((row) => ({ row, ids: [...new Set([...sought(row.canonical), row.own_id ?? ""])] }));
  const ids = named.flatMap(({ row: { site }, ids }) => ids.map((id) => ({ site, id })));
  const marks = await erasedIds(
    tx,
    ids,
    rows.map(({ site, call_id }) => ({ site, id: call_id })),
  );
  const calls: CallEventRow[] = [];
  const kept: CallEventRow[] = [];
  for (const { row, ids } of named) {
    const isMarked = marks.has(`${row.site} ${row.call_id}`);
    const theirs = await stillErased(tx, row.site, ids, marks, row.own_id);
    const isErased = isMarked || (theirs.length > 0 && isTheirs(await ownIdOf(tx, row, rows), theirs));
    if (isErased && !isMarked) calls.push(row);
    if (isErased) kept.push({ ...row, ...redacted(row) });
    else kept.push(theirs.length > 0 ? without(row, theirs) : row);
  }
  return { rows: kept, calls };
}

/**
 * The ids to look for in a text: visitors' ids, and values that visitors have shown as a vendor's id, if such a value
 * tells one visitor from others.
 */
function sought(text: string): string[] {
  return [...idsIn(text)].filter((id) => isTelling(id) || !isJunk(id));
}

/**
 * The ids among these that were erased and that nobody has shown since. A minted id remains a visitor's own, whoever
 * shows it. `ownId` is the event's own id. A value that does not tell one visitor from others counts only there.
 */
async function stillErased(tx: Kysely<Tables>, site: string, ids: string[], marks: Set<string>, ownId?: string | null) {
  const theirs: string[] = [];
  for (const id of ids) {
    const isAlias = marks.has(aliasName(site, id)) && (isTelling(id) || id === ownId);
    if (!isAlias && !marks.has(`${site} ${id}`)) continue;
    if (MINTED.test(id) || !(await isShown(tx, site, id))) theirs.push(id);
  }
  return theirs;
}

/**
 * Refusals as they may be stored. One that names an erased visitor, or that is about a call of theirs, keeps nothing of
 * what it said.
 */
export async function refusedWithoutErased(tx: Kysely<Tables>, rows: RejectedRow[]): Promise<RejectedRow[]> {
  const named = rows.map((row) => ({ row, ids: sought(`${row.body} ${row.detail}`) }));
  const marks = await erasedIds(
    tx,
    named.flatMap(({ row: { site }, ids }) => ids.map((id) => ({ site, id }))),
    rows.flatMap(({ site, call_id }) => (call_id === null ? [] : [{ site, id: call_id }])),
  );
  const kept: RejectedRow[] = [];
  for (const { row, ids } of named) {
    const { site, route, vendor } = row;
    const id = sha256(JSON.stringify([site, route, vendor])).slice(0, 32);
    const isOfErased = row.call_id !== null && marks.has(`${site} ${row.call_id}`);
    const isErased = isOfErased || (await stillErased(tx, site, ids, marks)).length > 0;
    kept.push(isErased ? { ...row, id, reason: "erased", detail: "this visitor was erased", body: "null" } : row);
  }
  return kept;
}
