/** The entities' values as of a moment (contract 6.5). */
import { type History, isLater, type Saying, type SnapshotPlace, type ViewPlace, type Visitor } from "../store/history";
import { nameBits } from "../store/page";
import type { EntityValue } from "../wire/call";
import type { Entity } from "../wire/site";
import type { ChosenView } from "./view";

/** Snapshots in the first page, which usually ends the search, and in each later one. A page sorts all its views'. */
const FIRST_PAGE = 50;
const PAGE = 2_000;

/** How many views of a session are searched at a time. */
const VIEWS = 20;

/** The last saying of each name so far. */
type LastSayings = Map<string, SnapshotPlace & { value: EntityValue }>;

/** The listed entities' values as of the cut, and the view's last activity until then (corrected ms). */
export async function valuesAsOf(
  history: History,
  visitor: Visitor,
  chosen: ChosenView,
  entities: Pick<Entity, "name" | "scope">[],
): Promise<{ values: Record<string, EntityValue>; activity: number }> {
  const { view, cut } = chosen;
  const found: LastSayings = new Map();
  const ofView = entities.map(({ name }) => name).filter((name) => (view.row.names & nameBits([name])) !== 0);
  const until = cut - view.offset;
  const activity = await readViews(history, visitor, [view.view_id], until, ofView, found);
  const ofSession = entities.filter(({ scope }) => scope === "session").map(({ name }) => name);
  await readSession(history, visitor, chosen, ofSession, found);
  // In the site document's order, so that equal values make equal JSON.
  const values = entities.flatMap(({ name }) => {
    const saying = found.get(name);
    return saying ? [[name, saying.value] as const] : [];
  });
  return { values: Object.fromEntries(values), activity: activity === null ? view.start : activity + view.offset };
}

/**
 * Reads a session's views backwards from the newest, until no earlier view can have a later value. Views overlap, so a
 * view that began earlier may have reported last. But no view lasted longer than the session's longest.
 */
async function readSession(
  history: History,
  visitor: Visitor,
  { view, cut }: ChosenView,
  names: string[],
  found: LastSayings,
): Promise<void> {
  const session = { ...visitor, sessionId: view.session_id };
  const until = cut - view.offset;
  let below: ViewPlace | null = null;
  for (;;) {
    const reach = (below?.first_at ?? until) + view.row.longest;
    const open = names.filter((name) => (found.get(name)?.at ?? Number.NEGATIVE_INFINITY) <= reach);
    if (open.length === 0) return;
    const page: ViewPlace[] = await history.viewsSaying(session, open, below?.first_at ?? until, below, VIEWS);
    const others = page.map(({ view_id }) => view_id).filter((id) => id !== view.view_id);
    if (others.length > 0) await readViews(history, visitor, others, until, open, found);
    below = page.at(-1) ?? null;
    if (!below || page.length < VIEWS) return;
  }
}

/** Reads views backwards until it has a value for each name. Returns the raw time of the last snapshot, or null. */
async function readViews(
  history: History,
  visitor: Visitor,
  viewIds: string[],
  until: number,
  names: string[],
  found: LastSayings,
): Promise<number | null> {
  const missing = new Set(names);
  let last: number | null = null;
  let before: Saying | null = null;
  do {
    const limit: number = before === null ? FIRST_PAGE : PAGE;
    const page: Saying[] = await history.sayings(visitor, viewIds, until, before, limit);
    last ??= page[0]?.at ?? null;
    for (const row of page) take(row, missing, found);
    before = (page.length === limit && page.at(-1)) || null;
  } while (before && missing.size > 0);
  return last;
}

function take({ entities, ...place }: Saying, missing: Set<string>, found: LastSayings): void {
  if (entities === "{}") return;
  const said: Record<string, EntityValue> = JSON.parse(entities);
  for (const name of missing) {
    if (!Object.hasOwn(said, name)) continue;
    missing.delete(name);
    const known = found.get(name);
    if (!known || isLater(place, known)) found.set(name, { ...place, value: said[name] as EntityValue });
  }
}
