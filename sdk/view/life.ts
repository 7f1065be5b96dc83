import { listen, listenLast } from "../browser/listen";
import { safe } from "../browser/safe";
import { watchRoutes } from "./routes";
import { createView, openView, readView, type View, type ViewSurroundings } from "./view";

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
  _page(): void;
  /** The page is seen, and may be followed. */
  _show(): void;
  /** Ends all: consent was denied. */
  _end(): void;
}

export const createLife = (around: LifeSurroundings): Life => {
  /** The page is in the back/forward cache, or gone. */
  let hasLeft = false;
  let touchedAt = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  const open = (referrer: string, byRoute?: boolean) => {
    life._view?._stopWaiting?.();
    const view = createView(referrer);
    life._view = view;
    touchedAt = view._startedAt;
    openView(around, view, byRoute);
  };

  /** Reads the view now, settled or not; a view that was silent for long says once more that it is open. */
  const close = (force?: unknown) => {
    const view = life._view;
    if (view) readView(around, view, false, force === true || Date.now() - view._lastAt > TOUCH_EVERY);
  };

  const read = (inPassing?: boolean, force?: boolean) => {
    const view = life._view;
    if (view && !view._stopWaiting) readView(around, view, inPassing, force);
  };

  const follow = safe(() => {
    if (Date.now() - touchedAt < IDLE) read(true);
  });

  const show = () => {
    clearInterval(timer);
    if (document.visibilityState === "hidden") return;
    around._onShow();
    if (around._entities[0]) timer = setInterval(follow, READ_EVERY);
    touch();
  };

  const leave = () => {
    clearInterval(timer);
    close();
    around._onLeave();
  };

  const touch = () => {
    const visit = life._view?._visit;
    if (!visit || hasLeft || Math.abs(Date.now() - touchedAt) < TOUCH_EVERY) return;
    touchedAt = Date.now();
    if (around._touch(visit._sessionId)) read(false, true);
    else open(document.referrer);
  };

  const changeRoute = () => {
    const view = life._view;
    if (view && location.href !== view._url) open(view._url, true);
  };

  const life: Life = {
    _view: undefined,
    _begin() {
      const { prerendering } = document as { prerendering?: boolean };
      if (life._view || hasLeft || prerendering || around._isDenied()) return;
      open(document.referrer);
      show();
    },
    _read: () => read(),
    _show: show,
    _page() {
      const view = life._view;
      // A site that has just changed its address, and says so too, means one view.
      if (!view || (view._stopWaiting && view._referrer !== view._url)) return;
      close();
      open(view._url, true);
    },
    _end() {
      life._view?._stopWaiting?.();
      life._view = undefined;
      clearInterval(timer);
    },
  };

  watchRoutes(close, changeRoute);
  listen(document, "prerenderingchange", life._begin);
  listen(window, "pointerdown keydown scroll", touch);
  listen(window, "click", (event) => {
    // Through the path, as the link may be inside a web component.
    if (event.composedPath().some((node) => /^tel:/i.test((node as HTMLAnchorElement).href))) {
      close(true);
      around._onCall();
    }
  });
  listenLast("visibilitychange", () => {
    if (document.visibilityState === "hidden") leave();
    else show();
  });
  listenLast("pagehide", () => {
    hasLeft = true;
    leave();
  });
  listen(document, "freeze", leave);
  listen(window, "pageshow", (event) => {
    if (!(event as PageTransitionEvent).persisted) return;
    hasLeft = false;
    if (life._view) {
      open(document.referrer);
      show();
    }
  });
  return life;
};
