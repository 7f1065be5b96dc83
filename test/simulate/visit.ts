import type { JsonObject, ViewFacts } from "../oracle";
import type { Random } from "./random";

/** One visitor's true story: what was open when, and what its values were. All times are true, in epoch milliseconds. */

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/**
 * Nobody dials in the seconds around a page's opening, and no vendor's or visitor's clock tells seconds better: a call and the beginning of a
 * view, or a change of a value, are further apart than this. Nearer than that nobody could tell the right answer.
 */
export const APART = 4 * SECOND;

export interface Snapshot {
  view_id: string;
  session_id: string;
  seq: number;
  at: number;
  view?: ViewFacts;
  entities: JsonObject;
}

export interface View {
  id: string;
  session: string;
  url: string;
  start: number;
  /** When the visitor leaves it; a tab's last view stays open until the session's end. */
  end: number;
  snapshots: Snapshot[];
}

export interface Session {
  id: string;
  start: number;
  end: number;
  views: View[];
}

export interface Browsing {
  start: number;
  tabs: number;
  pagesInTab: number;
  /** Shortest and longest stay on a page. */
  stay: [number, number];
  number: number;
  /** The vendor's own id for the visitor, where the vendor's tag tells it. */
  vendorId?: string;
}

/** A session, from its first page to its end: each tab goes from page to page, and a value now and then changes. */
export function browse(random: Random, browsing: Browsing): Session {
  const id = `s${random.text(9)}`;
  const tabs = Array.from({ length: browsing.tabs }, (_, tab) =>
    openTab(random, id, browsing, browsing.start + tab * random.between(11 * SECOND, 40 * SECOND)),
  );
  const views = tabs.flat().toSorted((a, b) => a.start - b.start);
  const end = Math.max(...views.map((view) => view.end));
  for (const tab of tabs) {
    const last = tab.at(-1);
    if (last !== undefined) last.end = end;
  }
  for (const [n, view] of views.entries()) describe(view, n, browsing);
  fillBasket(random, views, browsing.vendorId);
  return { id, start: browsing.start, end, views };
}

function openTab(random: Random, session: string, { pagesInTab, stay }: Browsing, opened: number): View[] {
  let start = opened;
  return Array.from({ length: pagesInTab }, () => {
    const end = start + random.between(...stay);
    const name = random.text(8);
    const view: View = { id: `v${name}`, session, url: `https://shop.example/p/${name}`, start, end, snapshots: [] };
    start = end;
    return view;
  });
}

function describe(view: View, n: number, { number, start }: Browsing): void {
  const facts: ViewFacts = {
    number: (number - 1) * 100 + n + 1,
    session_number: number,
    session_view_number: n + 1,
    session_at: start,
    url: view.url,
    referrer: n === 0 ? "https://find.example/?q=shoes" : "",
    title: "Shoes",
  };
  view.snapshots.push({
    view_id: view.id,
    session_id: view.session,
    seq: 0,
    at: view.start,
    view: facts,
    entities: { product: view.id },
  });
}

/** The basket grows while the pages are open; each growth is a snapshot of the view on which it was seen. */
function fillBasket(random: Random, views: View[], vendorId: string | undefined): void {
  let basket = 0;
  for (const view of views) {
    const first = view.snapshots[0];
    if (first !== undefined && vendorId !== undefined) first.entities.rtap_visitor = vendorId;
    const pause = () => random.between(9 * SECOND, MINUTE);
    for (let at = view.start + pause(); at < view.end - APART && view.snapshots.length < 4; at += pause()) {
      basket += random.between(5, 90);
      view.snapshots.push({
        view_id: view.id,
        session_id: view.session,
        seq: view.snapshots.length,
        at,
        entities: { basket },
      });
    }
  }
}

/** A moment at which the visitor is on the view and may dial: apart from every beginning and from every change of a value. */
export function dialTime(random: Random, view: View, session: Session): number | null {
  const edges = session.views.flatMap((each) => [each.start, ...each.snapshots.map((snapshot) => snapshot.at)]);
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const time = random.between(view.start + APART, view.end - APART);
    if (time < view.end && edges.every((edge) => Math.abs(edge - time) >= APART)) return time;
  }
  return null;
}

/** What a call from `view` at `time` should find: the session's basket and the view's product. */
export function valuesAt(session: Session, view: View, time: number): JsonObject {
  const before = session.views.flatMap((each) => each.snapshots).filter((snapshot) => snapshot.at <= time);
  const values: JsonObject = { product: view.id };
  for (const name of ["basket", "rtap_visitor"]) {
    const last = before
      .filter(({ entities }) => name in entities)
      .toSorted((a, b) => a.at - b.at)
      .at(-1);
    const value = last?.entities[name];
    if (value !== undefined) values[name] = value;
  }
  return values;
}
