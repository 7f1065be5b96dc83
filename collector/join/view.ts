/** Which view a call happened on (contract 6.3). */
import type { TimedView } from "./clock";

/** A view that started this long after the call may still be the one: page and phone do not share a clock. */
const AFTER_MS = 60_000;

/** Ascending by start, then number, then view_id; the last is the newest. */
export function byStart(a: TimedView, b: TimedView): number {
  if (a.start !== b.start) return a.start - b.start;
  if (a.number !== b.number) return a.number - b.number;
  return a.view_id < b.view_id ? -1 : a.view_id > b.view_id ? 1 : 0;
}

export interface ChosenView {
  view: TimedView;
  /** The cut, moved to the view's start where the view started after it. */
  cut: number;
  /** The views that stood to choice: those of the session, at or before the cut. */
  candidates: TimedView[];
}

/** The view of a call at `cut` (ms), or null where none started in time. `url` is the call's, "" where it has none. */
export function chooseView(views: TimedView[], cut: number, url: string): ChosenView | null {
  const sorted = [...views].sort(byStart);
  const before = sorted.filter((view) => view.start <= cut);
  if (before.length === 0) {
    const after = sorted[0];
    if (!after || after.start > cut + AFTER_MS) return null;
    return { view: after, cut: after.start, candidates: [after] };
  }
  const newest = before.at(-1) as TimedView;
  const candidates = before.filter((view) => view.session_id === newest.session_id);
  const wanted = comparable(url);
  const equal =
    wanted === null ? undefined : candidates.findLast((view) => comparable(view.view?.url ?? "") === wanted);
  return { view: equal ?? newest, cut, candidates };
}

/** Scheme, host, path and query of a URL (WHATWG); null for one that does not parse. */
function comparable(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { protocol, host, pathname, search } = new URL(url);
  return `${protocol}//${host}${pathname}${search}`;
}
