/**
 * The headers that tell browsers what not to do with an answer. Every answer has the same. We leave out headers that
 * would affect more than this answer: HSTS affects all of the domain's hosts for a year (RFC 6797, 6.1.2),
 * `Origin-Agent-Cluster` the whole origin, of which the collector may be only one path (HTML, 7.1.1), and
 * `upgrade-insecure-requests` other people's http addresses. Those are for the operator to set.
 */
export const SECURITY_HEADERS: Record<string, string> = {
  // For the console, and for anything else that a browser takes for a page. Whatever has no rule of its own may come
  // only from the collector (https://www.w3.org/TR/CSP3/).
  "Content-Security-Policy":
    "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'; img-src 'self' data:; object-src 'none'; style-src 'self' 'unsafe-inline'",
  "Cross-Origin-Opener-Policy": "same-origin",
  // The scripts and the snapshots route exist for pages of other origins.
  "Cross-Origin-Resource-Policy": "cross-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "SAMEORIGIN",
};
