/**
 * Safari deletes cookies that a script has set after seven days, and keeps those that a server sets: a collector on the site's own
 * domain therefore sets the visitor's cookie again when the SDK asks for it, once a session (`?cookie_domain=`).
 */
import type { IncomingHttpHeaders } from "node:http";

/** 13 months, as browsers cap it at 400 days. */
const MAX_AGE_S = 34_000_000;

/** What a request for it says. */
interface CookieRequest {
  /** What follows the path: `?cookie_domain=shop.example`. */
  search: string;
  /** The host that was asked, as proxies that are trusted tell it. */
  hostname: string;
  headers: IncomingHttpHeaders;
}

/** The `Set-Cookie` for a request about a visitor, or null where it asks for none or may not have one. */
export function refreshedCookie({ search, hostname, headers }: CookieRequest, contextId: string): string | null {
  const [domain = "", ...others] = new URLSearchParams(search).getAll("cookie_domain");
  if (others.length > 0 || !/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(domain)) return null;
  const { origin = "", cookie = "" } = headers;
  if (!URL.canParse(origin) || !isWithin(new URL(origin).hostname, domain)) return null;
  if (!isWithin(hostname, domain)) return null;

  const value = cookieValue(cookie);
  if (value === null || !value.startsWith(`${contextId}.`)) return null;
  const secure = origin.startsWith("https:") ? "; Secure" : "";
  return `calljoin=${value}; Domain=${domain}; Path=/; Max-Age=${MAX_AGE_S}; SameSite=Lax${secure}`;
}

function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}

/** The `calljoin` cookie as the browser sent it; null where there is none, or two that differ (host and domain). */
function cookieValue(header: string): string | null {
  const values = [...header.matchAll(/(?:^|; *)calljoin=([\w.%:~-]*)(?=;|$)/g)].map(([, value]) => value ?? "");
  return values.length > 0 && new Set(values).size === 1 ? (values[0] ?? null) : null;
}
