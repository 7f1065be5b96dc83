import { emit, subscribe } from "../browser/events";
import { listen, listenLast } from "../browser/listen";
import {
  address,
  hasPrivacyControl,
  isHidden,
  isPrerendering,
  now,
  referrer,
  root,
  storage,
  title,
} from "../browser/page";
import { after, safe } from "../browser/safe";
import { readEntity } from "../entity/entity";
import { toRow } from "../entity/row";
import { clear, flush, leave, wake } from "../queue/queue";
import { letGo } from "../queue/storage";
import { IDLE, sessionIdOf } from "../session/visit";
import { setup } from "../setup";
import { enter, forget, forgetErased } from "../visitor/visitor";
import { type How, isOtherView } from "./address";
import { place } from "./place";
import { watchRoutes } from "./routes";
import { createView, held, release, tellView, type View } from "./view";

/** This file decides when the views of a page open, are read, and close, one after the other. */

/** How often a visible page is read, in ms. A value at rest must be told within a second, and is read twice in it. */
const READ_EVERY = 400;
/** How long the page has after a route change to become the new view. */
const SETTLED_AFTER = 2 * READ_EVERY;
/** After this long without a change or an action, the page is read less often: waking up costs more than reading. */
const CALM_AFTER = 5000;
const CALM_EVERY = 3000;
/** Activity this soon after the last one does not count, so that not every key writes a cookie and sends a snapshot. */
const TOUCH_EVERY = 60e3;
/** This key is in localStorage for a moment, to tell the other tabs. */
const DENIED = "calljoin-denied";

/**
 * The state of the page's view. sdk/README.md shows what leads from one state to another. There is no view if consent
 * is denied or the page is being prerendered.
 */
type State =
  /** A route change opened the view. The page has some time to become that view, and may declare it meanwhile. */
  | "new"
  /** The same, but the page declared the view. If it declares another one at once, that one counts, too. */
  | "declared"
  | "open";

let state: State;

/** The visitor's consent. sdk/README.md shows how it changes. */
export let consent: "granted" | "pending" | "denied";

/** The page's present view. */
export let view: View | undefined;

/** When the visitor last did something that counts for the session. */
let touchedAt = 0;
/** The page is read often until this time. */
let busyUntil = 0;
/** Whether the page is in the back/forward cache, or gone. */
let isAway = false;
/** The document's root element when we last looked. */
let element: unknown;
/** The next look at the page. Timers of earlier looks cannot be cancelled on every page, so they do nothing. */
let next: object | undefined;

/** Looks at the page again and again while it is visible. */
const follow = (): void => {
  const mine = {};
  next = mine;
  after(state !== "open" ? SETTLED_AFTER : now() < busyUntil ? READ_EVERY : CALM_EVERY, () => {
    if (next !== mine || !view || isHidden()) return;
    look();
    follow();
  });
};

/** The page has changed or may change, so it is read often for a while. */
const stir = (): void => {
  const isCalm = now() > busyUntil;
  busyUntil = now() + CALM_AFTER;
  if (isCalm) follow();
};

let isReading = false;

/** Reads the view's entities. Does nothing if an entity's own code asks for a reading. */
const read = (isInPassing?: boolean): void => {
  if (isReading) return;
  isReading = true;
  for (const entity of view?._entities || []) {
    if (address() !== view?._address) break; // one of them has changed it
    if (!readEntity(entity, isInPassing)) continue;
    stir();
    emit("entity", toRow(entity));
  }
  isReading = false;
};

/** Reads the view and queues what is new. */
const tell = (isLast?: boolean, isForced?: boolean): void => {
  const isFirst = state !== "open";
  state = "open";
  read(!isLast);
  if (view) tellView(view, isLast, isFirst, isForced);
};

/** Opens a view. After a route change, it takes over what its predecessor in this page had. */
const open = (isRoute?: boolean): void => {
  // A visitor who comes back to a page, or continues on it in another session, still has the referrer of before.
  const from = isRoute ? view?._address : view?._referrer;
  const opened = createView(from ?? referrer(), isRoute ? view : undefined);
  view = opened;
  touchedAt = opened._startedAt;
  state = "new";
  if (consent === "granted") opened._placed = place(opened);
  if (isRoute) tellView(opened);
  else tell();
  busyUntil = now() + CALM_AFTER;
  follow();
};

/**
 * Global Privacy Control means denied, whatever the page says, unless the site document ignores it. Visitors may switch
 * it on at any time.
 */
const obey = (): void => {
  if (consent !== "denied" && setup.gpc && hasPrivacyControl()) deny();
};

/** The address may be another. */
const arrive = (how?: How): void => {
  obey();
  if (!view) return;
  if (isOtherView(view._address, address(), how)) {
    // A view that has not settled tells only values that are not its predecessor's.
    tellView(view, state === "open", state !== "open");
    open(true);
  } else view._address = address();
};

/** The address is about to change. Reads the view's last values while the address is still its own. */
const depart = (to: string, how: How): void => {
  if (view && isOtherView(view._address, to, how)) read();
};

/** Tells everything, settled or not, because a call may come at once. */
const tellNow = (isForced?: boolean): void => {
  arrive();
  tell(true, isForced);
};

/** Looks at the page once. */
const look = safe((): void => {
  const found = root();
  // `document.open()` erases all listeners, and goes on with another element
  // (https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#document-open-steps). We do not add them
  // again at each look: some pages replace addEventListener with a function that wraps a listener anew each time. The
  // listener would then be there several times.
  if (found !== element) emit("rewritten", found);
  element = found;
  arrive(); // finds changes that no event reported
  if (now() - touchedAt < IDLE) tell();
});

/** Reads the open view, unless it still waits for the page to settle. */
export const readNow = (): void => {
  arrive();
  if (state === "open") read();
};

/**
 * The same, and tells everything. Settles when that is in the queue, and also what earlier views have told, because a
 * later view may find its place first.
 */
export const announce = async (): Promise<void> => {
  arrive();
  if (state === "open") tell(true);
  for (const { _view } of [...held]) await _view._placed;
};

/** The visitor does something that keeps the session alive. Scrolling and clicks by a script are not among these events. */
const touch = (): void => {
  const time = now();
  const idle = time - touchedAt;
  if (!view?._sessionId || isAway || (idle < TOUCH_EVERY && idle > -TOUCH_EVERY)) return;
  touchedAt = time;
  if (sessionIdOf(enter(time)) === view._sessionId) tellNow(true);
  else open();
};

/** The page is visible, so we may follow it. */
export const show = (): void => {
  if (isHidden()) return;
  obey();
  if (consent === "granted") wake();
  follow();
  touch();
};

/** Opens the first view, unless the page is prerendered or consent denied. */
export const begin = (): void => {
  if (view || isPrerendering() || consent === "denied") return;
  open();
  show();
};

/** The page declares a view. If it has just changed its address as well, both mean the same view. */
export const page = (): void => {
  arrive();
  if (!view || state === "new") return;
  tell(true);
  open(true);
  state = "declared";
};

/** Ends everything and leaves no data behind. */
const end = (): void => {
  consent = "denied";
  view = undefined;
  for (const { _view } of held.splice(0)) _view._isCertain = true;
  forget();
  clear();
};

/** Denies consent, in this tab and in the others. */
export const deny = safe((): void => {
  end();
  storage().setItem(DENIED, "1");
  storage().removeItem(DENIED);
});

export const grant = (): void => {
  consent = "granted";
  obey();
  for (const { _view } of held) _view._placed ||= place(_view);
  begin();
  show();
};

/** Queues everything now: the page is hidden and may never come back, or the visitor is about to phone. */
const hurry = (isForced?: boolean): void => {
  tellNow(isForced);
  for (const { _view } of held) _view._isCertain = !!_view._visit;
  release();
};

const leavePage = (): void => {
  hurry();
  leave();
};

const isPhoneLink = (node: unknown): boolean => /^tel:/i.test((node as HTMLAnchorElement).href);

/** Starts to watch the page, so that views open and close. */
export const startLife = (): void => {
  // If consent is required, we ask for it on every load, because the site's consent tool remembers it.
  consent = setup.consent || "granted";
  obey();
  element = root();
  watchRoutes(depart, arrive);
  listen("prerenderingchange", begin);
  // Scripts can scroll, too, so scrolling is no sign of a person.
  listen("pointerdown keydown wheel touchmove", touch);
  listen("pointerdown pointerup keydown click", stir);
  listen("click", (event) => {
    // The link may be inside a web component, so we look through the event's path.
    if (!event.composedPath().some(isPhoneLink)) return;
    hurry(true);
    void flush();
  });
  // This runs before the page's own listeners, which may change the title of the hidden page.
  listen("visibilitychange", () => {
    if (view && isHidden()) view._shown = title();
  });
  listenLast((event) => {
    if (event.type === "pagehide") isAway = true;
    else if (!isHidden()) return show();
    leavePage();
  });
  listen("freeze", leavePage);
  listen("pageshow", (event) => {
    isAway = false;
    if (!view || !(event as PageTransitionEvent).persisted) return;
    open();
    show();
  });
  listen("online", flush);
  // Firefox decides about the back/forward cache before `pagehide`.
  listen("beforeunload", letGo);
  listen("storage", (event) => {
    if ((event as StorageEvent).key === DENIED) end();
  });
  // The collector has erased the visitor with this id. From now on, this is a new visitor.
  subscribe("erased", (contextId: string) => {
    if (view?._visit?._contextId !== contextId) return;
    forgetErased(contextId);
    open();
  });
};
