/** A visitor as the collector knows them: sessions, views, snapshots, in corrected time. */

import { callOf } from "../join/call";
import { type TimedView, timed } from "../join/clock";
import { byStart } from "../join/view";
import type { Store } from "../store/store";
import type { SnapshotRow } from "../store/tables";

/** The whole of one context, or null where nothing is known of it. */
export async function readContext(store: Store, site: string, contextId: string) {
  const views = timed(await store.joinReader.views(site, contextId)).sort(byStart);
  const calls = await store.calls(site, { context_id: contextId }, null, 500);
  if (views.length === 0 && calls.length === 0) return null;

  const snapshots = new Map<string, SnapshotRow[]>();
  for (const row of await store.snapshots(site, contextId)) {
    snapshots.set(row.view_id, [...(snapshots.get(row.view_id) ?? []), row]);
  }
  const sessions = groupBySession(views);
  return {
    context_id: contextId,
    sessions: [...sessions].map(([session_id, members]) => ({
      session_id,
      number: members.find(({ view }) => view)?.view?.session_number ?? null,
      started_at: sessionStart(members),
      views: members.map((view) => viewOf(view, snapshots.get(view.view_id) ?? [])),
    })),
    calls: calls.map(callOf),
  };
}

function groupBySession(views: TimedView[]): Map<string, TimedView[]> {
  const sessions = new Map<string, TimedView[]>();
  for (const view of views) sessions.set(view.session_id, [...(sessions.get(view.session_id) ?? []), view]);
  return sessions;
}

/** As the browser said it, else the start of the first view that arrived. */
function sessionStart(members: TimedView[]): number | null {
  const described = members.find(({ view }) => view);
  if (described?.view) return described.view.session_at + described.offset;
  return members[0]?.start ?? null;
}

function viewOf(view: TimedView, snapshots: SnapshotRow[]) {
  return {
    view_id: view.view_id,
    number: view.view?.number ?? null,
    url: view.view?.url ?? null,
    referrer: view.view?.referrer ?? null,
    title: view.view?.title ?? null,
    started_at: view.start,
    last_seen_at: view.last,
    snapshots: snapshots
      .sort((a, b) => a.at - b.at || a.seq - b.seq)
      .map(({ seq, at, entities }) => ({ seq, at: at + view.offset, entities: JSON.parse(entities) })),
  };
}
