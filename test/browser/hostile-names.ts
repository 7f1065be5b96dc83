/**
 * Every name of the page that sdk/browser/page.ts reads, and what pages do to it. A name is taken by script (`scripts`: run before the tag), by
 * an element (`elements`: its markup), or both. A use without a row fails test/sdk/globals.test.ts; each row is run in a browser.
 */
export interface Row {
  scripts?: string[];
  elements?: string[];
  /** Why nothing can be in its place. */
  safe?: string;
}

/** What a page may put in a window's place for a name: a variable of the scripts' own scope, a function, a list, nothing. */
const taken = (name: string): string[] => [
  `function ${name}() { return [] }`,
  `Object.defineProperty(window, "${name}", { configurable: true, value: [1, 2] })`,
];
/** Of the language: a page's variable hides it from all other scripts, one of `var` and a function altogether. */
const hidden = (name: string): string[] => [
  `const ${name} = { mine: true }`,
  `var ${name} = { mine: true }`,
  `function ${name}() { return [] }`,
];
const named = (name: string): string[] => [
  `<form name="${name}"></form>`,
  `<img name="${name}" alt="">`,
  `<ul id="${name}"></ul>`,
];

export const ROWS: Record<string, Row> = {
  // document's
  title: { elements: named("title") },
  referrer: { elements: named("referrer") },
  cookie: { elements: named("cookie") },
  hidden: { elements: named("hidden") },
  prerendering: { elements: named("prerendering") },
  documentElement: { elements: named("documentElement") },
  body: { elements: named("body") },
  textContent: { elements: named("textContent") },
  currentScript: { elements: named("currentScript") },
  // the window's own
  navigation: { scripts: [...taken("navigation"), "var navigation = [1]"], elements: named("navigation") },
  history: {
    scripts: [...taken("history"), "var history = [1]", "Object.freeze(history)"],
    elements: named("history"),
  },
  navigator: { scripts: [...taken("navigator"), "const navigator = {}"], elements: named("navigator") },
  clientInformation: { scripts: taken("clientInformation"), elements: named("clientInformation") },
  localStorage: { scripts: taken("localStorage"), elements: named("localStorage") },
  performance: { scripts: taken("performance"), elements: named("performance") },
  crypto: { scripts: [...taken("crypto"), "const crypto = []"], elements: named("crypto") },
  fetch: { scripts: [...taken("fetch"), "const fetch = []"], elements: named("fetch") },
  setTimeout: { scripts: [...taken("setTimeout"), "const setTimeout = []"], elements: named("setTimeout") },
  clearTimeout: { scripts: [...taken("clearTimeout"), "const clearTimeout = []"], elements: named("clearTimeout") },
  addEventListener: { scripts: taken("addEventListener"), elements: named("addEventListener") },
  removeEventListener: { scripts: taken("removeEventListener"), elements: named("removeEventListener") },
  console: { scripts: taken("console"), elements: named("console") },
  calljoin: { scripts: ["var calljoin = { mine: true }"], elements: named("calljoin") },
  Zone: { scripts: [...taken("Zone"), ...hidden("Zone")], elements: named("Zone") },
  // the language's, and what is like it
  Reflect: { scripts: hidden("Reflect") },
  File: { scripts: hidden("File") },
  Array: { scripts: [...hidden("Array"), "Array.from = function () { return [] }"] },
  ArrayBuffer: { scripts: hidden("ArrayBuffer") },
  Date: {
    scripts: [
      ...hidden("Date"),
      "Date.prototype.toJSON = function () { return 'mine' }",
      "Date.now = function () { return performance.timeOrigin + performance.now() }",
      "{ const now = Date.now; Date.now = function () { return now() + 0.5 } }",
    ],
  },
  Math: { scripts: hidden("Math") },
  URL: { scripts: [...hidden("URL"), ...taken("URL")], elements: named("URL") },
  Uint32Array: { scripts: hidden("Uint32Array") },
  // none that a page could have
  window: { safe: "[LegacyUnforgeable]" },
  top: { safe: "[LegacyUnforgeable]" },
};

/** What calls a list's method as it is, from a place of its own: as libraries wrap them, which so become enumerable. */
const wrapped = (name: string): string =>
  `(function (method) { return function () { return method.apply(this, arguments) } })(Array.prototype.${name})`;
/** The same, written out, as libraries had it before browsers did: no more than ES5 says. */
const naive = (visit: string, end: string): string =>
  `function (act, self) { for (var i = 0, all = []; i < this.length; i++) if (i in this) { ${visit} } return ${end} }`;

/**
 * The methods of lists that the tag uses, and what libraries put in their places. All are ES5's, for which libraries have what behaves, as
 * their own pages need it; one without a row fails test/sdk/globals.test.ts, and each is replaced in a browser.
 */
export const METHODS: Record<string, string> = {
  map: naive("all[i] = act.call(self, this[i], i, this)", "all"),
  filter: naive("if (act.call(self, this[i], i, this)) all.push(this[i])", "all"),
  some: naive("if (act.call(self, this[i], i, this)) return true", "false"),
  indexOf: naive("if (this[i] === act) return i", "-1"),
  join: wrapped("join"),
  push: wrapped("push"),
  reverse: wrapped("reverse"),
  shift: wrapped("shift"),
  slice: wrapped("slice"),
  splice: wrapped("splice"),
};

/** Younger methods, whose names libraries had before the language, for something else or not at all: the tag uses none of them. */
export const YOUNGER: Record<string, string> = {
  find: `function (search) { var found = false; for (var i = 0; i < this.length; i++) {
    if (typeof search == "function" ? search.test(this[i]) : this[i] === search) { found = found || []; found.push(i) } } return found }`,
  entries: "function () { return this.slice() }",
  includes: "undefined",
  flatMap: "undefined",
  flat: "function () { return this }",
  keys: "function () { return {} }",
  values: "undefined",
  at: "function () { return this }",
  fill: "function () { throw Error('mine') }",
  findIndex: "function () { return false }",
};
