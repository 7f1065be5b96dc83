/** Clocks (contract 6, "Clocks"): from what a visitor's device said to the collector's time. */
import type { DescribedView } from "../store/tables";
import type { View } from "../wire/snapshots";

/** Up to here, what looks like a wrong clock is taken for the network's delay. */
const BOUND_MS = 10_000;

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
}

/** A session's offset: the smallest received − sent in it, 0 where that is within ±10 s. Ms, to be added to raw times. */
export function sessionOffset(delays: number[]): number {
  const smallest = Math.min(...delays);
  return Math.abs(smallest) <= BOUND_MS ? 0 : smallest;
}

/** Views in corrected time. Order within a session is never changed: all of it moves by one offset. */
export function timed(rows: DescribedView[]): TimedView[] {
  const delays = new Map<string, number[]>();
  for (const { session_id, min_delay } of rows) delays.set(session_id, [...(delays.get(session_id) ?? []), min_delay]);
  const offsets = new Map([...delays].map(([session, all]) => [session, sessionOffset(all)]));
  return rows.map((row) => {
    const view: View | null = row.view === null ? null : JSON.parse(row.view);
    const offset = offsets.get(row.session_id) ?? 0;
    return {
      view_id: row.view_id,
      session_id: row.session_id,
      offset,
      start: row.first_at + offset,
      last: row.last_at + offset,
      number: view?.number ?? 0,
      view,
    };
  });
}
