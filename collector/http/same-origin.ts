/** Whether a browser has sent a request for a page of ours. */
import type { Request } from "express";

/**
 * `own`: a page of this origin; `other`: a page of another one; `none`: no page that we know of, be it that its address was typed in, or that no
 * browser has sent it. Browsers say so themselves by `Sec-Fetch-Site`, on https and localhost alone (https://www.w3.org/TR/fetch-metadata/, 2 and 6);
 * elsewhere `Origin` does, which they send with all but GET and HEAD (https://fetch.spec.whatwg.org/#origin-header).
 */
export function pageOf(request: Request, publicUrl: string | undefined): "own" | "other" | "none" {
  const said = request.get("sec-fetch-site");
  if (said !== undefined) return said === "same-origin" ? "own" : said === "none" ? "none" : "other";
  const origin = request.get("origin");
  if (origin === undefined) return "none";
  if (publicUrl !== undefined && origin === new URL(publicUrl).origin) return "own";
  return URL.canParse(origin) && new URL(origin).host === request.host ? "own" : "other";
}
