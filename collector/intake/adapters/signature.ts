/** Whether a request comes from the vendor, by the secret that the site shares with it. */
import { createHash, createHmac, createPublicKey, timingSafeEqual, verify } from "node:crypto";
import type { SignatureRule } from "../../wire/mapping";
import type { VendorRequest } from "./body";
import { HEADERS, type Payload, QUERY, text } from "./values";

export interface Signed extends VendorRequest {
  /** The URL as the vendor called it, and as it may have been told it. */
  urls: string[];
  /** What the body says, where it could be read: some secrets come in it. */
  payload: Payload;
}

/** True where one of these secrets has signed the request. */
export function isSigned(rule: SignatureRule, request: Signed, secrets: string[]): boolean {
  const given = candidates(text(readingOf(request), rule.from) ?? "", rule.prefix);
  if (rule.algorithm === "secret") return given.some((one) => secrets.some((secret) => isSame(one, secret)));
  if (rule.algorithm === "basic") {
    const [, encoded = ""] = /^Basic\s+(\S+)$/i.exec(given[0] ?? "") ?? [];
    const credentials = Buffer.from(encoded, "base64").toString();
    return secrets.some((secret) => isSame(credentials, secret));
  }
  const templates = [rule.signed ?? "{body}"].flat();
  return templates.some((template) => {
    const contents = contentsOf(template, rule, request);
    return secrets.some((secret) => contents.some((content) => given.some((one) => isBy(rule, secret, content, one))));
  });
}

function isBy(
  { algorithm, encoding = "base64" }: SignatureRule,
  secret: string,
  content: Buffer[],
  given: string,
): boolean {
  if (algorithm !== "ed25519") {
    const hmac = createHmac(algorithm.slice("hmac-".length), secret);
    for (const part of content) hmac.update(part);
    return isSame(encoding === "hex" ? given.toLowerCase() : given, hmac.digest(encoding));
  }
  try {
    return verify(null, Buffer.concat(content), ed25519Key(secret), Buffer.from(given, encoding));
  } catch {
    // A key or a signature of another length.
    return false;
  }
}

/** A public key in its 32 bytes, as vendors show it (RFC 8410, 4: what stands before them in a SubjectPublicKeyInfo). */
function ed25519Key(secret: string) {
  const bytes = Buffer.from(secret, /^[0-9a-f]{64}$/i.test(secret) ? "hex" : "base64");
  const key = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), bytes]);
  return createPublicKey({ key, format: "der", type: "spki" });
}

/** A header may hold several signatures, while a secret is being changed. */
function candidates(given: string, prefix = ""): string[] {
  const all = [given, ...given.split(/[,\s]+/), ...given.split(/\s+/)];
  return [...new Set(all)].filter((one) => one.startsWith(prefix)).map((one) => one.slice(prefix.length));
}

/** What was signed, for each URL that the vendor may have been told; nothing where that says nothing of the body that came. */
function contentsOf(template: string, rule: SignatureRule, request: Signed): Buffer[][] {
  const { raw, urls, headers } = request;
  const isForm = /x-www-form-urlencoded/i.test(request.contentType);
  const hash = rule.body_hash === undefined ? null : text(readingOf(request), rule.body_hash);
  if (hash !== null && !isSame(hash.toLowerCase(), createHash("sha256").update(raw).digest("hex"))) return [];
  const coversBody = template.includes("{body}") || (template.includes("{form}") && isForm) || hash !== null;
  if (!coversBody && raw.length > 0) return [];
  const fields = isForm ? byName(new URLSearchParams(raw.toString())) : [];
  const form = Buffer.from(fields.map(([name, value]) => name + value).join(""));
  const query = Buffer.from(
    byName(request.query)
      .map(([name, value]) => `${name}=${value}`)
      .join("&"),
  );
  const parts = template.split(/(\{[^{}]+\})/).map((part) => (url: string) => {
    if (part === "{body}") return raw;
    if (part === "{form}") return form;
    if (part === "{query}") return query;
    if (part === "{url}") return Buffer.from(url);
    if (part === "{address}") return Buffer.from(addressOf(url));
    const [, header] = /^\{header:(.+)\}$/.exec(part) ?? [];
    return Buffer.from(header === undefined ? part : (headers[header.toLowerCase()] ?? ""));
  });
  const addresses = template.includes("{address}") ? urls.map(addressOf) : [""];
  return [...new Set(template.includes("{url}") ? urls : addresses)].map((url) => parts.map((part) => part(url)));
}

function addressOf(url: string): string {
  return url.replace(/\?.*/, "");
}

/** Fields in the order of their names; several values of one name sorted, and each said once. */
function byName(said: Iterable<[string, string]>): [string, string][] {
  const fields = new Map<string, Set<string>>();
  for (const [name, value] of said) fields.set(name, (fields.get(name) ?? new Set()).add(value));
  const sorted = [...fields].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.flatMap(([name, values]) => [...values].sort().map((value): [string, string] => [name, value]));
}

/** When the request says that it was signed; null where it does not, or the mapping does not ask. */
export function signedAt({ time }: SignatureRule, request: Signed): string | null {
  return text(readingOf(request), time);
}

/** Parameters whose orders are tried, and the longest body for which they are: who has no secret must not make it costly to find that out. */
const MOST_PARAMETERS = 4;
const LONGEST_BODY = 16 * 1024;

/**
 * A URL as its user may have written it to the vendor: with the port or without it, and with its parameters in any order: Twilio signs
 * the one that it was told, and calls one whose parameters are sorted (twilio-node#1079). They may have been escaped on the way
 * (withLegacyQuerystring in twilio-node's webhooks.js). `bytes`: of the body.
 */
export function urlsOf(protocol: string, host: string, path: string, bytes: number): string[] {
  const bare = host.replace(/:\d+$/, "");
  const hosts = [...new Set([host, bare, `${bare}:${protocol === "https" ? 443 : 80}`])];
  const [before = "", ...rest] = path.split("?");
  const parameters = rest.join("?").split("&");
  const isTried = rest.length > 0 && parameters.length <= MOST_PARAMETERS && bytes <= LONGEST_BODY;
  const orders = isTried ? ordersOf(parameters).flatMap((order) => [order, order.map(escaped)]) : [];
  const paths = isTried ? new Set(orders.map((order) => `${before}?${order.join("&")}`)) : [path];
  return hosts.flatMap((one) => [...paths].map((tried) => `${protocol}://${one}${tried}`));
}

function escaped(parameter: string): string {
  const [said] = parameter.includes("=") ? new URLSearchParams(parameter) : [];
  return said?.map(encodeURIComponent).join("=") ?? parameter;
}

function ordersOf(items: string[]): string[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) => ordersOf(items.toSpliced(index, 1)).map((others) => [item, ...others]));
}

function readingOf({ payload, query, headers }: Signed): Payload[] {
  return [{ [HEADERS]: headers, [QUERY]: Object.fromEntries(query) }, payload];
}

/** Compares in a time that does not tell how much was right. */
function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
