/** What must be joined again. Writers only insert and delete rows of their own, so that nobody waits for anybody. */
import { randomUUID } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { chunks } from "./rows";
import type { DueRow, Tables } from "./tables";

/** What a due row is about. */
export type Touched = Pick<DueRow, "site" | "kind" | "subject" | "since">;

/** A call that must be joined again. */
export function ofCall(site: string, callId: string): Touched {
  return { site, kind: "call", subject: callId, since: 0 };
}

/** Leaves due rows for what a write has touched, one for each context and call. */
export async function addDue(tx: Kysely<Tables>, touched: Touched[], now: number): Promise<DueRow[]> {
  const stamp = randomUUID();
  const once = new Map(touched.map((row) => [`${row.site} ${row.kind} ${row.subject}`, row]));
  const due = [...once.values()].map((row) => ({ ...row, stamp, due_at: now }));
  for (const rows of chunks(due)) await tx.insertInto("due").values(rows).execute();
  return due;
}

/** Leaves due rows for calls that must be joined again. */
export function addDueCalls(tx: Kysely<Tables>, site: string, callIds: string[], now: number): Promise<DueRow[]> {
  const touched = callIds.map((id) => ofCall(site, id));
  return addDue(tx, touched, now);
}

/** Removes exactly these due rows. A newer row for the same context or call has another stamp and stays. */
export async function strikeOff(tx: Kysely<Tables>, done: DueRow[]): Promise<void> {
  for (const rows of chunks(done)) await tx.deleteFrom("due").where(amongDue(rows)).execute();
}

/** The condition that a due row is one of these. */
export function amongDue(rows: DueRow[]) {
  const keys = rows.map(({ site, subject, kind, stamp }) => sql`(${site}, ${subject}, ${kind}, ${stamp})`);
  return sql<boolean>`(site, subject, kind, stamp) in (values ${sql.join(keys)})`;
}
