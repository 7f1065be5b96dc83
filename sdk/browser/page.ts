/**
 * All that the SDK uses of the page. This is the only file that names a global, or a property of `document`, `window`, `history` or
 * `navigator`, because a page may take each of those names: by a variable (`const URL`), a function (`function navigation() {}`) or an element
 * (`<form name="title">`, https://github.com/whatwg/html/issues/10687). So a property is read as its prototype gives it, and what has no
 * prototype (a window's functions are its own) is checked for what it is, or called where a fault costs nothing else. `window`, `document`
 * and `location` are [LegacyUnforgeable].
 */

/** The language's own `Object`, whatever stands at that name. */
const language = {}.constructor as ObjectConstructor;
/** What gets and sets an object's property as its class has it: `Reflect.get` and `Reflect.set` in syntax, as that is a name, too. */
const classOf = (object: object) => ({
  __proto__: language.getPrototypeOf(object),
  get(name: string): unknown {
    return super[name];
  },
  set(name: string, value: unknown): void {
    super[name] = value;
  },
});
/** An object's property as its class gives it, whatever stands on the object itself. */
const read = (object: object, name: string): unknown => classOf(object).get.call(object, name);

/** What a value is: `[object Date]`. */
export const tagOf = (value: unknown): string => ({}).toString.call(value);
export const isA = (value: unknown, brand: string): boolean => tagOf(value) === `[object ${brand}]`;
/** The window's property of this name, if it is what it should be. */
const own = <T>(name: string, brand: string): T | undefined => {
  const found = (window as unknown as Record<string, unknown>)[name];
  return isA(found, brand) ? (found as T) : undefined;
};

/** Where there is no page: rendering on a server, workers. */
export const hasPage = (): boolean => typeof window !== "undefined" && typeof document !== "undefined";
export const isFramed = (): boolean => window.top !== window;
/** With what stands at `window.calljoin`: a queue of functions, an api, or anything of the page's. */
export const pageWindow = (): Window & { calljoin?: unknown } => window;

// Values

export const isList = (value: unknown): value is unknown[] => ([].constructor as ArrayConstructor).isArray(value);
/** One of each kind of thing that the language makes; no date where the page has taken that name. */
export const samples = (): unknown[] => [{}, [], window.Date?.prototype, "", 0, false, 0n];
/** A promise of the language's own class, which polyfills do not replace. */
export const promise = <T>(executor: (resolve: (value: T) => void) => void): Promise<T> =>
  new ((async () => {})().constructor as PromiseConstructor)(executor);

// Time

/**
 * Epoch ms, in whole ones: a page's own clock may give fractions. Not kept from the start: a page that moves its clock moves ours. One that has taken the name `Date` has none; a new file has the
 * time (https://w3c.github.io/FileAPI/#file-constructor).
 */
export const now = (): number => {
  const time = window.Date?.now?.() || new window.File([], "").lastModified;
  return time - (time % 1);
};
/** A function on its own, as the window is what it belongs to. */
export const timeout = () => window.setTimeout;

// Address and document

export const address = (): string => location.href;
export const hostname = (): string => location.hostname;
export const isSecure = (): boolean => location.protocol === "https:";
/** Whether this page was opened with `?calljoin_debug`, or with the key of a check (`#calljoin=KEY`): not by a campaign of that name. */
export const isDebugged = (): boolean => /[?&#]calljoin(_debug|=)/.test(location.href);
/** A URL as the page would take it. */
export const absolute = (url: unknown): string => new window.URL(url as string, location.href).href;
/** The `html` element, as a rule. */
export const root = (): unknown => read(document, "documentElement");
export const title = (): string => `${read(document, "title")}`;
export const referrer = (): string => `${read(document, "referrer")}`;
export const isHidden = (): unknown => read(document, "hidden");
export const isPrerendering = (): unknown => read(document, "prerendering");
/** Whether a text is an address with its scheme. */
export const isWebAddress = (text: unknown): boolean => {
  try {
    return typeof text === "string" && /^https?:$/.test(new window.URL(text).protocol);
  } catch {
    return false;
  }
};
/** The script's own element; null in a module, and in what a shadow root has. */
export const scriptElement = (): HTMLScriptElement | null =>
  read(document, "currentScript") as HTMLScriptElement | null;
/** What the page has loaded, as far as its browser remembers. */
export const loadedAddresses = (): string[] =>
  (own<Performance>("performance", "Performance")?.getEntriesByType?.("resource") || []).map(({ name }) => name);

// Cookies and storage. They throw in a document that may have none (a sandboxed frame).

export const cookies = (): string => read(document, "cookie") as string;
export const setCookie = (text: string): void => classOf(document).set.call(document, "cookie", text);
export const storage = (): Storage => own("localStorage", "Storage") as Storage;

// Events

export const listening = (
  act: "addEventListener" | "removeEventListener",
  target: EventTarget,
  ...args: Parameters<EventTarget["addEventListener"]>
): void => (read(target, act) as EventTarget["addEventListener"]).apply(target, args);
/** The Navigation API; undefined where there is none, or a list of that name. */
export const navigationApi = (): EventTarget | undefined => own("navigation", "Navigation");

/** What changes the address; undefined where the page has another thing of that name. */
export const historyApi = (): History | undefined => own("history", "History");

/** zone.js, with which Angular looks at the whole app again after each timer and event that was set up in its zone. */
export const rootZone = (): { run?: unknown } | undefined => (window as { Zone?: { root?: object } }).Zone?.root;

// Network and browser

const browser = (): Navigator & { globalPrivacyControl?: boolean } =>
  own<Navigator>("navigator", "Navigator") || (window.clientInformation as Navigator);
export const hasPrivacyControl = (): boolean | undefined => browser().globalPrivacyControl;
/** https only. */
export const locks = (): LockManager | undefined => browser().locks;
export const fetcher = () => window.fetch;
export const sendBeacon = (url: string, body: string): boolean => browser().sendBeacon(url, body);
/** A random number from 0 up to 1. Where the page has taken the name `crypto` or `Uint32Array` it is no secret, and as good as unique. */
export const chance = (): number => {
  try {
    const crypto = own<Crypto>("crypto", "Crypto") as Crypto;
    return (crypto.getRandomValues(new window.Uint32Array(1))[0] as number) / 2 ** 32;
  } catch {
    return window.Math.random();
  }
};

/** For what a person has to know who put the tag there; never for a fault of ours. */
export const warn = (text: string): void => window.console.warn(text);
