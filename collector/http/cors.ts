/** What lets pages of any origin read what the snapshots route answers. */
import type { RequestHandler } from "express";

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

/**
 * What a browser is told that asks first. A page whose `fetch` adds a header to every request (X-CSRF-Token, traceparent) asks with its name; the
 * header means nothing here, and does no harm. Not by `*`, which stands for no name in a request with credentials (Fetch standard, 4.8).
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
