/** What a mapping finds in a payload. */
import { RE2JS } from "re2js";
import type { Condition, Field, Mapping, Source } from "../../wire/mapping";
import { stepsOf } from "../../wire/path";
import { remembered } from "./remembered";

export type Payload = Record<string, unknown>;

/** The objects in which a path is looked for, the first one first. */
export type Reading = unknown[];

/** Where a payload keeps what it needs of its request's headers and query. */
export const HEADERS = "@headers";
export const QUERY = "@query";

const stepsIn = remembered((path) => stepsOf(path) ?? []);
const expression = remembered((source) => RE2JS.compile(source));

/** A payload as this mapping reads it: an item of a batch before what stands around it, and each without what it is wrapped in. */
export function readingOf(payload: unknown, { body = {} }: Pick<Mapping, "body">): Reading {
  const item = body.items === undefined ? undefined : listOf(at([payload], body.items))[0];
  return [item, payload]
    .flatMap((base) => [base, ...(body.within ?? []).map((inner) => at([base], inner))])
    .filter(isFields);
}

/** What stands under a path, in the first place where that is not blank. */
export function at(reading: Reading, path: string): unknown {
  for (const root of reading) {
    const place = fieldAt(root, path);
    const found = place?.in[place.name];
    if (!isBlank(found)) return found;
  }
  return undefined;
}

/** The object and the name under which a path leads to a value. A form's field may have dots and brackets in its own name. */
export function fieldAt(root: unknown, path: string): { in: Payload; name: string } | null {
  if (isFields(root) && Object.hasOwn(root, path)) return { in: root, name: path };
  let place: { in: Payload; name: string } | null = null;
  let found = root;
  for (const step of stepsIn(path)) {
    if (!isFields(found)) return null;
    const { field, is } = typeof step === "string" ? { field: step, is: null } : step;
    const isIt = (item: unknown) => isFields(item) && Object.hasOwn(item, field) && String(item[field]) === is;
    const name: string | undefined =
      is === null ? field : Object.keys(found).find((key) => isIt((found as Payload)[key]));
    if (name === undefined || !Object.hasOwn(found, name)) return null;
    place = { in: found, name };
    found = found[name];
  }
  return place;
}

export function isFields(value: unknown): value is Payload {
  return typeof value === "object" && value !== null;
}

/** A list, or what forms and XML make of one: an object of numbered fields, an item alone. */
export function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (!isFields(value)) return [];
  return Object.keys(value).every((key) => /^\d+$/.test(key)) ? Object.values(value) : [value];
}

function isBlank(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === "string" ? value.trim() === "" : isFields(value) && Object.keys(value).length === 0;
}

/** A value as text, trimmed; null for what is none. Vendors write numbers, booleans and blanks as strings, or not. */
export function textOf(value: unknown): string | null {
  if (!["string", "number", "boolean"].includes(typeof value)) return null;
  return String(value).trim() || null;
}

export function sourcesOf(field: Field | undefined): Exclude<Source, string>[] {
  return [field ?? []].flat().map((source) => (typeof source === "string" ? { path: source } : source));
}

/** The first of these places that is not blank, as it stands there. */
export function find(reading: Reading, field: Field = []): unknown {
  for (const source of Array.isArray(field) ? field : [field]) {
    const found = found_(reading, source);
    if (!isBlank(found)) return found;
  }
  return null;
}

/** The same as text. */
export function text(reading: Reading, field: Field = []): string | null {
  for (const source of Array.isArray(field) ? field : [field]) {
    const found = textOf(found_(reading, source));
    if (found !== null) return found;
  }
  return null;
}

function found_(reading: Reading, source: Source): unknown {
  if (typeof source === "string") return at(reading, source);
  const { path, header, query, value, join, match, when } = source;
  if (when?.some((condition) => !holds(reading, condition))) return null;
  let found: unknown = value;
  if (path !== undefined) found = at(reading, path);
  else if (header !== undefined) found = inOwn(reading, HEADERS, header.toLowerCase());
  else if (query !== undefined) found = inOwn(reading, QUERY, query);
  else if (join !== undefined) {
    const parts = join.map((one) => text(reading, one));
    found = parts.includes(null) ? null : parts.join("-");
  }
  return match === undefined ? found : matched(textOf(found), match);
}

/** Of what the request itself said, not its body. */
function inOwn(reading: Reading, own: string, name: string): unknown {
  const said = at(reading, own);
  return isFields(said) && Object.hasOwn(said, name) ? said[name] : null;
}

// RE2: linear in the text, so that no mapping can stall the collector.
function matched(said: string | null, source: string): string | null {
  const matcher = expression(source).matcher(said ?? "");
  if (said === null || !matcher.find()) return null;
  return matcher.groupCount() > 0 ? matcher.group(1) : matcher.group();
}

export function holds(reading: Reading, { at: places, is, matches, blank }: Condition): boolean {
  const found = find(reading, places);
  if (blank !== undefined && (found === null) !== blank) return false;
  const said = textOf(found) ?? "";
  if (is && !is.some((word) => isWord(said, word))) return false;
  return matches === undefined || expression(matches).matcher(said).find();
}

function isWord(said: string, word: string): boolean {
  const [a, b] = [said.toLowerCase(), word.toLowerCase()];
  return b.endsWith("*") ? a.startsWith(b.slice(0, -1)) : a === b;
}

type Table = { words: Map<string, unknown>; beginnings: [string, unknown][] };
const tables = new WeakMap<object, Table>();

/** What a table says of a text, else what the usual one does: the whole word before the longest beginning of one; undefined where nothing. */
export function lookUp<T>(table: Record<string, T>, usual: Record<string, T>, said: string): T | undefined {
  const known = tables.get(table) ?? tableOf({ ...lower(usual), ...lower(table) });
  tables.set(table, known);
  const word = said.toLowerCase();
  if (known.words.has(word)) return known.words.get(word) as T;
  return known.beginnings.find(([beginning]) => word.startsWith(beginning))?.[1] as T | undefined;
}

function lower<T>(table: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(table).map(([word, is]) => [word.toLowerCase(), is]));
}

function tableOf(all: Record<string, unknown>): Table {
  const beginnings = Object.entries(all).flatMap(([word, is]): Table["beginnings"] =>
    word.endsWith("*") ? [[word.slice(0, -1), is]] : [],
  );
  return { words: new Map(Object.entries(all)), beginnings: beginnings.sort(([a], [b]) => b.length - a.length) };
}
