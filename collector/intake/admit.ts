/** Finds the vendor that a request comes from, by its token or its signature (contract 5). */
import type { Request, RequestHandler } from "express";
import { bearerOf, isToken, unauthorized } from "../http/auth";
import { bytesOf } from "../http/body";
import { Problem } from "../http/problem";
import type { KnownSite, SiteRegistry } from "../site/registry";
import type { Store } from "../store/store";
import type { SecretRow } from "../store/tables";
import type { SignatureRule } from "../wire/mapping";
import type { Vendor } from "../wire/site";
import { mappingOf } from "./adapters";
import type { VendorRequest } from "./adapters/body";
import type { Refusal } from "./adapters/event";
import { type Signed, signedAt, urlsOf } from "./adapters/signature";
import { readTime } from "./adapters/time";
import type { RefusedVendors } from "./refused";

/** The vendor that is let in. If `secrets` is not empty, its request must still be checked against these secrets. */
export interface Admitted {
  known: KnownSite;
  vendor: Vendor;
  secrets: string[];
}

/** Finds the vendor before the body is read. On a vendor's own route no other vendor's token counts. */
export function vendorOnly({
  sites,
  store,
  clock,
  refused,
}: {
  sites: SiteRegistry;
  store: Store;
  clock: () => number;
  refused: RefusedVendors;
}): RequestHandler {
  return async (request, response, next) => {
    const site = String(request.params.site);
    const known = await sites.current(site);
    if (!known) throw new Problem(404, `there is no site ${JSON.stringify(site)}`);
    const named = request.params.vendor;
    const listed = known.document.vendors.filter(({ name }) => named === undefined || name === named);
    const [only] = listed;
    const kept = await store.secrets(site, ["vendor_token", "vendor_secret"], clock());
    const secrets = named === undefined || !only ? [] : sharedWith(only, kept);
    if (only && secrets.length > 0) {
      response.locals.admitted = { known, vendor: only, secrets } satisfies Admitted;
      return next();
    }
    const given = tokensOf(request);
    // If the route names no vendor, the request may come from any vendor that speaks QProtocol.
    const asked = named === undefined ? listed.filter(({ adapter }) => adapter === "qprotocol") : listed;
    const refuse = (detail: string) => {
      refused.note(
        site,
        asked.map(({ name }) => name),
        asked.length === 0 && named !== undefined ? "the site has no vendor of the name in the URL" : detail,
      );
      return unauthorized();
    };
    if (given.length === 0) throw refuse("no token was given");
    // We compare all tokens, so that the time does not tell which one came close.
    const owners = kept
      .filter(({ kind, hash }) => kind === "vendor_token" && given.filter((token) => isToken(token, hash)).length > 0)
      .map(({ name }) => name);
    const vendor = listed.find(({ name }) => owners.includes(name));
    if (!vendor) throw refuse(`the token is not that of ${asked.map(({ name }) => name).join(" or ")}`);
    response.locals.admitted = { known, vendor, secrets: [] } satisfies Admitted;
    next();
  };
}

/** The secrets that a vendor with signed requests shares with the site. Empty if its format checks no signature. */
export function sharedWith(vendor: Vendor, kept: SecretRow[]): string[] {
  if (!mappingOf(vendor)?.signature) return [];
  return kept.flatMap(({ kind, name, secret }) =>
    kind === "vendor_secret" && name === vendor.name && secret ? [secret] : [],
  );
}

/** The bearer token and `?token=`. Some vendors put their own token into the header, so a site can set only the URL. */
function tokensOf(request: Request): string[] {
  const { token } = request.query;
  return [bearerOf(request), token].filter((one) => typeof one === "string" && one !== "") as string[];
}

/** A request as adapters read it. */
export function askedOf(request: Request): VendorRequest {
  return {
    contentType: request.get("content-type") ?? "",
    raw: bytesOf(request),
    query: new URLSearchParams(request.originalUrl.replace(/^[^?]*/, "")),
    // Node joins what comes twice; the one list that it makes is of a header that only answers have.
    headers: request.headers as Record<string, string>,
  };
}

/**
 * The URLs that the vendor may have been told to call: the public URL, and the one that trusted proxies say was called.
 * `path` includes the query.
 */
export function calledUrls(request: Request, path: string, publicUrl: string | undefined): string[] {
  const { protocol, host = "" } = request;
  const { length } = bytesOf(request);
  const { protocol: scheme = "", host: own = "", pathname = "" } = publicUrl === undefined ? {} : new URL(publicUrl);
  const called = urlsOf(protocol, host, path, length);
  if (publicUrl === undefined) return called;
  return [...urlsOf(scheme.slice(0, -1), own, pathname.replace(/\/$/, "") + path, length), ...called];
}

const MAX_AGE_S = 24 * 3_600;

/** A signed request that is too old may be a recording. It is kept as refused, so that a person can still replay it. */
export function refusalOfRecording(rule: SignatureRule, request: Signed, now: number): Refusal | null {
  const said = signedAt(rule, request);
  const time = said === null ? null : readTime(said, "UTC");
  const most = (rule.max_age_s ?? MAX_AGE_S) * 1_000;
  if (rule.time === undefined || (time && Math.abs(now - time.ts) <= most)) return null;
  const detail = `signed at ${said}, which is not within ${most / 1_000} s of now: it may be a recording. If it is genuine, replay it`;
  return { reason: "invalid", detail };
}
