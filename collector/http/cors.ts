/** What lets pages of any origin read what the snapshots route answers. */

/**
 * The answer holds nothing but counts, and an SDK that cannot read a 403 would try for ever. With credentials, because only then a browser
 * takes the refreshed cookie. `origin` is the page's; undefined where the request has none.
 */
export function readableBy(origin: string | undefined): Record<string, string> {
  if (!origin) return { Vary: "Origin" };
  return {
    Vary: "Origin",
    "Access-Control-Allow-Origin": origin,
    // Browsers refuse both together (https://fetch.spec.whatwg.org/#cors-check).
    ...(origin !== "*" && { "Access-Control-Allow-Credentials": "true" }),
    "Access-Control-Expose-Headers": "Retry-After",
  };
}

/** What a browser is told that asks first. */
export const PREFLIGHT = {
  "Access-Control-Allow-Methods": "POST",
  "Access-Control-Allow-Headers": "Content-Type",
  "Access-Control-Max-Age": "86400",
};
