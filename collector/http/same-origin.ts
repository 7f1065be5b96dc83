/** Whether a browser sent a request for a page of ours. */
import type { Request } from "express";

/**
 * `own`: a page of this origin. `other`: a page of another origin. `none`: no page that we know of, because somebody
 * typed in the address, or because no browser sent it. Browsers say which in `Sec-Fetch-Site`, but only on https and
 * localhost (https://www.w3.org/TR/fetch-metadata/, 2 and 6). Elsewhere `Origin` tells; browsers send it with
 * everything except GET and HEAD (https://fetch.spec.whatwg.org/#origin-header).
 */
export function pageOf(request: Request, publicUrl: string | undefined): "own" | "other" | "none" {
  const said = request.get("sec-fetch-site");
  if (said !== undefined) return said === "same-origin" ? "own" : said === "none" ? "none" : "other";
  const origin = request.get("origin");
  if (origin === undefined) return "none";
  if (publicUrl !== undefined && origin === new URL(publicUrl).origin) return "own";
  return URL.canParse(origin) && new URL(origin).host === request.host ? "own" : "other";
}
