/** A vendor's request as payloads, however it is written: JSON, form, XML, or the query string alone. */
import { jsonOf } from "../../http/body";
import { invalid } from "../../http/problem";
import type { Field, Mapping } from "../../wire/mapping";
import { escapedInUtf8, toUtf8 } from "./charset";
import { notTooMany } from "./event";
import { fieldAt, HEADERS, isFields, listOf, type Payload, QUERY, sourcesOf, textOf } from "./values";

export interface VendorRequest {
  contentType: string;
  raw: Buffer;
  query: URLSearchParams;
  /** By their names in lower case. */
  headers: Record<string, string>;
}

/** A payload of one call is small; and nothing that is read here may cost much for its size. */
const MAX_XML = 64 * 1024;
const MAX_DEPTH = 64;
/** Characters that stand around a batch, and are kept with each of its items. */
const MAX_REPEATED = 16 * 1024 ** 2;

/**
 * The call events of a request, each of which can be read by itself. The URL's own parameters, which some vendors' users put there, count
 * with any body, whose own come first. The token, which has done its part, is left out. Throws a 400 for a body that is not what it says.
 */
export async function payloadsOf(asked: VendorRequest, mapping: Mapping): Promise<Payload[]> {
  const { as, field, items } = mapping.body ?? {};
  const { token: _secret, ...query } = fieldsOf(asked.query);
  const bodies = objectsIn(await bodyOf(asked, as)).map((one) => ({ ...query, ...one }));
  const opened = field === undefined ? bodies : bodies.flatMap((body) => inField(body, field));
  const payloads = opened.map((one): Payload => ({ ...one, ...ofRequest(asked, mapping) }));
  return notTooMany(items === undefined ? payloads : payloads.flatMap((payload) => itemsOf(payload, items)));
}

function noPayload(message: string): Error {
  return invalid("the body is not a call", [{ path: "", message }]);
}

/** What is no object among others is an event that will be refused, and costs only itself. */
function objectsIn(said: unknown): Payload[] {
  const all: unknown[] = notTooMany(Array.isArray(said) ? said : [said]);
  const isObject = (one: unknown): one is Payload => isFields(one) && !Array.isArray(one);
  if (all.length > 0 && !all.some(isObject)) throw noPayload("must be an object or a list of objects");
  return all.map((one) => (isObject(one) ? one : { "": one }));
}

/** A body that could not be read, as it is kept for a replay: its text, and the URL's parameters where there are any. */
type Unread = string | { [BODY]: string; [QUERY]: string };
const BODY = "@body";

export function unreadOf({ raw, query }: Pick<VendorRequest, "raw" | "query">): Unread {
  const { token: _secret, ...rest } = Object.fromEntries(query);
  const text = raw.toString();
  return Object.keys(rest).length === 0 ? text : { [BODY]: text, [QUERY]: `${new URLSearchParams(rest)}` };
}

export function isUnread(event: unknown): event is Unread {
  if (!isFields(event)) return typeof event === "string";
  return typeof event[BODY] === "string" && typeof event[QUERY] === "string";
}

export function cleanUnread(unread: Unread, clean: (text: string) => string): Unread {
  if (typeof unread === "string") return clean(unread);
  return { [BODY]: clean(unread[BODY]), [QUERY]: clean(unread[QUERY]) };
}

/** The request once more. Its content type was not kept: JSON and XML are known by their beginning, and a form of several parts by its first line. */
export function askedAgain(unread: Unread): VendorRequest {
  const { [BODY]: text, [QUERY]: query } = typeof unread === "string" ? { [BODY]: unread, [QUERY]: "" } : unread;
  const [, boundary] = /^--([^\r\n]{1,70})\r?\n/.exec(text) ?? [];
  const contentType = boundary ? `multipart/form-data; boundary="${boundary}"` : "application/x-www-form-urlencoded";
  return { contentType, raw: Buffer.from(text), query: new URLSearchParams(query), headers: {} };
}

/** What a field holds as JSON, with what stands around it. */
function inField(payload: Payload, field: string): Payload[] {
  const place = fieldAt(payload, field);
  const json = textOf(place?.in[place.name]);
  if (!place || json === null) return [payload];
  const inner = objectsIn(jsonOf(Buffer.from(json), exactJson));
  delete place.in[place.name];
  return inner.map((one) => ({ ...payload, ...one }));
}

/** One payload for each item of a batch, which may be written as JSON in a text, with what stands around it. */
function itemsOf(payload: Payload, path: string): Payload[] {
  const place = fieldAt(payload, path);
  if (!place) return [payload];
  const there = place.in[place.name];
  const json = textOf(there);
  const items = json === null ? notTooMany(listOf(there)) : objectsIn(jsonOf(Buffer.from(json), exactJson));
  place.in[place.name] = [];
  if (items.length * JSON.stringify(payload).length > MAX_REPEATED)
    throw noPayload("has too much around so many items");
  return items.map((item) => {
    place.in[place.name] = [item];
    return structuredClone(payload);
  });
}

/** The headers and parameters that a mapping reads, by the mapping. */
const read = new WeakMap<Mapping, { header: Set<string>; query: Set<string> }>();

function namesIn(mapping: Mapping) {
  const known = read.get(mapping);
  if (known) return known;
  const { signature: _checked, ...rest } = mapping;
  const names = { header: new Set<string>(), query: new Set<string>() };
  JSON.stringify(rest, (_key, value) => {
    for (const kind of ["header", "query"] as const)
      if (typeof value?.[kind] === "string") names[kind].add(value[kind]);
    return value;
  });
  read.set(mapping, names);
  return names;
}

function ofRequest({ query, headers }: VendorRequest, mapping: Mapping): Payload {
  const names = namesIn(mapping);
  const said = [...names.header].map((name) => [name.toLowerCase(), headers[name.toLowerCase()] ?? null]);
  const parameters = [...names.query].map((name) => [name, query.get(name)]);
  return {
    ...(said.length > 0 && { [HEADERS]: Object.fromEntries(said) }),
    ...(parameters.length > 0 && { [QUERY]: Object.fromEntries(parameters) }),
  };
}

async function bodyOf(asked: VendorRequest, as = kindOf(asked)): Promise<unknown> {
  const { contentType, raw } = asked;
  if (raw.length === 0) return {};
  const utf8 = toUtf8(asked);
  const bytes = utf8(raw);
  if (as === "xml") return await xmlFields(bytes.toString());
  if (as === "json") return jsonOf(bytes, exactJson);
  if (/^multipart/i.test(contentType)) return fieldsOf(await partsOf(contentType, raw));
  return fieldsOf(new URLSearchParams(escapedInUtf8(bytes.toString().trim(), utf8)));
}

/**
 * How a body is written. Its beginning tells more than its type: curl and PHP call a JSON text a form where they are not told, and no form
 * begins so (WHATWG URL, 5.2); `fetch` and webhooks' editors call a form text or JSON, neither of which begins with a name and `=`.
 */
function kindOf(asked: VendorRequest): NonNullable<NonNullable<Mapping["body"]>["as"]> {
  const { contentType, raw } = asked;
  const beginning = toUtf8(asked)(raw).toString("utf8", 0, 100).trimStart();
  if (/^[[{]/.test(beginning)) return "json";
  if (beginning.startsWith("<") || /\bxml\b/i.test(contentType)) return "xml";
  const isForm = /^(application\/x-www-form-urlencoded|multipart\/form-data)/i.test(contentType);
  return isForm || /^[\w.[\]%-]+=/.test(beginning) ? "form" : "json";
}

/** Text parts of a multipart body (RFC 7578), as the platform reads them. */
async function partsOf(contentType: string, raw: Buffer): Promise<[string, string][]> {
  try {
    const form = await new Response(new Uint8Array(raw), { headers: { "content-type": contentType } }).formData();
    return [...form].flatMap(([name, value]): [string, string][] => (typeof value === "string" ? [[name, value]] : []));
  } catch {
    throw noPayload("is not the multipart form that it says to be");
  }
}

/** JSON in which a whole number that no double can hold stays itself, as text: ids of many digits are other ids when rounded. */
export function exactJson(text: string): unknown {
  const tokens = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gs;
  const isExact = (token: string) => !/^-?\d{16,}$/.test(token) || Number.isSafeInteger(Number(token));
  const exact = (token: string) => (token.startsWith('"') || isExact(token) ? token : `"${token}"`);
  return JSON.parse(/\d{16}/.test(text) ? text.replace(tokens, exact) : text);
}

/** Fields by their names; `call[id]` is the field `id` of `call`, as PHP writes it. */
function fieldsOf(parameters: Iterable<[string, string]>): Payload {
  const fields: Payload = {};
  for (const [name, value] of parameters) {
    const steps = /^[^[\]]+(\[[^[\]]+\])+$/.test(name) ? name.split(/[[\]]+/).filter(Boolean) : [name];
    if (steps.includes("__proto__") || steps.length > MAX_DEPTH) continue;
    const last = steps.pop() ?? name;
    let inner = fields;
    for (const step of steps) {
      const next = Object.hasOwn(inner, step) && isFields(inner[step]) ? inner[step] : {};
      inner[step] = next;
      inner = next;
    }
    inner[last] = value;
  }
  return fields;
}

interface Element {
  name: string;
  fields: Payload;
  children: number;
  text: string;
}

/**
 * A document's elements as fields: text, or the fields of what is inside; several of one name are a list. What only wraps one or several
 * others is left out. Document types are refused: entities of their own could grow without end.
 */
async function xmlFields(document: string): Promise<unknown> {
  const broken = (message: string) => invalid("the body is not XML that can be read", [{ path: "", message }]);
  if (document.length > MAX_XML) throw broken("is longer than 64 KiB");
  const open: Element[] = [{ name: "", fields: {}, children: 0, text: "" }];
  const here = () => open.at(-1) as Element;
  // Read for the first XML: a start need not wait for it.
  const { SaxesParser } = await import("saxes");
  const parser = new SaxesParser();
  parser.on("error", ({ message }) => {
    throw broken(message);
  });
  parser.on("doctype", () => {
    throw broken("has a document type");
  });
  parser.on("opentag", ({ name, attributes }) => {
    if (open.length > MAX_DEPTH) throw broken(`must not be nested more than ${MAX_DEPTH} levels deep`);
    const own = Object.entries(attributes).filter(([attribute]) => !attribute.startsWith("xmlns"));
    open.push({ name, fields: Object.fromEntries(own), children: 0, text: "" });
  });
  const say = (text: string) => {
    here().text += text;
  };
  parser.on("text", say);
  parser.on("cdata", say);
  parser.on("closetag", () => {
    const { name, fields, children, text } = open.pop() as Element;
    const value = children > 0 || (text === "" && Object.keys(fields).length > 0) ? fields : text;
    const parent = here();
    parent.children += 1;
    if (name === "__proto__") return;
    const before = parent.fields[name];
    parent.fields[name] = Object.hasOwn(parent.fields, name)
      ? [...(Array.isArray(before) ? before : [before]), value]
      : value;
  });
  parser.write(document).close();
  return unwrapped(here().fields);
}

function unwrapped(fields: Payload): unknown {
  const [only, ...others] = Object.values(fields);
  if (others.length > 0 || !isFields(only)) return fields;
  if (Array.isArray(only)) return only.every(isFields) ? only : fields;
  return unwrapped(only);
}

/** A payload less the secret that it was checked by. */
export function withoutSecret(payload: Payload, from: Field): Payload {
  for (const { path } of sourcesOf(from)) {
    const place = path === undefined ? null : fieldAt(payload, path);
    if (place) delete place.in[place.name];
  }
  return payload;
}
