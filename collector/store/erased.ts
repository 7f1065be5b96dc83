/** What was erased, known by hashes alone: visitors by their ids and the aliases that nobody else has shown, calls by their own ids. */
import type { Kysely } from "kysely";
import { isJunk } from "../wire/ids";
import { idsIn, spellings } from "../wire/mentions";
import { chunks } from "./chunks";
import { sha256 } from "./hash";
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

/** Remembers that ids were erased. Calls are remembered by their own ids, which are hashes already; `pending` says that one is not redacted yet. */
export async function remember(
  tx: Kysely<Tables>,
  site: string,
  hashes: string[],
  now: number,
  pending: string | null = null,
): Promise<void> {
  for (const part of chunks(hashes)) {
    const rows = part.map((hash) => ({ site, hash, erased_at: now, pending }));
    const insert = tx.insertInto("erased").values(rows);
    await insert.onConflict((conflict) => conflict.doNothing()).execute();
  }
}

/** Which of these ids belong to erased visitors or were their aliases, and which of these calls were theirs, as `site id`. */
export async function erasedIds(tx: Kysely<Tables>, ids: Named[], calls: Named[] = []): Promise<Set<string>> {
  const names = new Map<string, string>();
  for (const { site, id } of calls) names.set(`${site} ${id}`, `${site} ${id}`);
  for (const { site, id } of ids) names.set(`${site} ${sha256(id)}`, `${site} ${id}`);
  const sites = [...new Set([...ids, ...calls].map(({ site }) => site))];
  const found = new Set<string>();
  for (const part of chunks([...new Set([...names.keys()].map((name) => name.slice(name.indexOf(" ") + 1)))])) {
    const query = tx.selectFrom("erased").select(["site", "hash"]).where("site", "in", sites).where("hash", "in", part);
    for (const { site, hash } of await query.execute()) {
      const name = names.get(`${site} ${hash}`);
      if (name) found.add(name);
    }
  }
  return found;
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

/** An event without these ids, wherever it names them. */
export function without(row: CallEventRow, ids: string[]): CallEventRow {
  const less = (text: string | null) =>
    ids.flatMap(spellings).reduce((all, id) => all?.replaceAll(id, ERASED) ?? null, text);
  return {
    ...row,
    own_id: less(row.own_id),
    url: less(row.url),
    source: less(row.source),
    canonical: less(row.canonical) ?? "",
    body: less(row.body),
  };
}

/**
 * New events as they may be stored: those of an erased visitor or of an erased call redacted, those of others without what they say of
 * one. `calls` are the ones that are erased from now on.
 */
export async function withoutErased(
  tx: Kysely<Tables>,
  rows: CallEventRow[],
): Promise<{ rows: CallEventRow[]; calls: CallEventRow[] }> {
  if (!(await hasErased(tx, rows))) return { rows, calls: [] };
  const named = rows.map((row) => ({ row, ids: new Set([...idsIn(row.canonical), row.own_id ?? ""]) }));
  const ids = named.flatMap(({ row: { site }, ids }) => [...ids].map((id) => ({ site, id })));
  const marks = await erasedIds(
    tx,
    ids,
    rows.map(({ site, call_id }) => ({ site, id: call_id })),
  );
  const calls: CallEventRow[] = [];
  const kept: CallEventRow[] = [];
  for (const { row, ids } of named) {
    const isMarked = marks.has(`${row.site} ${row.call_id}`);
    const theirs: string[] = [];
    for (const id of ids) if (marks.has(`${row.site} ${id}`) && !(await isShown(tx, row.site, id))) theirs.push(id);
    const isTheirs = theirs.length > 0 && (row.own_id === null || isJunk(row.own_id) || theirs.includes(row.own_id));
    if (isTheirs && !isMarked) calls.push(row);
    if (isTheirs || isMarked) kept.push({ ...row, ...redacted(row) });
    else kept.push(theirs.length > 0 ? without(row, theirs) : row);
  }
  return { rows: kept, calls };
}

/** Refusals as they may be stored: nothing of one that names an erased visitor. */
export async function refusedWithoutErased(tx: Kysely<Tables>, rows: RejectedRow[]): Promise<RejectedRow[]> {
  if (!(await hasErased(tx, rows))) return rows;
  const named = rows.map((row) => ({ row, ids: idsIn(`${row.body} ${row.detail}`) }));
  const marks = await erasedIds(
    tx,
    named.flatMap(({ row: { site }, ids }) => [...ids].map((id) => ({ site, id }))),
  );
  return named.map(({ row, ids }) => {
    if (![...ids].some((id) => marks.has(`${row.site} ${id}`))) return row;
    const { site, route, vendor } = row;
    const id = sha256(JSON.stringify([site, route, vendor])).slice(0, 32);
    return { ...row, id, reason: "erased", detail: "this visitor was erased", body: "null" };
  });
}

async function hasErased(tx: Kysely<Tables>, rows: { site: string }[]): Promise<boolean> {
  for (const site of new Set(rows.map((row) => row.site))) {
    const one = tx.selectFrom("erased").select("hash").where("site", "=", site).orderBy("hash").limit(1);
    if (await one.executeTakeFirst()) return true;
  }
  return false;
}
