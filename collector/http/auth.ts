/** Who may do what: the operator's admin token, and one token for each vendor of a site. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Request, RequestHandler } from "express";
import { Problem } from "./problem";

/** A token as it is kept: SHA-256. Tokens are random and long, so that a slow hash would add nothing. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** True where a token is the one that was hashed, in a time that does not tell how much of it was right. */
export function isToken(token: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashToken(token), "hex"), Buffer.from(hash, "hex"));
}

/** The request's bearer token, else its `?token=`; null where it has neither. */
export function tokenOf(request: Request): string | null {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(request.get("authorization") ?? "") ?? [];
  if (bearer) return bearer;
  const { token } = request.query;
  return typeof token === "string" && token !== "" ? token : null;
}

export function unauthorized(): Problem {
  return new Problem(401, "a valid token is needed", { headers: { "WWW-Authenticate": 'Bearer realm="calljoin"' } });
}

/** Lets only the operator through. The token counts in the header alone: URLs end up in logs. */
export function adminOnly(adminTokenHash: string): RequestHandler {
  return (request, _response, next) => {
    const [, token] = /^Bearer +(\S+) *$/i.exec(request.get("authorization") ?? "") ?? [];
    if (!token || !isToken(token, adminTokenHash)) throw unauthorized();
    next();
  };
}
