import { random } from "../browser/random";

const IDLE = 30 * 60e3;
const LONGEST = 24 * 3600e3;
/** The collector takes an offset of up to 10 s for delay; one session must not hold two clocks that differ by more. */
const CLOCK_SET_BACK = 10e3;

/** A visit, as all tabs share it. Times in epoch ms. */
export interface Session {
  _id: string;
  _at: number;
  _active: number;
  _views: number;
  /** The next session's id, made ahead: two tabs that wake together after the end both start the same one. */
  _next: string;
}

/** Whether a session has ended: by 30 min without activity, by 24 h in all, or because the clock was set back. */
export const isOver = (session: Session, now: number): boolean => {
  const idle = now - session._active;
  return idle > IDLE || idle < -CLOCK_SET_BACK || now - session._at > LONGEST;
};

export const nextSession = (previous: Session | undefined, at: number): Session => ({
  _id: previous ? previous._next : random(10),
  _at: at,
  _active: at,
  _views: 0,
  _next: random(10),
});

/** A session as text for a cookie, and back; text that we did not write gives none. */
export const sessionToText = ({ _id, _at, _active, _views, _next }: Session): string =>
  [_id, _at, _active, _views, _next].join(".");

export const sessionFromText = (text = ""): Session | undefined => {
  const found = /^(\w+)\.(\d+)\.(\d+)\.(\d+)\.(\w+)$/.exec(text);
  return found
    ? {
        _id: `${found[1]}`,
        _at: Number(found[2]),
        _active: Number(found[3]),
        _views: Number(found[4]),
        _next: `${found[5]}`,
      }
    : undefined;
};
