/**
 * Everything that the SDK uses of the page. Only this file names a global, or a property of `document`, `window`,
 * `history` or `navigator`, because a page may take any of these names: with a variable (`const URL`), a function
 * (`function navigation() {}`) or an element (`<form name="title">`, https://github.com/whatwg/html/issues/10687).
 * So we read a property through its prototype. Some things have no prototype that gives them: a window's functions are
 * its own. We check what they are, or call them only where an error does no other harm. `window`, `document` and
 * `location` are [LegacyUnforgeable].
 */

/** The language's own `Object`, whatever the page has put at that name. */
const language = {}.constructor as ObjectConstructor;
/** Gets and sets a property through an object's class. This is `Reflect` in syntax: `Reflect` itself is a name, too. */
const classOf = (object: object) => ({
  __proto__: language.getPrototypeOf(object),
  get(name: string): unknown {
    return super[name];
  },
  set(name: string, value: unknown): void {
    super[name] = value;
  },
});
/** Reads an object's property through its class, whatever the object itself has at that name. */
const read = (object: object, name: string): unknown => classOf(object).get.call(object, name);

/** What a value is: `[object Date]`. */
export const tagOf = (value: unknown): string => ({}).toString.call(value);
export const isA = (value: unknown, brand: string): boolean => tagOf(value) === `[object ${brand}]`;
/** The window's property of this name, if it is what it should be. */
const own = <T>(name: string, brand: string): T | undefined => {
  const found = (window as unknown as Record<string, unknown>)[name];
  return isA(found, brand) ? (found as T) : undefined;
};

/** False if there is no page: server rendering, workers. */
export const hasPage = (): boolean => typeof window !== "undefined" && typeof document !== "undefined";
export const isFramed = (): boolean => window.top !== window;
/** The window. Its `calljoin` may be a queue of functions, an API, or anything else that the page has put there. */
export const pageWindow = (): Window & { calljoin?: unknown } => window;

// Values

export const isList = (value: unknown): value is unknown[] => ([].constructor as ArrayConstructor).isArray(value);
/** One value of each kind that the language makes. There is no date if the page has taken the name `Date`. */
export const samples = (): unknown[] => [{}, [], window.Date?.prototype, "", 0, false, 0n];
/** A promise of the language's own class, which polyfills do not replace. */
export const promise = <T>(executor: (resolve: (value: T) => void) => void): Promise<T> =>
  new ((async () => {})().constructor as PromiseConstructor)(executor);

// Time

/**
 * Epoch ms as a whole number, because a page's own clock may give fractions. We look up the clock each time, so a page
 * that moves its clock moves ours. If the page has taken the name `Date`, a new file has the time
 * (https://w3c.github.io/FileAPI/#file-constructor).
 */
export const now = (): number => {
  const time = window.Date?.now?.() || new window.File([], "").lastModified;
  return time - (time % 1);
};
/** Returns the bare function. It can be called without an object because it belongs to the window. */
export const timeout = () => window.setTimeout;

// Address and document

export const address = (): string => location.href;
export const hostname = (): string => location.hostname;
export const isSecure = (): boolean => location.protocol === "https:";
/** True if the page was opened with `?calljoin_debug` or a check's key (`#calljoin=KEY`), not by such a campaign. */
export const isDebugged = (): boolean => /[?&#]calljoin(_debug|=)/.test(location.href);
/** A URL as the page would resolve it. */
export const absolute = (url: unknown): string => new window.URL(url as string, location.href).href;
/** Usually the `html` element. */
export const root = (): unknown => read(document, "documentElement");
export const title = (): string => `${read(document, "title")}`;
export const referrer = (): string => `${read(document, "referrer")}`;
export const isHidden = (): unknown => read(document, "hidden");
export const isPrerendering = (): unknown => read(document, "prerendering");
/** True if a text is an http or https address with its scheme. */
export const isWebAddress = (text: unknown): boolean => {
  try {
    return typeof text === "string" && /^https?:$/.test(new window.URL(text).protocol);
  } catch {
    return false;
  }
};
/** The script's own element, or null in a module and inside a shadow root. */
export const scriptElement = (): HTMLScriptElement | null =>
  read(document, "currentScript") as HTMLScriptElement | null;
/** The addresses that the page has loaded, as far as its browser remembers. */
export const loadedAddresses = (): string[] =>
  (own<Performance>("performance", "Performance")?.getEntriesByType?.("resource") || []).map(({ name }) => name);

// Cookies and storage. These throw in a document that may not have any (a sandboxed frame).

export const cookies = (): string => read(document, "cookie") as string;
export const setCookie = (text: string): void => classOf(document).set.call(document, "cookie", text);
export const storage = (): Storage => own("localStorage", "Storage") as Storage;

// Events

export const listening = (
  act: "addEventListener" | "removeEventListener",
  target: EventTarget,
  ...args: Parameters<EventTarget["addEventListener"]>
): void => (read(target, act) as EventTarget["addEventListener"]).apply(target, args);
/** The Navigation API. Undefined if the browser has none, or the page has something else at that name. */
export const navigationApi = (): EventTarget | undefined => own("navigation", "Navigation");

/** The History API, which changes the address. Undefined if the page has something else at that name. */
export const historyApi = (): History | undefined => own("history", "History");

/** zone.js's root zone. Angular checks the whole app after each timer and event that was set up in Angular's zone. */
export const rootZone = (): { run?: unknown } | undefined => (window as { Zone?: { root?: object } }).Zone?.root;

// Network and browser

const browser = (): Navigator & { globalPrivacyControl?: boolean } =>
  own<Navigator>("navigator", "Navigator") || (window.clientInformation as Navigator);
export const hasPrivacyControl = (): boolean | undefined => browser().globalPrivacyControl;
/** https only. */
export const locks = (): LockManager | undefined => browser().locks;
export const fetcher = () => window.fetch;
export const sendBeacon = (url: string, body: string): boolean => browser().sendBeacon(url, body);
/**
 * A random number from 0 up to 1. If the page has taken the name `crypto` or `Uint32Array`, the number is no secret,
 * but it is still as good as unique.
 */
export const chance = (): number => {
  try {
    const crypto = own<Crypto>("crypto", "Crypto") as Crypto;
    return (crypto.getRandomValues(new window.Uint32Array(1))[0] as number) / 2 ** 32;
  } catch {
    return window.Math.random();
  }
};

/** Warns the person who installed the tag. Never used for errors of our own. */
export const warn = (text: string): void => window.console.warn(text);
