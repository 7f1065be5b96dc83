/** Headers that let pages of any origin read the snapshots route's answers. */
import type { RequestHandler } from "express";

/**
 * The answer holds nothing but counts, and an SDK that could not read a 403 would try forever. Credentials are allowed
 * because only then does a browser accept the refreshed cookie. `origin` is the page's origin, undefined if the request
 * has none.
 */
export function readableBy(origin: string | undefined): Record<string, string> {
  if (!origin) return { Vary: "Origin" };
  return {
    Vary: "Origin",
    "Access-Control-Allow-Origin": origin,
    // Browsers reject both headers together (https://fetch.spec.whatwg.org/#cors-check).
    ...(origin !== "*" && { "Access-Control-Allow-Credentials": "true" }),
    "Access-Control-Expose-Headers": "Retry-After",
  };
}

/**
 * Answers a browser's preflight. If a page's `fetch` adds a header to every request (X-CSRF-Token, traceparent), the
 * browser asks whether it may send that header. It means nothing here and does no harm, so we allow it by name. `*`
 * would not do: in a request with credentials it is no wildcard (Fetch standard, 4.8).
 */
export const preflight: RequestHandler = (request, response) => {
  response.set({
    ...readableBy(request.get("origin")),
    Vary: "Origin, Access-Control-Request-Headers",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": request.get("access-control-request-headers") ?? "Content-Type",
    "Access-Control-Max-Age": "86400",
  });
  response.status(204).end();
};
