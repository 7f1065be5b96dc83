/**
 * A visitor's history as the join reads it: the few views around a moment, and a few of their snapshots. However long
 * the history, nothing here walks more of it than a narrow index over one session, or over the visitor's sessions.
 * Times are raw, except those called `cut`, which are corrected by each session's own offset.
 */
import { type Kysely, type RawBuilder, sql } from "kysely";
import { sha256 } from "../hash";
import { nameBits } from "./page";
import { LONGEST_SESSION_MS } from "./sessions";
import type { SessionRow, SnapshotRow, StoredSnapshot, Tables, ViewRow } from "./tables";
import { contextOf, visitorOf } from "./visitor";

/** Whose history it is, and in which session. */
export interface Visitor {
  site: string;
  contextId: string;
}
export interface InSession extends Visitor {
  sessionId: string;
}

type Standing = "erased" | "known" | "unknown";

/** What a snapshot said, and the snapshot's place. */
export type Saying = SnapshotPlace & Pick<SnapshotRow, "entities">;

/** A view with its document and the facts about its session. */
export type DescribedView = Pick<
  ViewRow,
  "view_id" | "session_id" | "first_at" | "last_at" | "number" | "page" | "names"
> &
  Pick<StoredSnapshot, "view"> &
  Pick<SessionRow, "clock_offset" | "longest">;

/** A place among a session's views, in the order that decides which is "newest" (contract 6.3). */
export type ViewPlace = Pick<DescribedView, "first_at" | "number" | "view_id">;

/** A place among a context's snapshots, in the order that decides which is "last" (contract 6.5). */
export type SnapshotPlace = Pick<SnapshotRow, "at" | "seq" | "view_id">;

/** True if the first place comes after the second (contract 6.5: by `at`, `seq`, `view_id`). */
export function isLater(a: SnapshotPlace, b: SnapshotPlace): boolean {
  if (a.at !== b.at) return a.at > b.at;
  if (a.seq !== b.seq) return a.seq > b.seq;
  return a.view_id > b.view_id;
}

export type History = ReturnType<typeof historyStore>;

/** Showings that are read at once. If the visitor's clock never needed correction, the first one decides. */
const SHOWINGS = 20;

const WHOLE = Number.MAX_SAFE_INTEGER;

/** Views with their documents and their sessions. */
const DESCRIBED = sql`select view.view_id, view.session_id, view.first_at, view.last_at, view.number, view.page, view.names,
  told.view, session.clock_offset, session.longest
  from views as view
  join sessions as session on session.site = view.site and session.visitor = view.visitor and session.session_id = view.session_id
  left join snapshots as told on told.site = view.site and told.visitor = view.visitor and told.view_id = view.view_id
  and told.seq = view.view_seq`;

const NEWEST_FIRST = sql`order by view.first_at desc, view.number desc, view.view_id desc`;

/** The condition that a row of `table` belongs to a visitor. */
function own(table: string, { site, contextId }: Visitor) {
  return sql`${sql.ref(`${table}.site`)} = ${site} and ${sql.ref(`${table}.visitor`)} = ${visitorOf(contextId)}`;
}

/** The condition that a view belongs to a session, started by `until`, and lies below a place. */
function inSession(session: InSession, until: number, place: ViewPlace | null) {
  const { first_at, number, view_id } = place ?? { first_at: WHOLE, number: 0, view_id: "" };
  return sql`${own("view", session)} and view.session_id = ${session.sessionId} and view.first_at <= ${until}
    and (view.first_at, view.number, view.view_id) < (${first_at}, ${number}, ${view_id})`;
}

export function historyStore(db: Kysely<Tables>) {
  const all = async <Row>(query: RawBuilder<unknown>) => (await sql<Row>`${query}`.execute(db)).rows;
  const one = async <Row>(query: RawBuilder<unknown>) => (await all<Row>(sql`${query} limit 1`))[0] ?? null;
  const view = (where: RawBuilder<unknown>) => one<DescribedView>(sql`${DESCRIBED} where ${where}`);

  /** The view that `choice`, a query for its id, finds in a context. */
  const chosen = (visitor: Visitor, choice: RawBuilder<unknown>) =>
    view(sql`${own("view", visitor)} and view.view_id = (${choice} limit 1)`);

  /** The showings of a value before a place, the latest first, each with its session's offset. */
  const showings = (visitor: Visitor, name: string, value: string, until: number, before: SnapshotPlace | null) =>
    all<SnapshotPlace & Pick<SessionRow, "clock_offset">>(sql`
      select showing.at, showing.seq, showing.view_id, session.clock_offset
      from showings as showing
      join views as view on view.site = showing.site and view.visitor = showing.visitor and view.view_id = showing.view_id
      join sessions as session on session.site = view.site and session.visitor = view.visitor and session.session_id = view.session_id
      where ${own("showing", visitor)} and showing.name = ${name} and showing.value = ${value} and showing.at <= ${until}
      and (showing.at, showing.seq, showing.view_id) < (${before?.at ?? WHOLE}, ${before?.seq ?? 0}, ${before?.view_id ?? ""})
      order by showing.at desc, showing.seq desc, showing.view_id desc limit ${SHOWINGS}`);

  return {
    /** Says whether a context is an erased visitor's and, if not, whether it has a view. */
    async standing(visitor: Visitor): Promise<Standing> {
      const row = await one<{ standing: Standing }>(sql`select case
        when exists (select 1 from erased where site = ${visitor.site} and hash = ${sha256(visitor.contextId)}) then 'erased'
        when exists (select 1 from sessions as session where ${own("session", visitor)}) then 'known'
        else 'unknown' end as standing`);
      return row?.standing ?? "unknown";
    },

    view: (visitor: Visitor, viewId: string) => view(sql`${own("view", visitor)} and view.view_id = ${viewId}`),

    /** The newest of all views that started at or before `cut`. */
    async newestView(visitor: Visitor, cut: number) {
      // The latest session that has begun by then has a view that starts at `floor`. So any view that starts earlier is
      // not the newest.
      const first = await one<{ floor: number }>(sql`
        select first_at + clock_offset as floor from sessions as session
        where ${own("session", visitor)} and first_at + clock_offset <= ${cut} order by first_at + clock_offset desc`);
      if (!first) return null;
      const { floor } = first;
      // Takes the newest view at that time of each session that reaches that far. SQLite runs a cross join in the order
      // in which it is written, and uses no index for an expression with a plus before it.
      const near = sql`select session_id, clock_offset from sessions as session
        where ${own("session", visitor)} and last_start + clock_offset >= ${floor}`;
      return chosen(
        visitor,
        sql`with near as (
          ${near} and first_at + clock_offset between ${floor - LONGEST_SESSION_MS} and ${cut}
          union all ${near} and last_start - first_at > ${sql.lit(LONGEST_SESSION_MS)}
          and +(first_at + clock_offset) < ${floor - LONGEST_SESSION_MS})
          select view.view_id from near cross join views as view
          where ${own("view", visitor)} and view.view_id = (
            select newest.view_id from views as newest
            where ${own("newest", visitor)} and newest.session_id = near.session_id and newest.first_at <= ${cut} - near.clock_offset
            order by newest.first_at desc, newest.number desc, newest.view_id desc limit 1)
          order by view.first_at + near.clock_offset desc, view.number desc, view.view_id desc`,
      );
    },

    /** The earliest of all views, for a call that no view precedes: none started at or before `cut`. */
    earliestView: (visitor: Visitor) =>
      chosen(
        visitor,
        sql`with first as (
          select session_id from sessions as session where ${own("session", visitor)} and first_at + clock_offset = (
            select first_at + clock_offset from sessions as session where ${own("session", visitor)}
            order by first_at + clock_offset limit 1))
          select view.view_id from first cross join views as view
          where ${own("view", visitor)} and view.view_id = (
            select earliest.view_id from views as earliest
            where ${own("earliest", visitor)} and earliest.session_id = first.session_id
            order by earliest.first_at, earliest.number, earliest.view_id limit 1)
          order by view.number, view.view_id`,
      ),

    /** A session's first view. */
    entrance: (session: InSession) =>
      view(sql`${own("view", session)} and view.session_id = ${session.sessionId}
        order by view.first_at, view.number, view.view_id`),

    /** The newest view of a session on a page (`pageOf`) that started by `until`. */
    viewOnPage: (session: InSession, page: string, until: number) =>
      view(sql`${inSession(session, until, null)} and view.page = ${page} ${NEWEST_FIRST}`),

    /** A session's views that started by `until`, the newest first. If `below` is given, only views below it. */
    viewsOf: (session: InSession, until: number, below: ViewPlace | null, limit: number) =>
      all<DescribedView>(sql`${DESCRIBED} where ${inSession(session, until, below)} ${NEWEST_FIRST} limit ${limit}`),

    /** The places of the same views, but only of those that may have reported one of these names. */
    viewsSaying: (session: InSession, names: string[], until: number, below: ViewPlace | null, limit: number) =>
      all<ViewPlace>(sql`select first_at, number, view_id from views as view
        where ${inSession(session, until, below)} and (view.names & ${nameBits(names)}) <> 0
        ${NEWEST_FIRST} limit ${limit}`),

    /** What these views' snapshots said by `until`, the last first. If `below` is given, only snapshots below it. */
    sayings: (visitor: Visitor, viewIds: string[], until: number, below: SnapshotPlace | null, limit: number) =>
      all<Saying>(sql`select at, seq, view_id, entities from snapshots as said
        where ${own("said", visitor)} and view_id in (${sql.join(viewIds)}) and at <= ${until}
        and (at, seq, view_id) < (${below?.at ?? WHOLE}, ${below?.seq ?? 0}, ${below?.view_id ?? ""})
        order by at desc, seq desc, view_id desc limit ${limit}`),

    /** The corrected time of a context's last activity in [`from`, `cut`]. Null if there is none. */
    async lastActivity(visitor: Visitor, from: number, cut: number) {
      const row = await one<{ at: number | null }>(sql`
        select max(session.clock_offset + (
          select max(said.at) from snapshots as said
          where said.site = view.site and said.visitor = view.visitor and said.view_id = view.view_id
          and said.at <= ${cut} - session.clock_offset)) as at
        from sessions as session cross join views as view
        where ${own("session", visitor)} and session.first_at + session.clock_offset <= ${cut}
        and session.last_start + session.longest + session.clock_offset >= ${from}
        and view.site = session.site and view.visitor = session.visitor and view.session_id = session.session_id
        and view.first_at <= ${cut} - session.clock_offset
        and view.first_at >= ${from} - session.clock_offset - session.longest
        and view.last_at >= ${from} - session.clock_offset`);
      const at = row?.at ?? null;
      return at === null || at < from ? null : at;
    },

    /** At most `limit` contexts that have shown a value under one of these entities' names at any time, sorted. */
    async contextsShowing(site: string, names: string[], value: string, limit: number) {
      const visitors = new Set<string>();
      // Under one name, each context appears once, and they are sorted.
      for (const name of names) {
        const rows = await all<{ visitor: string }>(sql`select visitor from aliases
          where site = ${site} and value = ${value} and name = ${name} order by visitor limit ${limit}`);
        for (const { visitor } of rows) visitors.add(visitor);
      }
      return [...visitors].sort().slice(0, limit).map(contextOf);
    },

    /**
     * The newest snapshot at or before `cut`, in corrected time, in which a context showed a value under one of these
     * names.
     */
    async newestShowing(visitor: Visitor, names: string[], value: string, cut: number) {
      const offsets = await one<{ least: number | null; most: number | null }>(sql`
        select min(clock_offset) as least, max(clock_offset) as most from sessions as session
        where ${own("session", visitor)} and clock_offset <> 0`);
      const [least, most] = [Math.min(offsets?.least ?? 0, 0), Math.max(offsets?.most ?? 0, 0)];
      let newest: SnapshotPlace | null = null;
      for (const name of names) {
        let before: SnapshotPlace | null = null;
        let page: (SnapshotPlace & Pick<SessionRow, "clock_offset">)[];
        do {
          page = await showings(visitor, name, value, cut - least, before);
          for (const { clock_offset, at, seq, view_id } of page) {
            const place = { at: at + clock_offset, seq, view_id };
            if (place.at <= cut && (newest === null || isLater(place, newest))) newest = place;
          }
          before = page.at(-1) ?? null;
          // Further showings are earlier, and no session's clock can move them later than this.
        } while (before && page.length === SHOWINGS && before.at + most >= (newest?.at ?? -WHOLE));
      }
      return newest;
    },
  };
}

/**
 * The same questions, but each is asked only once. Use it while you have the store to yourself, so that nobody can
 * write what is read here.
 */
export function remembered<Questions extends object>(questions: Questions): Questions {
  const answers = new Map<string, Promise<unknown>>();
  const once = ([name, ask]: [string, (...args: never[]) => Promise<unknown>]) => [
    name,
    (...args: never[]) => {
      const question = JSON.stringify([name, args]);
      const answer = answers.get(question) ?? ask(...args);
      answers.set(question, answer);
      return answer;
    },
  ];
  return Object.fromEntries(Object.entries(questions).map(once)) as Questions;
}
