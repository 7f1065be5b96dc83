/** Clocks (contract 6, "Clocks"): from what a visitor's device said to the collector's time. */
import type { DescribedView } from "../store/history";
import type { View } from "../wire/snapshots";

/** A view in corrected time. `raw` + `offset` = corrected, for every time of the view's session. */
export interface TimedView {
  view_id: string;
  session_id: string;
  offset: number;
  /** Corrected start: its earliest snapshot's `at`. */
  start: number;
  /** Corrected time of its last snapshot. */
  last: number;
  number: number;
  /** As the browser described it, raw; null where that never came. */
  view: View | null;
  /** As it is stored, in raw time. */
  row: DescribedView;
}

/** A view in corrected time. Order within a session is never changed: all of it moves by one offset. */
export function timed(row: DescribedView): TimedView {
  return {
    view_id: row.view_id,
    session_id: row.session_id,
    offset: row.clock_offset,
    start: row.first_at + row.clock_offset,
    last: row.last_at + row.clock_offset,
    number: row.number,
    view: row.view === null ? null : JSON.parse(row.view),
    row,
  };
}
