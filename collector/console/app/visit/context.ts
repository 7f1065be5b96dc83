/**
 * A visitor as `GET …/contexts/ID` answers them (contract 8). All times are epoch ms, corrected for the error of the
 * visitor's clock.
 */
import type { Call, EntityValue } from "../../../wire/call";
import { ask, pathOf } from "../api";

export interface Snapshot {
  seq: number;
  at: number;
  entities: Record<string, EntityValue>;
}
export interface View {
  view_id: string;
  number: number | null;
  url: string | null;
  referrer: string | null;
  title: string | null;
  started_at: number;
  last_seen_at: number;
  snapshots: Snapshot[];
  snapshots_omitted: number;
}
export interface Session {
  session_id: string;
  number: number | null;
  started_at: number | null;
  views: View[];
}
export interface Context {
  context_id: string;
  sessions: Session[];
  calls: Call[];
  calls_omitted: number;
  next_cursor: string | null;
}

/** How many views the console asks for at once. */
const VIEWS = 200;
/**
 * How many pages of a visitor the console searches for a call's visit. A shop's own robot may have had 100,000 views
 * since.
 */
const PAGES = 10;

export function readContext(site: string, id: string, cursor: string, signal: AbortSignal): Promise<Context> {
  return ask<Context>(pathOf(["v1", "sites", site, "contexts", id], { limit: VIEWS, cursor }), { signal });
}

/**
 * The sessions of a visitor to show with a call: the call's own session, whole. If it has none, the sessions around
 * it.
 */
export async function readVisit(site: string, call: Call, signal: AbortSignal): Promise<Session[]> {
  const { context_id, session_id } = call.join;
  if (context_id === null) return [];
  const reach = call.context?.session_ts ?? call.ts;
  let sessions: Session[] = [];
  let cursor: string | null = "";
  for (let page = 0; page < PAGES && cursor !== null; page++) {
    const context: Context = await readContext(site, context_id, cursor, signal);
    sessions = joined(context.sessions, sessions);
    const oldest = sessions[0]?.views[0];
    cursor = oldest && oldest.started_at < reach ? null : context.next_cursor;
  }
  return session_id === null ? sessions : sessions.filter((session) => session.session_id === session_id);
}

/**
 * Puts the sessions of an older page before those of a newer one. A session that was cut between the two pages becomes
 * one again.
 */
export function joined(older: Session[], newer: Session[]): Session[] {
  const known = new Map(newer.map((session) => [session.session_id, session]));
  const merged = older.map((session) => {
    const rest = known.get(session.session_id);
    known.delete(session.session_id);
    return rest ? { ...session, views: [...session.views, ...rest.views] } : session;
  });
  return [...merged, ...newer.filter(({ session_id }) => known.has(session_id))];
}

/** A short name for a page where there is little room: `/p/9`, or the whole address if it cannot be parsed. */
export function pageOf(url: string | null | undefined): string {
  if (!url) return "an unknown page";
  try {
    const { pathname, search } = new URL(url);
    return pathname + search;
  } catch {
    return url;
  }
}
