/** What was erased, known by hashes alone: visitors by their ids and the aliases that nobody else has shown, calls by their own ids. */
import type { Kysely } from "kysely";
import { sha256 } from "../hash";
import { isJunk, MINTED } from "../wire/ids";
import { idsIn, isTelling, withoutMentions } from "../wire/mentions";
import { addMissing, inChunks } from "./rows";
import type { CallEventRow, RejectedRow, Tables } from "./tables";
import { contextOf } from "./visitor";

/** What stands in a text for an id that was erased: outside of an id's alphabet, so that nobody can have it for one. */
const ERASED = "(erased)";

/** An event of an erased visitor, known by its body, which is null. Its `event_id` stays, so that a repeat is still known as one. */
export function redacted({ event_id }: Pick<CallEventRow, "event_id">): Partial<CallEventRow> {
  const nobodys = { own_id: null, own_is_alias: 0, url: null, source: null, caller: null, caller_sha256: null };
  return { ...nobodys, canonical: event_id, body: null };
}

interface Named {
  site: string;
  id: string;
}

/** Remembers that an id was erased. Calls are remembered by their own ids, which are hashes already; `pending` says that one is not redacted yet. */
export async function remember(tx: Kysely<Tables>, site: string, hash: string, now: number, pending?: string) {
  await addMissing(tx, "erased", [{ site, hash, erased_at: now, pending: pending ?? null }]);
}

/** What a vendor's id for a visitor is remembered as: otherwise than a visitor's own, as it is somebody else's as soon as they show it. */
export function hashOfAlias(value: string): string {
  return sha256(`alias ${value}`);
}

/** Somebody who is not erased shows these values now: they are not the erased visitors' alone any more. */
export async function forgetAliases(tx: Kysely<Tables>, aliases: { site: string; value: string }[]): Promise<void> {
  for (const site of new Set(aliases.map((row) => row.site))) {
    const hashes = aliases.filter((row) => row.site === site).map(({ value }) => hashOfAlias(value));
    const marks = tx.deleteFrom("erased").where("site", "=", site);
    await inChunks(hashes, (part) => marks.where("hash", "in", part));
  }
}

/** True where any of these rows' sites has erased somebody. */
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

/** Which of these ids belong to erased visitors, and which of these calls were theirs, as `site id`; and which were their aliases. */
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

/** True where a visitor who is not erased has shown this value. One by one: of thousands who have, the first one will do. */
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

/** An event without these ids, wherever it names them; whose call it is, by its own id, stays what it is. */
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
    // Of an event that was redacted it is none, and names nobody.
    canonical: row.body === null ? row.canonical : lessJson(row.canonical),
    body: row.body && lessJson(row.body),
  };
}

/** Events of one call that are looked through for its id. */
const NEWEST = 20;

/** Whose a call is by all its events, those that come now included (contract 5): the last id, one that is not junk if there is one. */
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

/** Whether a call in which an erased visitor is named is theirs, and not another's that names them, too. */
export function isTheirs(ownId: string | null, theirs: string[]): boolean {
  return ownId === null || isJunk(ownId) || theirs.includes(ownId);
}

/**
 * New events as they may be stored: those of an erased visitor or of an erased call redacted, those of others without what they say of
 * one. `calls` are the ones that are erased from now on.
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

/** What is looked for in a text: visitors' ids, and what they have shown as a vendor's, if it tells one from others. */
function sought(text: string): string[] {
  return [...idsIn(text)].filter((id) => isTelling(id) || !isJunk(id));
}

/**
 * Of these ids, those that were erased, and that nobody has shown since. A minted one stays a visitor's own, whoever shows it. `ownId` is the
 * event's: what tells nobody from others counts there alone.
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

/** Refusals as they may be stored: nothing of one that names an erased visitor, or is of a call of theirs. */
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
