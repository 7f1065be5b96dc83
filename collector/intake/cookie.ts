/**
 * Safari deletes cookies that a script has set after seven days, and keeps those that a server sets: a collector on the site's own
 * domain therefore sets the visitor's cookie again when the SDK asks for it, once a session (`?cookie_domain=`).
 */
import type { Request } from "express";

/** 13 months, as browsers cap it at 400 days. */
const MAX_AGE_S = 34_000_000;

/** The `Set-Cookie` for a request, or null where it asks for none or may not have one. */
export function refreshedCookie(request: Request, body: unknown): string | null {
  const { cookie_domain: domain } = request.query;
  if (typeof domain !== "string" || !/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(domain)) return null;
  const origin = request.get("origin") ?? "";
  if (!URL.canParse(origin) || !isWithin(new URL(origin).hostname, domain)) return null;
  if (!isWithin(request.hostname, domain)) return null;

  const value = cookieValue(request.get("cookie") ?? "");
  const { context_id } = body as { context_id: string };
  if (value === null || !value.startsWith(`${context_id}.`)) return null;
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
