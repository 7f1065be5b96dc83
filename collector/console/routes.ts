/** Signing in and out, and the named tokens (contract 8). */
import { randomBytes } from "node:crypto";
import { type Request, type RequestHandler, type Response, Router } from "express";
import { z } from "zod";
import { type Asker, askerOf, hashToken, refused, unauthorized } from "../http/auth";
import { bodyOf, rawBody } from "../http/body";
import { invalid, Problem } from "../http/problem";
import { pageOf } from "../http/same-origin";
import type { RouteDeps } from "../site/deps";
import { COOKIE, OPERATOR, SESSION_MS, type Sessions } from "./sessions";

export interface ConsoleRouteDeps extends RouteDeps {
  sessions: Sessions;
  /** Runs first after a wrong token. It may refuse any further attempts. */
  wrong: RequestHandler;
  publicUrl: string | undefined;
}

const MAX_BODY = 16_384;

export const signInSchema = z.union([z.strictObject({ token: z.string() }), z.strictObject({ link: z.string() })], {
  error: "must have a token, or a link's key",
});

export const tokenSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[^\s\p{C}](?:[^\p{C}]{0,62}[^\s\p{C}])?$/u, "must be 1–64 characters, without a space around them")
    .refine((name) => name !== OPERATOR && !/^\.{1,2}$/.test(name), `must be another name`)
    .meta({ description: "your name for who has it; versions that it saves show it" }),
  role: z.enum(["admin", "reader"]).meta({
    description: "an `admin` may do everything; a `reader` reads the calls, visitors and reports of its sites",
  }),
  sites: z
    .array(z.string())
    .max(1_000)
    .optional()
    .meta({ description: "a reader's sites, by their tracking_id; an admin has all" }),
});

export function consoleRoutes(deps: ConsoleRouteDeps): Router {
  const { store, sites, sessions, clock, wrong, gate, publicUrl } = deps;
  const router = Router();

  /**
   * Who is signed in. Also says where pages and vendors reach the collector, because people may reach the console at
   * another port or address.
   */
  const shown = ({ name, role, sites }: Asker, expires_at: number | null) => ({
    name,
    role,
    sites,
    expires_at,
    public_url: publicUrl ?? null,
  });

  router.post("/v1/session", rawBody(MAX_BODY), async (request, response) => {
    if (pageOf(request, publicUrl) === "other") throw new Problem(403, "this request came from another page");
    const asked = bodyOf(signInSchema, request, "the body is not valid");
    const asker = await ("link" in asked ? sessions.spendLink(asked.link) : sessions.askerWith(asked.token));
    if (!asker) {
      await refused(wrong, request, response);
      throw "link" in asked
        ? new Problem(401, "this link has already been used or has expired; make a new one")
        : unauthorized();
    }
    const { value, expires_at } = await sessions.begin(asker);
    setCookie(request, response, value);
    response.status(201).json(shown(asker, expires_at));
  });

  router.get("/v1/session", gate, (_request, response) => {
    const asker = askerOf(response);
    response.set("Cache-Control", "no-store").json(shown(asker, asker.expires_at));
  });

  router.delete("/v1/session", gate, async (request, response) => {
    await sessions.endAll(askerOf(response));
    setCookie(request, response, null);
    response.status(204).end();
  });

  router.post("/v1/session/link", gate, (_request, response) => {
    const link = sessions.makeLink();
    response.status(201).json({ link, path: signInPath(link) });
  });

  router.get("/v1/tokens", gate, async (_request, response) => {
    const tokens = (await store.tokens()).map(({ hash: _hash, sites, ...row }) => ({
      ...row,
      sites: sites === null ? null : JSON.parse(sites),
    }));
    response.json({ tokens });
  });

  router.post("/v1/tokens", gate, rawBody(MAX_BODY), async (request, response) => {
    const { name, role, sites: its = [] } = bodyOf(tokenSchema, request, "the body is not valid");
    await checkSites(role, its);
    const token = `cjt_${randomBytes(32).toString("base64url")}`;
    const kept = role === "reader" ? JSON.stringify([...new Set(its)]) : null;
    const row = { name, role, sites: kept, hash: hashToken(token), made_at: clock(), last_used_at: null };
    if (!(await store.addToken(row))) {
      throw new Problem(409, `a token named ${name} already exists`, {
        errors: [{ path: "name", message: "is already taken" }],
      });
    }
    response.status(201).json({ token });
  });

  router.delete("/v1/tokens/:name", gate, async (request, response) => {
    if (!(await store.deleteToken(String(request.params.name)))) throw new Problem(404, "there is no such token");
    response.status(204).end();
  });

  async function checkSites(role: Asker["role"], its: string[]): Promise<void> {
    const wrong = (path: string, message: string) => invalid("not a valid token", [{ path, message }]);
    if (role === "admin" && its.length > 0) throw wrong("sites", "is for a reader: an admin has all sites");
    if (role === "reader" && its.length === 0) throw wrong("sites", "is required: which sites the reader may read");
    for (const [index, site] of its.entries())
      if (!(await sites.version(site))) throw wrong(`sites.${index}`, `there is no site ${site}`);
  }

  /**
   * Sets the cookie for the collector's whole path, which has the console and its routes. No other path of the host
   * gets the cookie.
   */
  function setCookie(request: Request, response: Response, value: string | null): void {
    const isHttps = [request.get("origin") ?? publicUrl ?? "", `${request.protocol}:`].some((one) =>
      one.startsWith("https:"),
    );
    // A browser that does not use the public URL, but for example the console's own port, has no such path in its
    // address.
    const at = publicUrl === undefined ? null : new URL(publicUrl);
    const path = at !== null && (request.get("origin") ?? at.origin) === at.origin ? at.pathname : "/";
    const options = { httpOnly: true, sameSite: "strict", secure: isHttps, path } as const;
    if (value === null) response.clearCookie(COOKIE, options);
    else response.set("Cache-Control", "no-store").cookie(COOKIE, value, { ...options, maxAge: SESSION_MS });
  }
  return router;
}

/**
 * The path below the collector's address where a link's key signs in. The key is in the fragment, which no log
 * contains.
 */
export function signInPath(link: string): string {
  return `/console/#sign-in=${link}`;
}
