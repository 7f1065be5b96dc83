/** Who may do what: the operator's admin token, named tokens beside it, the console's sessions, and one token for each vendor of a site. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Request, RequestHandler, Response } from "express";
import { Problem } from "./problem";
import { pageOf } from "./same-origin";

/** Who asks, known by a token. */
export interface Asker {
  name: string;
  role: "admin" | "reader";
  /** The sites that a reader may read; null for all. */
  sites: string[] | null;
  /** The token's hash. */
  hash: string;
  /** When a session ends, epoch ms; null where the token itself was sent. */
  expires_at: number | null;
}

/** What a route asks of who calls it; `reader` is an admin, or a reader of the path's site. */
export type Access = "public" | "vendor" | "reader" | "admin";

/** A token as it is kept: SHA-256. Tokens are random and long, so that a slow hash would add nothing. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** True where a token is the one that was hashed, in a time that does not tell how much of it was right. */
export function isToken(token: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashToken(token), "hex"), Buffer.from(hash, "hex"));
}

/** The bearer token, which counts in the header alone for whoever is no vendor: URLs end up in logs. */
export function bearerOf(request: Request): string | null {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(request.get("authorization") ?? "") ?? [];
  return bearer ?? null;
}

export function unauthorized(): Problem {
  return new Problem(401, "this needs a valid token", { headers: { "WWW-Authenticate": 'Bearer realm="calljoin"' } });
}

/** Lets nobody through but who has one token. Wrong ones go to `wrong`, which may refuse to be asked any more. */
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
  /** Who is signed in, by the request's cookies, or null. */
  askerIn: (cookies: string) => Promise<Asker | null>;
  /** What a route asks for, by Express's name for it (`/v1/sites/:site`). */
  accessOf: (method: string, pattern: string) => Access;
  /** What a wrong token goes to first: it may refuse to be asked any more. */
  wrong: RequestHandler;
  /** Where browsers reach the collector (`Config.publicUrl`). */
  publicUrl: string | undefined;
}

/** Lets through whom a route is for, and says by `askerOf` who it is. A right token is never held up by others' wrong ones. */
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
    // A cookie comes with whatever a browser sends: only our own page's requests count, and what only reads may be typed in.
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

/** Who asks, behind the gate. */
export function askerOf(response: Response): Asker {
  return response.locals.asker;
}

/** Runs what a wrong token goes to; rejects where that refuses to be asked any more. */
export function refused(wrong: RequestHandler, request: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    void wrong(request, response, (error?: unknown) => (error ? reject(error) : resolve()));
  });
}
