import { emit } from "../browser/events";
import { listen, listenLast } from "../browser/listen";
import { safe } from "../browser/safe";
import { flush, leave, wake } from "../queue/queue";
import { sessionIdOf } from "../session/visit";
import { consent, pass } from "../visitor/consent";
import { enter } from "../visitor/visitor";
import { watchRoutes } from "./routes";
import { announceView, createView, readView, type View } from "./view";

/** The views of a page, one after the other: when they open, are read, and close. */

/** How often a visible page is read, ms. */
const READ_EVERY = 500;
/** A page where nothing has changed for so long is read this often: waking up costs more than reading. */
const CALM_AFTER = 5000;
const CALM_EVERY = 3000;
/** A page that never rests (a ticker, an animation) counts as settled after this. */
const LONGEST_WAIT = 3000;
/** Activity within this long of the last is taken as one: no cookie is written, and no snapshot sent, for each scroll. */
const TOUCH_EVERY = 60e3;
/** Without activity for this long the session has ended, and its view is read no more. */
const IDLE = 30 * 60e3;

/** The open view. */
export let view: View | undefined;

/** When the visitor last did something; NaN while the page is in the back/forward cache, or gone. */
let touchedAt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
/** After a route change: what the page showed when it was last looked at. */
let unsettled: string | null | undefined;

/** Reads the view now, settled or not; `force` says so that it is still open. */
const readNow = safe((force?: boolean) => {
  unsettled = undefined;
  if (!view) return;
  announceView(view);
  readView(view, force);
});

/** Reads the open view, unless it still waits for the page to settle. */
export const read = safe((inPassing?: boolean) => {
  if (view && unsettled === undefined) readView(view, false, inPassing);
});

/** The same, and has the collector know of a view that still waits. */
export const announce = (): void => {
  read();
  if (view) announceView(view);
};

/** Opens a view. After a route change its first reading waits until the page has settled. */
const open = (referrer = document.referrer, isRoute?: boolean) => {
  if (view) announceView(view);
  const opened = createView(referrer);
  view = opened;
  touchedAt = opened._startedAt;
  unsettled = isRoute ? "" : undefined;
  pass(() => {
    opened._visit = enter(opened._startedAt, 1);
    opened._sessionId = sessionIdOf(opened._visit);
    emit("view", window.calljoin);
  });
  if (!isRoute) readView(opened, true);
  follow(READ_EVERY);
};

/** Looks at the page: it is settled when it shows the same as the last time. */
const look = safe(() => {
  const now = Date.now();
  if (!view || !(now - touchedAt < IDLE)) return;
  if (unsettled !== undefined) {
    const before = unsettled;
    unsettled = document.body.textContent;
    if (unsettled !== before && now - view._startedAt < LONGEST_WAIT) return;
    readNow();
  }
  read(true);
});

/** Looks at the page again and again, while it is seen. */
const follow = (pause: number) => {
  clearTimeout(timer);
  if (document.hidden) return;
  timer = setTimeout(() => {
    look();
    // Without a view it is NaN, which is not greater.
    follow(Date.now() - Number(view?._lastAt) > CALM_AFTER ? CALM_EVERY : READ_EVERY);
  }, pause);
};

/** The visitor does something. */
const touch = () => {
  const now = Date.now();
  if (!view?._sessionId || !(Math.abs(now - touchedAt) > TOUCH_EVERY)) return;
  touchedAt = now;
  if (sessionIdOf(enter(now, 0)) === view._sessionId) readNow(true);
  else open();
};

/** The page is seen, and may be followed. */
export const show = (): void => {
  if (document.hidden) return;
  pass(wake);
  follow(READ_EVERY);
  touch();
};

/** Opens the first view, unless the page is prerendered or consent denied. */
export const begin = (): void => {
  if (view || (document as { prerendering?: boolean }).prerendering || consent === "denied") return;
  open();
  show();
};

/** The page declares a view. A site that has just changed its address, and says so too, means one. */
export const page = (): void => {
  if (!view || (unsettled !== undefined && view._referrer !== view._url)) return;
  readNow();
  open(view._url, true);
};

/** Ends all: consent was denied. */
export const end = (): void => {
  clearTimeout(timer);
  view = undefined;
};

/** Watches the page, for views to come and go. */
export const startLife = (): void => {
  watchRoutes(
    readNow,
    safe(() => {
      if (view && location.href !== view._url) open(view._url, true);
    }),
  );
  listen("prerenderingchange", begin);
  listen("pointerdown keydown scroll", touch);
  listen("click", (event) => {
    // Through the path, as the link may be inside a web component.
    if (event.composedPath().some((node) => /^tel:/i.test((node as HTMLAnchorElement).href))) {
      readNow(true);
      flush();
    }
  });
  const leaveView = () => {
    clearTimeout(timer);
    readNow();
    leave();
  };
  listenLast(({ type }) => {
    if (type === "pagehide") touchedAt = Number.NaN;
    else if (!document.hidden) return show();
    leaveView();
  });
  listen("freeze", leaveView);
  listen("pageshow", (event) => {
    if (!view || !(event as PageTransitionEvent).persisted) return;
    open();
    show();
  });
  listen("online", flush);
};
