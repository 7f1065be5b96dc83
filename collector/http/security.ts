/**
 * The headers that tell browsers what not to do with an answer; the same for every one. What is not here would speak for more than this answer:
 * HSTS for all of the domain's hosts for a year (RFC 6797, 6.1.2), `Origin-Agent-Cluster` for the whole origin, of which the collector may be but
 * a path (HTML, 7.1.1), `upgrade-insecure-requests` for the http addresses of others. That is for the operator to say.
 */
export const SECURITY_HEADERS: Record<string, string> = {
  // For the console and for whatever a browser takes for a page; what is not named is the collector's own (https://www.w3.org/TR/CSP3/).
  "Content-Security-Policy":
    "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'; img-src 'self' data:; object-src 'none'; style-src 'self' 'unsafe-inline'",
  "Cross-Origin-Opener-Policy": "same-origin",
  // The scripts and the snapshots route are there for pages of other origins.
  "Cross-Origin-Resource-Policy": "cross-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "SAMEORIGIN",
};
