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

/** The views of a page, one after the other: when they open, are read, and close. */

/** How often a visible page is read, ms: twice within the second in which a value that has come to rest is to be told. */
const READ_EVERY = 400;
/** After a route change the page gets so long to become the view's own. */
const SETTLED_AFTER = 2 * READ_EVERY;
/** A page where nothing has changed and nobody has done anything for so long is read this often: waking up costs more than reading. */
const CALM_AFTER = 5000;
const CALM_EVERY = 3000;
/** Activity within this long of the last is taken as one: no cookie is written, and no snapshot sent, for each key. */
const TOUCH_EVERY = 60e3;
/** For a moment in localStorage, which tells the other tabs. */
const DENIED = "calljoin-denied";

/** Where the page's view is; sdk/README.md shows what leads from one to the other. Where consent is denied, or the page prerendered, there is none. */
type State =
  /** After a route change, of which the page may tell us once more. It gets some time to become the view's own. */
  | "new"
  /** The same, where the page has declared the view, which it may do again at once. */
  | "declared"
  | "open";

let state: State;

/** The visitor's; see sdk/README.md for how it changes. */
export let consent: "granted" | "pending" | "denied";

/** The page's present view. */
export let view: View | undefined;

/** When the visitor last did something that counts for the session. */
let touchedAt = 0;
/** Until then the page is read often. */
let busyUntil = 0;
/** Whether the page is in the back/forward cache, or gone. */
let isAway = false;
/** The document's own element, as it was last seen. */
let element: unknown;
/** The look that is to come, of which there is one; others that a page has not let us call off do nothing. */
let next: object | undefined;

/** Looks at the page again and again, while it is seen. */
const follow = (): void => {
  const mine = {};
  next = mine;
  after(state !== "open" ? SETTLED_AFTER : now() < busyUntil ? READ_EVERY : CALM_EVERY, () => {
    if (next !== mine || !view || isHidden()) return;
    look();
    follow();
  });
};

/** The page may change, or has: it is read often for a while. */
const stir = (): void => {
  const isCalm = now() > busyUntil;
  busyUntil = now() + CALM_AFTER;
  if (isCalm) follow();
};

let isReading = false;

/** Reads the view's entities, unless one of them asks for that itself. */
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

/** Reads the view, and tells what is new. */
const tell = (isLast?: boolean, isForced?: boolean): void => {
  const isFirst = state !== "open";
  state = "open";
  read(!isLast);
  if (view) tellView(view, isLast, isFirst, isForced);
};

/** Opens a view; after a route change, with what it takes over from its predecessor in this page. */
const open = (isRoute?: boolean): void => {
  // Who comes back to a page, or goes on in it in another session, has come to it from where they had.
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
 * Global Privacy Control is denial, and stays so whatever the page says, unless the site document has it ignored. It may be switched on at any
 * time.
 */
const obey = (): void => {
  if (consent !== "denied" && setup.gpc && hasPrivacyControl()) deny();
};

/** The address may be another. */
const arrive = (how?: How): void => {
  obey();
  if (!view) return;
  if (isOtherView(view._address, address(), how)) {
    // Of one that has not settled, only what is not its predecessor's.
    tellView(view, state === "open", state !== "open");
    open(true);
  } else view._address = address();
};

/** The address will be another: what the view has last is read under its own. */
const depart = (to: string, how: How): void => {
  if (view && isOtherView(view._address, to, how)) read();
};

/** Tells all that there is, as a call may come at once: settled or not. */
const tellNow = (isForced?: boolean): void => {
  arrive();
  tell(true, isForced);
};

/** Looks at the page once. */
const look = safe((): void => {
  const found = root();
  // `document.open()` erases all listeners, and goes on with another element
  // (https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#document-open-steps). They are not added each time, as what pages put
  // in addEventListener's place may wrap a listener anew each time, and then has it as often.
  if (found !== element) emit("rewritten", found);
  element = found;
  arrive(); // what no event has told of
  if (now() - touchedAt < IDLE) tell();
});

/** Reads the open view, unless it still waits for the page to settle. */
export const readNow = (): void => {
  arrive();
  if (state === "open") read();
};

/** The same, and tells all; settled when that is in the queue, and what earlier views have told: a later one may find its place first. */
export const announce = async (): Promise<void> => {
  arrive();
  if (state === "open") tell(true);
  for (const { _view } of [...held]) await _view._placed;
};

/** The visitor does something that keeps the session going; what a script makes up (`dispatchEvent`) does not. */
const touch = (event?: Event): void => {
  const time = now();
  const idle = time - touchedAt;
  if (event?.isTrusted === false || !view?._sessionId || isAway || (idle < TOUCH_EVERY && idle > -TOUCH_EVERY)) return;
  touchedAt = time;
  if (sessionIdOf(enter(time)) === view._sessionId) tellNow(true);
  else open();
};

/** The page is seen, and may be followed. */
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

/** The page declares a view. A site that has just changed its address, and says so too, means one. */
export const page = (): void => {
  arrive();
  if (!view || state === "new") return;
  tell(true);
  open(true);
  state = "declared";
};

/** Ends all, and leaves nothing behind. */
const end = (): void => {
  consent = "denied";
  view = undefined;
  for (const { _view } of held.splice(0)) _view._isCertain = true;
  forget();
  clear();
};

/** Denied, in this tab and in the others. */
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

/** What is there leaves at once: the page is hidden and may never come back, or a phone is reached for. */
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

/** Watches the page, for views to come and go. */
export const startLife = (): void => {
  // Where it is required it is asked for on every load: the site's consent tool remembers it, not we.
  consent = setup.consent || "granted";
  obey();
  element = root();
  watchRoutes(depart, arrive);
  listen("prerenderingchange", begin);
  // What scripts do too, as scrolling, is no sign of a person.
  listen("pointerdown keydown wheel touchmove", touch);
  listen("pointerdown pointerup keydown click", stir);
  listen("click", (event) => {
    // Through the path, as the link may be inside a web component.
    if (!event.composedPath().some(isPhoneLink)) return;
    hurry(true);
    void flush();
  });
  // Before the page's own listeners, which may give it another title now that it is hidden.
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
  // Of the back/forward cache Firefox decides before `pagehide`.
  listen("beforeunload", letGo);
  listen("storage", (event) => {
    if ((event as StorageEvent).key === DENIED) end();
  });
  // A visitor of that id is known no more: this one is new.
  subscribe("erased", (contextId: string) => {
    if (view?._visit?._contextId !== contextId) return;
    forgetErased(contextId);
    open();
  });
};
