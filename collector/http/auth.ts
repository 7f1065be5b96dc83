/**
 * Who may do what: the operator's admin token, named tokens, the console's sessions, and one token for each vendor of a
 * site.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Request, RequestHandler, Response } from "express";
import { Problem } from "./problem";
import { pageOf } from "./same-origin";

/** A caller, known by a token. */
export interface Asker {
  name: string;
  role: "admin" | "reader";
  /** The sites that a reader may read, or null for all. */
  sites: string[] | null;
  /** The token's hash. */
  hash: string;
  /** When a session ends, in epoch ms. Null if the request carries the token itself. */
  expires_at: number | null;
}

/** What a route demands of its caller. `reader` means an admin, or a reader of the path's site. */
export type Access = "public" | "vendor" | "reader" | "admin";

/** A token as we store it: SHA-256. Tokens are random and long, so a slow hash would add nothing. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** True if a token matches the hash. The time it takes does not reveal how much of the token was right. */
export function isToken(token: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashToken(token), "hex"), Buffer.from(hash, "hex"));
}

/** The bearer token. Except from vendors, it counts only in the header, because URLs end up in logs. */
export function bearerOf(request: Request): string | null {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(request.get("authorization") ?? "") ?? [];
  return bearer ?? null;
}

export function unauthorized(): Problem {
  return new Problem(401, "this needs a valid token", { headers: { "WWW-Authenticate": 'Bearer realm="calljoin"' } });
}

/** Lets only the owner of one token through. Wrong tokens go to `wrong`, which may refuse to answer any more. */
export function onlyWith(hash: string, wrong: RequestHandler): RequestHandler {
  return (request, response, next) => {
    const token = bearerOf(request);
    if (token && isToken(token, hash)) return next();
    if (!token) throw unauthorized();
    return wrong(request, response, (error?: unknown) => next(error ?? unauthorized()));
  };
}

export interface GateDeps {
  /** Who has this token, or null. */
  askerWith: (token: string) => Promise<Asker | null>;
  /** Who is signed in, according to the request's cookies, or null. */
  askerIn: (cookies: string) => Promise<Asker | null>;
  /** What a route demands, by Express's name for it (`/v1/sites/:site`). */
  accessOf: (method: string, pattern: string) => Access;
  /** Handles a wrong token first. It may refuse to answer any more. */
  wrong: RequestHandler;
  /** Where browsers reach the collector (`Config.publicUrl`). */
  publicUrl: string | undefined;
}

/**
 * Lets a request through if the route is for its caller, whom `askerOf` then returns. Other people's wrong tokens never
 * hold up a right one.
 */
export function createGate({ askerWith, askerIn, accessOf, wrong, publicUrl }: GateDeps): RequestHandler {
  async function whoAsks(request: Request, response: Response): Promise<Asker> {
    const token = bearerOf(request);
    if (token) {
      const asker = await askerWith(token);
      if (!asker) await refused(wrong, request, response);
      return asker ?? Promise.reject(unauthorized());
    }
    const asker = await askerIn(request.get("cookie") ?? "");
    if (!asker) throw unauthorized();
    // A browser sends the cookie with every request. So only requests from our own page count, except that reading
    // requests may also be typed in.
    const page = pageOf(request, publicUrl);
    const isReading = ["GET", "HEAD"].includes(request.method);
    if (page === "other" || (page === "none" && !isReading))
      throw new Problem(403, "this request came from another page");
    return asker;
  }

  return async (request, response, next) => {
    const asker = await whoAsks(request, response);
    const access = accessOf(request.method === "HEAD" ? "GET" : request.method, String(request.route.path));
    if (asker.role === "reader") {
      if (access !== "reader")
        throw new Problem(403, `the token ${asker.name} has the role reader, which does not allow this`);
      const { site } = request.params;
      if (site !== undefined && !asker.sites?.includes(String(site)))
        throw new Problem(403, `the token ${asker.name} is not valid for this site`);
    }
    response.locals.asker = asker;
    next();
  };
}

/** Who is calling. Works behind the gate. */
export function askerOf(response: Response): Asker {
  return response.locals.asker;
}

/** Runs the handler for a wrong token. Rejects if it refuses to answer any more. */
export function refused(wrong: RequestHandler, request: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    void wrong(request, response, (error?: unknown) => (error ? reject(error) : resolve()));
  });
}
