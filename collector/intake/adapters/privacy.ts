/** Takes out of a payload whatever the site does not want to keep about the caller, first of all (contract 5). */
import { sha256 } from "../../hash";
import type { Mapping } from "../../wire/mapping";
import type { Site } from "../../wire/site";
import { numberIn, type Phone, phoneOf } from "./phone";
import { remembered } from "./remembered";
import {
  fieldAt,
  HEADERS,
  isFields,
  type Payload,
  QUERY,
  type Reading,
  readingOf,
  sourcesOf,
  text,
  textOf,
} from "./values";

export type KeepCaller = Site["keep_caller"];

/** What stands for a value that is not kept. */
const NOT_KEPT = "(not kept)";
/** What stands for a number of which only the hash is kept, so that a replay still knows it. */
const HASHED = /sha256:([0-9a-f]{64})/;

/** What may stand between a number's digits, also in a URL. */
const SEPARATOR = String.raw`(?:[\s().\-+/\u2010-\u2015]|%20|%2[89bd])`;
const BETWEEN = `${SEPARATOR}{0,3}`;
const SEPARATORS = new RegExp(SEPARATOR, "gi");
const ANY_NUMBER = new RegExp(String.raw`(?:\+|%2b)?\(?\d(?:${BETWEEN}\d){6,19}`, "gi");

/** A caller as it is kept. */
export interface KeptCaller {
  caller: string | null;
  caller_sha256: string | null;
}

/** What a payload says of the caller: a number, or what stands for it in the payload as it is kept. */
export function saidOfCaller(reading: Reading, field: Mapping["caller"]): string | null {
  for (const { match, ...source } of sourcesOf(field)) {
    const whole = text(reading, source);
    const said = HASHED.exec(whole ?? "")?.[0] ?? (match === undefined ? whole : text(reading, { ...source, match }));
    if (said !== null) return said;
  }
  return null;
}

export function callerOf(said: string | null, keep: KeepCaller, country?: string): KeptCaller {
  if (keep === "none") return { caller: null, caller_sha256: null };
  const [, hashed] = HASHED.exec(said ?? "") ?? [];
  if (hashed !== undefined) return { caller: null, caller_sha256: hashed };
  const number = phoneOf(said, country);
  return { caller: keep === "full" ? number : null, caller_sha256: number && sha256(number) };
}

/** The part of a mapping that says who called whom. */
export type People = Pick<Mapping, "body" | "direction" | "caller" | "dialled" | "personal" | "country">;

/** Texts that are looked at in one place: nobody has more numbers. */
const MOST_TEXTS = 20;

/** A payload without what is not to be kept. `outbound`: it was the number dialled that was somebody's. */
export function keptPayload(payload: Payload, people: People, keep: KeepCaller, outbound: boolean): Payload {
  const { caller, dialled, personal = [], country } = people;
  const sources = keep === "full" ? [] : [...sourcesOf(caller), ...(outbound ? sourcesOf(dialled) : [])];
  const said = readingOf(payload, people);
  const numbers = new Map<string, Phone>();
  for (const source of sources) {
    for (const one of textsAt(said, source)) {
      const number = numberIn(one, country);
      if (number) numbers.set(number.national, number);
    }
  }
  // A leg that is nobody's call may have the site's own number where another has the caller's.
  const own = outbound ? null : numberIn(text(said, dialled), country);
  if (own && numberIn(text(said, caller), country)?.national !== own.national) numbers.delete(own.national);
  const kept = without(payload, [...numbers.values()], keep);
  const reading = readingOf(kept, people);
  for (const path of personal) for (const place of placesOf(reading, path)) place.in[place.name] = null;
  for (const source of sources) {
    for (const place of pathsOf(source).flatMap((path) => placesOf(reading, path))) {
      const left = textOf(place.in[place.name]) ?? "";
      const hashed = keep === "hash" ? HASHED.exec(left)?.[0] : undefined;
      // No number (`anonymous`); or a longer text, of which the number alone was taken out.
      if (left.replace(/\D/g, "").length < 3 || (hashed && source.match)) continue;
      place.in[place.name] = hashed ?? NOT_KEPT;
    }
  }
  return kept;
}

/** What stands in a field's places, whether or not its call is one, and inside of lists and objects there. */
function textsAt(reading: Reading, { when: _any, ...source }: ReturnType<typeof sourcesOf>[number]): string[] {
  if (source.match !== undefined) return [text(reading, source) ?? ""];
  const texts = (value: unknown): string[] =>
    isFields(value) ? Object.values(value).flatMap(texts) : [textOf(value) ?? ""];
  const places = pathsOf(source).flatMap((path) => placesOf(reading, path));
  return places.flatMap((place) => texts(place.in[place.name]).slice(0, MOST_TEXTS));
}

function standIn({ e164 }: Phone, keep: KeepCaller): string {
  return keep === "hash" && e164 !== null ? `sha256:${sha256(e164)}` : NOT_KEPT;
}

function pathsOf({ path, header, query, join }: ReturnType<typeof sourcesOf>[number]): string[] {
  const own = [...(header ? [`${HEADERS}[${header.toLowerCase()}]`] : []), ...(query ? [`${QUERY}[${query}]`] : [])];
  return [...(path === undefined ? [] : [path]), ...own, ...(join ?? [])];
}

function placesOf(reading: Reading, path: string) {
  return reading.flatMap((root) => fieldAt(root, path) ?? []);
}

/**
 * A copy of a payload without some numbers, wherever they are and however they are written: with or without their
 * country, exit codes and separators.
 */
function without(payload: Payload, numbers: Phone[], keep: KeepCaller): Payload {
  const clean = (said: string) => {
    if (numbers.length === 0 || !/\d/.test(said)) return said;
    // Most texts hold no number, or nothing else: that is known in a fraction of the time that an expression of its own takes.
    const digits = said.replace(SEPARATORS, "");
    return numbers.reduce((left, number) => {
      const before = digits.lastIndexOf(number.national);
      if (before < 0) return left;
      const isAll = /^\d+$/.test(digits) && before <= 6 && before + number.national.length === digits.length;
      return isAll ? standIn(number, keep) : left.replace(expressionOf(number.national), standIn(number, keep));
    }, said);
  };
  const copied = (inner: unknown): unknown => {
    if (typeof inner === "string") return clean(inner);
    if (typeof inner === "number" && numbers.length > 0) {
      const cleaned = clean(String(inner));
      return cleaned === String(inner) ? inner : cleaned;
    }
    if (Array.isArray(inner)) return inner.map(copied);
    if (!isFields(inner)) return inner;
    const copy: Payload = {};
    for (const key of Object.keys(inner)) copy[clean(key)] = copied(inner[key]);
    return copy;
  };
  return copied(payload) as Payload;
}

const expressionOf = remembered((national) => {
  const written = [...national].join(BETWEEN);
  return new RegExp(String.raw`(?<!\d)(?:\+|%2b)?\(?(?:\d${BETWEEN}){0,6}${written}(?!\d)`, "gi");
});

/**
 * A body that could not be read: what stands under a personal field's name is taken out of it, and whatever may be a number, but for what its
 * call and its visitor are known by, and when it was: with these it can be replayed when its mapping is mended.
 */
export function keptText(body: string, keep: KeepCaller, mapping: Partial<Mapping> = {}): string {
  const values = (mapping.personal ?? []).flatMap(valuesOf);
  const unnamed = values.reduce((left, value) => left.replace(value, `$1${NOT_KEPT}`), body);
  if (keep === "full") return unnamed;
  const spared = spares(
    [...sourcesOf(mapping.id), ...sourcesOf(mapping.context_id), ...timesOf(mapping)].flatMap(pathsOf),
  );
  return unnamed.replace(ANY_NUMBER, (number, at: number) =>
    spared.test(unnamed.slice(Math.max(0, at - BEFORE_VALUE), at)) ? number : NOT_KEPT,
  );
}

function timesOf({ time = [] }: Partial<Mapping>) {
  return [time].flat().flatMap(({ from, date }) => [...sourcesOf(from), ...sourcesOf(date)]);
}

/** Characters before a number in which the name is looked for that it stands under. */
const BEFORE_VALUE = 200;

const lastName = (path: string) => (path.match(/[^.[\]]+/g)?.at(-1) ?? path).replace(/\W/g, "\\$&");

/** Whether a text ends within the value of one of these fields. */
const spares = (paths: string[]): RegExp =>
  paths.length === 0
    ? /$^/
    : new RegExp(
        String.raw`\b(?:${paths.map(lastName).join("|")})\]*(?:\\*"\s*:\s*(?:\\*"[^"]*)?|=[^&"'<>\s]*|>[^<"]*)$`,
      );

/**
 * A field with its value in JSON, in JSON within JSON or within a form, in a form, in XML or in a part of several, which may break off anywhere:
 * an object's value is all that follows.
 */
const valuesOf = remembered((path) => {
  const name = lastName(path);
  const text = String.raw`((?:\b|%22)${name}(\\*"|%22)(?:\s|\+|%20)*(?::|%3A)(?:\s|\+|%20)*\2)(?:(?!(?<!\\)\2)[^])*`;
  const bare = String.raw`(\b${name}\\*"\s*:\s*)[^\s"\\{[,}][^,}\s]*`;
  const object = String.raw`(\b${name}\\*"\s*:\s*)[{[][^]*`;
  const form = String.raw`(\b${name}\b[^=&"<>]{0,99}=)[^&"'<>]+`;
  const xml = String.raw`(<${name}\b[^>]{0,99}>)[^]*?(?=</${name}>|$)`;
  const part = String.raw`(\bname="${name}"[^\r\n]{0,200}\r?\n(?:[^\r\n]{1,200}\r?\n){0,9}\r?\n)[^]*?(?=\r?\n--|$)`;
  return [text, bare, object, form, xml, part].map((source) => new RegExp(source, "gi"));
});
