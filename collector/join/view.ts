/** Chooses the view that a call happened on (contract 6.3). */
import type { History, Visitor } from "../store/history";
import { pageOf } from "../store/page";
import { type TimedView, timed } from "./clock";

/** A view may be the call's even if it started this long (ms) after it: page and phone do not share a clock. */
const AFTER_MS = 60_000;

export interface ChosenView {
  view: TimedView;
  /** The cut. If the view started after it, the cut moves to the view's start. */
  cut: number;
}

/** The view of a call at `cut` (ms), or null if none started in time. `url` is the call's, or "" if it has none. */
export async function chooseView(
  history: History,
  visitor: Visitor,
  cut: number,
  url: string,
): Promise<ChosenView | null> {
  const newest = await history.newestView(visitor, cut);
  if (!newest) {
    const earliest = await history.earliestView(visitor);
    const view = earliest && timed(earliest);
    return view && view.start <= cut + AFTER_MS ? { view, cut: view.start } : null;
  }
  const page = pageOf(url);
  if (page === null || page === newest.page) return { view: timed(newest), cut };
  const session = { ...visitor, sessionId: newest.session_id };
  const equal = await history.viewOnPage(session, page, cut - newest.clock_offset);
  return { view: timed(equal ?? newest), cut };
}
