/** A vendor's body as fields, however it is written: JSON, form, XML, or the query string alone. */
import { SaxesParser } from "saxes";
import { jsonOf } from "../../http/body";
import { invalid } from "../../http/problem";

export type Payload = Record<string, unknown>;

/** A payload of one call is small; and nothing that is read here may cost much for its size. */
const MAX_XML = 64 * 1024;

/**
 * Reads a body, and adds the URL's own parameters, which some vendors' users put there; the body's come first. The token, which has done
 * its part, is left out of what is kept. Throws a 400 for a body that is not what it says.
 */
export function payloadOf(contentType: string, raw: Buffer, query: URLSearchParams): Payload {
  const { token: _secret, ...payload } = { ...fieldsOf(query), ...bodyOf(contentType, raw) };
  return payload;
}

function bodyOf(contentType: string, raw: Buffer): Payload {
  if (raw.length === 0) return {};
  if (/\bxml\b/i.test(contentType)) return xmlFields(raw.toString());
  if (/x-www-form-urlencoded/i.test(contentType)) return fieldsOf(new URLSearchParams(raw.toString()));
  const value = jsonOf(raw);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Payload;
  throw invalid("the body is no call", [{ path: "", message: "must be an object" }]);
}

function fieldsOf(parameters: URLSearchParams): Payload {
  return Object.fromEntries([...parameters].filter(([name]) => name !== "__proto__"));
}

/** The innermost elements of a document, each with its text. Document types are refused: entities of their own could grow without end. */
function xmlFields(document: string): Payload {
  const broken = (message: string) => invalid("the body is not XML that is read here", [{ path: "", message }]);
  if (document.length > MAX_XML) throw broken("is longer than 64 KiB");
  const fields: [string, string][] = [];
  let open: string | null = null;
  let said = "";
  const parser = new SaxesParser();
  parser.on("error", ({ message }) => {
    throw broken(message);
  });
  parser.on("doctype", () => {
    throw broken("has a document type");
  });
  parser.on("opentag", ({ name }) => {
    open = name;
    said = "";
  });
  parser.on("text", (text) => {
    said += text;
  });
  parser.on("cdata", (text) => {
    said += text;
  });
  parser.on("closetag", ({ name }) => {
    if (name === open && name !== "__proto__") fields.push([name, said]);
    open = null;
  });
  parser.write(document).close();
  return Object.fromEntries(fields);
}

/** What stands under a path. A form's field may have dots in its own name. */
function at(payload: Payload, path: string): unknown {
  if (Object.hasOwn(payload, path)) return payload[path];
  let found: unknown = payload;
  for (const step of path.split(".")) found = isFields(found) && Object.hasOwn(found, step) ? found[step] : null;
  return found;
}

function isFields(value: unknown): value is Payload {
  return typeof value === "object" && value !== null;
}

/** The first of these fields that is not blank, as text; null where all are. Vendors write numbers, booleans and blanks as strings, or not. */
export function text(payload: Payload, ...paths: string[]): string | null {
  for (const path of paths) {
    const found = at(payload, path);
    if (!["string", "number", "boolean"].includes(typeof found)) continue;
    const trimmed = String(found).trim();
    if (trimmed !== "") return trimmed;
  }
  return null;
}

/** A field as a whole number from 0, 0 where it is none: `"125"`, `125`, `"125.4"`. */
export function count(payload: Payload, ...paths: string[]): number {
  const value = Math.floor(Number(text(payload, ...paths) ?? 0));
  return value >= 0 && value < 2 ** 30 ? value : 0;
}
