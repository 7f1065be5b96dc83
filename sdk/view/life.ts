import { listen, listenLast } from "../browser/listen";
import { safe } from "../browser/safe";
import { watchRoutes } from "./routes";
import { whenSettled } from "./settled";
import { announceView, createView, readView, type View, type ViewSurroundings } from "./view";

/** How often a visible page is read, ms. */
const READ_EVERY = 500;
/** Activity within this long of the last is taken as one: no cookie is written, and no snapshot sent, for each scroll. */
const TOUCH_EVERY = 60e3;
/** Without activity for this long the session has ended, and its view is read no more. */
const IDLE = 30 * 60e3;

/** What the views of a page need from the rooms around them. */
export interface LifeSurroundings extends ViewSurroundings {
  _isDenied(): boolean;
  /** Activity: false where the view's session has ended. */
  _touch(sessionId: string): boolean;
  /** The page is shown; it is being hidden, perhaps for ever; a call is about to be made. */
  _onShow(): unknown;
  _onLeave(): void;
  _onCall(): unknown;
}

/** The views of one page, one after the other. */
export interface Life {
  _view: View | undefined;
  /** Opens the first view, unless the page is prerendered or consent denied. */
  _begin(): void;
  /** Reads the open view, unless it still waits for the page to settle. */
  _read(): void;
  /** The same, and lets the collector know of a view that still waits. */
  _announce(): void;
  /** The page declares a new view. */
  _page(): void;
  /** Ends all: consent was denied. */
  _end(): void;
  /** The page is seen, and may be followed. */
  _show(): void;
}

export const createLife = (around: LifeSurroundings): Life => {
  /** The page is in the back/forward cache, or gone. */
  let hasLeft = false;
  let touchedAt = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  const stopWaiting = (view: View) => {
    view._stopWaiting?.();
    view._stopWaiting = undefined;
  };

  /** Reads the view now, settled or not; one that was silent for long says so that it is still open. */
  const readNow = (force?: boolean) => {
    const view = life._view;
    if (!view) return;
    stopWaiting(view);
    announceView(around, view);
    readView(around, view, force || Date.now() - view._lastAt > TOUCH_EVERY);
  };

  const open = (referrer: string, isRoute?: boolean) => {
    if (life._view) stopWaiting(life._view);
    const view = createView(around._setups, referrer);
    life._view = view;
    touchedAt = view._startedAt;
    around._pass(() => {
      view._place = around._enter(view._startedAt);
      around._onView();
    });
    if (isRoute) view._stopWaiting = whenSettled(safe(readNow));
    else readView(around, view, true);
  };

  const follow = safe(() => {
    if (Date.now() - touchedAt < IDLE) life._read();
  });

  const stopFollowing = () => clearInterval(timer);

  const leave = () => {
    stopFollowing();
    readNow();
    around._onLeave();
  };

  const touch = () => {
    const place = life._view?._place;
    if (!place || hasLeft || Math.abs(Date.now() - touchedAt) < TOUCH_EVERY) return;
    touchedAt = Date.now();
    if (around._touch(place._sessionId)) readNow(true);
    else open(document.referrer);
  };

  const life: Life = {
    _view: undefined,
    _begin() {
      if (life._view || (document as { prerendering?: boolean }).prerendering || around._isDenied()) return;
      open(document.referrer);
      life._show();
    },
    _read() {
      if (life._view && !life._view._stopWaiting) readView(around, life._view);
    },
    _announce() {
      life._read();
      if (life._view) announceView(around, life._view);
    },
    _page() {
      const view = life._view;
      // A site that has just changed its address, and says so too, means one view.
      if (!view || (view._stopWaiting && view._referrer !== view._url)) return;
      readNow();
      open(view._url, true);
    },
    _end() {
      stopFollowing();
      if (life._view) stopWaiting(life._view);
      life._view = undefined;
    },
    _show() {
      stopFollowing();
      if (document.hidden) return;
      around._onShow();
      if (around._setups[0]) timer = setInterval(follow, READ_EVERY);
      touch();
    },
  };

  watchRoutes(readNow, () => {
    const view = life._view;
    if (view && location.href !== view._url) open(view._url, true);
  });
  listen(document, "prerenderingchange", life._begin);
  listen(window, "pointerdown keydown scroll", touch);
  listen(window, "click", (event) => {
    // Through the path, as the link may be inside a web component.
    if (event.composedPath().some((node) => /^tel:/i.test((node as HTMLAnchorElement).href))) {
      readNow(true);
      around._onCall();
    }
  });
  listenLast("visibilitychange pagehide freeze", ({ type }) => {
    hasLeft = hasLeft || type === "pagehide";
    if (document.hidden || type !== "visibilitychange") leave();
    else life._show();
  });
  listen(window, "pageshow", (event) => {
    if (!(event as PageTransitionEvent).persisted) return;
    hasLeft = false;
    if (life._view) open(document.referrer);
    life._show();
  });
  return life;
};
