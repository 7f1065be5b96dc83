/** Which vendor a request comes from: by its token, or by what the vendor signs (contract 5). */
import type { Request, RequestHandler } from "express";
import { isToken, tokenOf, unauthorized } from "../http/auth";
import { bytesOf } from "../http/body";
import { Problem } from "../http/problem";
import type { SiteRegistry } from "../site/registry";
import type { Store } from "../store/store";
import type { Vendor } from "../wire/site";
import { NATIVE } from "./adapters";
import type { Adapter, Refusal } from "./adapters/adapter";
import type { Payload } from "./adapters/payload";
import { readTime } from "./adapters/time";

/** Who is let in: a vendor by its token, or one (`secrets`) whose request is still to be checked against what it shares with the site. */
export interface Admitted {
  vendor: Vendor;
  secrets: string[];
}

/** Finds the vendor before the body is read. On a vendor's own route no other vendor's token counts. */
export function vendorOnly({
  sites,
  store,
  clock,
}: {
  sites: SiteRegistry;
  store: Store;
  clock: () => number;
}): RequestHandler {
  return async (request, response, next) => {
    const site = String(request.params.site);
    const known = await sites.current(site);
    if (!known) throw new Problem(404, `there is no site ${JSON.stringify(site)}`);
    const named = request.params.vendor;
    const listed = known.document.vendors.filter(({ name }) => named === undefined || name === named);
    const [only] = listed;
    if (named !== undefined && only && NATIVE.get(only.adapter)?.verify) {
      const shared = (await store.secrets(site, "vendor_secret", clock())).filter(({ name }) => name === named);
      const secrets = shared.flatMap(({ secret }) => secret ?? []);
      if (secrets.length > 0) {
        response.locals.admitted = { vendor: only, secrets } satisfies Admitted;
        return next();
      }
    }
    const token = tokenOf(request);
    if (!token) throw unauthorized();
    const tokens = await store.secrets(site, "vendor_token", clock());
    // All are compared, so that the time taken does not tell which one came close.
    const owners = tokens.filter(({ hash }) => isToken(token, hash)).map(({ name }) => name);
    const vendor = listed.find(({ name }) => owners.includes(name));
    if (!vendor) throw unauthorized();
    response.locals.admitted = { vendor, secrets: [] } satisfies Admitted;
    next();
  };
}

/** Whether the vendor itself has sent this. What it signs may be its URL: the public one, as proxies that are trusted tell it. */
export function isSigned(request: Request, { verify }: Adapter, secrets: string[]): boolean {
  const { protocol, host = "", originalUrl } = request;
  const port = protocol === "https" ? ":443" : ":80";
  const hosts = host.endsWith(port) ? [host, host.slice(0, -port.length)] : [host, host + port];
  const urls = hosts.map((one) => `${protocol}://${one}${originalUrl}`);
  const native = { urls, header: (name: string) => request.get(name) ?? "", raw: bytesOf(request) };
  return secrets.some((secret) => verify?.(native, secret));
}

/** Signed payloads older than this are kept as refused: a person can replay them, a recording cannot. */
const MAX_SIGNED_AGE_MS = 24 * 3_600_000;

export function refusalOfRecording({ sentAt }: Adapter, payload: Payload, now: number): Refusal | null {
  const sent = sentAt?.(payload) ?? null;
  const time = sent === null ? null : readTime(sent, "UTC");
  if (!time || Math.abs(now - time.ts) <= MAX_SIGNED_AGE_MS) return null;
  return {
    reason: "invalid",
    detail: `timestamp: ${sent} is more than 24 hours away; if it is no recording, replay it`,
  };
}
