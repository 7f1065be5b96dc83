/** Forgets what has passed a site's retention. */
import { type Kysely, sql } from "kysely";
import { deleteDeliveries } from "./delivery-log";
import type { Engine } from "./engine";
import { deleteOfCall } from "./rows";
import { recountSession } from "./sessions";
import type { SavedSite, StoredSnapshot, Tables } from "./tables";
import type { Transact } from "./transact";
import { lockCall, stepsOf } from "./transact";

/** A place in the order of arrival, where a step of the retention ended. */
export type ArrivalPlace = Pick<StoredSnapshot, "received_at" | "visitor" | "view_id" | "seq">;

/** Snapshots that one step looks at. */
const SNAPSHOTS = 200;

export function forgetStore(db: Kysely<Tables>, engine: Engine, transact: Transact) {
  const step = stepsOf(engine, transact);
  return {
    /** Every site with its newest document (JSON). */
    async newestDocuments() {
      const { rows } =
        await sql<SavedSite>`select site, document, version, saved_at, saved_by from site_versions as newest
        where version = (select max(version) from site_versions as one where one.site = newest.site)`.execute(db);
      return rows;
    },

    /**
     * Deletes some of what arrived before `limit`. Views go whole, once their last snapshot is old enough. `more` says
     * whether more is left, and `after` where the next step goes on.
     */
    expire: (site: string, limit: number, after: ArrivalPlace | null, most = SNAPSHOTS) =>
      // While we look whether a view has newer snapshots, it must not get any. So this step has the site alone.
      step(site, async (tx, isOver) => {
        if (!(await expireCalls(tx, engine, site, limit, isOver))) return { after, more: true };
        const next = await expireViews(tx, engine, site, limit, after, most);
        return { after: next, more: next !== null };
      }),
  };
}

/** Deletes calls and refusals one by one, however much is in them. False if `isOver` ended it before all was done. */
async function expireCalls(
  tx: Kysely<Tables>,
  engine: Engine,
  site: string,
  limit: number,
  isOver: () => boolean,
): Promise<boolean> {
  const call = tx.selectFrom("calls").select("call_id").where("site", "=", site).where("ts", "<", limit);
  const oldest = call.orderBy("ts").limit(1);
  for (let next = await oldest.executeTakeFirst(); next; next = await oldest.executeTakeFirst()) {
    const { call_id } = next;
    // Waits for a join that is under way, because it is about to leave deliveries and the call's row.
    await lockCall(tx, engine, site, call_id);
    if (!(await deleteDeliveries(tx, site, [call_id], { isOver }))) return false;
    await deleteOfCall(tx, site, call_id, ["filed", "call_events", "calls"]);
    if (isOver()) return false;
  }
  const refusal = tx.selectFrom("rejected").select("id").where("site", "=", site).where("received_at", "<", limit);
  const refused = refusal.orderBy("received_at").limit(1);
  for (let next = await refused.executeTakeFirst(); next; next = await refused.executeTakeFirst()) {
    await tx.deleteFrom("rejected").where("site", "=", site).where("id", "=", next.id).execute();
    if (isOver()) return false;
  }
  return true;
}

/** A view that a step of the retention handles. */
type OfView = Pick<StoredSnapshot, "visitor" | "view_id">;

async function expireViews(
  tx: Kysely<Tables>,
  engine: Engine,
  site: string,
  limit: number,
  after: ArrivalPlace | null,
  most: number,
): Promise<ArrivalPlace | null> {
  const place = after ? [after.received_at, after.visitor, after.view_id, after.seq] : [-1, "", "", 0];
  const { rows: old } = await sql<ArrivalPlace>`select received_at, visitor, view_id, seq from snapshots
    where site = ${site} and received_at < ${limit} and (received_at, visitor, view_id, seq) > (${sql.join(place)})
    order by received_at, visitor, view_id, seq limit ${most}`.execute(tx);
  const views = new Map(old.map(({ visitor, view_id }) => [`${visitor} ${view_id}`, { visitor, view_id }]));
  if (views.size === 0) return null;
  const { rows: younger } = await sql<OfView>`select visitor, view_id from views
    where site = ${site} and ${among([...views.values()])} and arrived_at >= ${limit}`.execute(tx);
  for (const { visitor, view_id } of younger) views.delete(`${visitor} ${view_id}`);
  if (views.size > 0) await deleteViews(tx, engine, site, [...views.values()]);
  return old.length === most ? (old.at(-1) ?? null) : null;
}

function among(views: OfView[]) {
  const values = views.map((one) => sql`(${one.visitor}, ${one.view_id})`);
  return sql<boolean>`(visitor, view_id) in (values ${sql.join(values)})`;
}

async function deleteViews(tx: Kysely<Tables>, engine: Engine, site: string, views: OfView[]): Promise<void> {
  await sql`delete from snapshots where site = ${site} and ${among(views)}`.execute(tx);
  const { rows: left } = await sql<{ visitor: string; session_id: string }>`delete from views
    where site = ${site} and ${among(views)} returning visitor, session_id`.execute(tx);
  const sessions = new Map(left.map((row) => [`${row.visitor} ${row.session_id}`, row]));
  for (const row of sessions.values()) await recountSession(tx, engine, { site, ...row });
  const contexts = sql.join([...new Set(views.map(({ visitor }) => visitor))]);
  await sql`delete from showings where site = ${site} and visitor in (${contexts}) and ${among(views)}`.execute(tx);
  // A value that no snapshot shows any more has no alias.
  await sql`delete from aliases where site = ${site} and visitor in (${contexts}) and not exists (
    select at from showings as shown where shown.site = ${site} and shown.visitor = aliases.visitor
      and shown.name = aliases.name and shown.value = aliases.value)`.execute(tx);
}
