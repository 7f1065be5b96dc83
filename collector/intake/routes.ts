/** The public routes of the intake: snapshots from pages, call events from vendors. */
import { type Request, type RequestHandler, Router } from "express";
import { isToken, tokenOf, unauthorized } from "../http/auth";
import { jsonBody, rawBody } from "../http/body";
import { invalid, Problem } from "../http/problem";
import type { SiteRegistry } from "../site/registry";
import type { Store } from "../store/store";
import { eventsOf, readQProtocol } from "./adapters/qprotocol";
import { refreshedCookie } from "./cookie";
import type { TakeEvents } from "./events";
import type { TakeSnapshots } from "./snapshots";

export interface IntakeRouteDeps {
  sites: SiteRegistry;
  store: Store;
  clock: () => number;
  takeSnapshots: TakeSnapshots;
  takeEvents: TakeEvents;
  /** Bounds public requests by address. */
  limit: RequestHandler;
}

export function intakeRoutes(deps: IntakeRouteDeps): Router {
  const { clock, takeSnapshots, takeEvents } = deps;
  const router = Router();

  router.options("/v1/snapshots", readableByPages, (_request, response) => {
    response
      .set({ "Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "Content-Type" })
      .set({ "Access-Control-Max-Age": "86400" })
      .status(204)
      .end();
  });
  router.post("/v1/snapshots", readableByPages, deps.limit, rawBody("64kb"), async (request, response) => {
    const arrival = { receivedAt: clock(), bytes: sizeOf(request), origin: request.get("origin") ?? null };
    const body = jsonBody(request);
    const answer = await takeSnapshots(body, arrival);
    const cookie = refreshedCookie(request, body);
    if (cookie) response.append("Set-Cookie", cookie);
    response.status(202).json(answer);
  });

  const paths = ["/v1/calls/:site", "/events/:site", "/events/raw/:site", "/v1/calls/:site/:vendor"];
  router.post(paths, vendorOnly(deps), rawBody("1mb"), async (request, response) => {
    const events = eventsOf(jsonBody(request));
    if (!events) {
      throw invalid("the body holds no events", [{ path: "events", message: 'must be {"events": [...]} or an array' }]);
    }
    const answer = await takeEvents({
      site: String(request.params.site),
      vendor: String(response.locals.vendor),
      events,
      read: readQProtocol,
      receivedAt: clock(),
      bytes: sizeOf(request),
    });
    response.status(202).json(answer);
  });
  return router;
}

/**
 * Lets a page of any origin read the answer: it holds nothing but counts, and an SDK that cannot read a 403 would try for ever.
 * With credentials, because only then a browser takes the refreshed cookie.
 */
const readableByPages: RequestHandler = (request, response, next) => {
  const origin = request.get("origin");
  response.vary("Origin");
  if (origin) {
    response.set({
      "Access-Control-Allow-Origin": origin,
      "Access-Control-Allow-Credentials": "true",
      "Access-Control-Expose-Headers": "Retry-After",
    });
  }
  next();
};

/** Finds the vendor by its token, before the body is read. On a vendor's own route no other vendor's token counts. */
function vendorOnly({ sites, store, clock }: IntakeRouteDeps): RequestHandler {
  return async (request, response, next) => {
    const site = String(request.params.site);
    const known = await sites.current(site);
    if (!known) throw new Problem(404, `there is no site ${JSON.stringify(site)}`);
    const token = tokenOf(request);
    if (!token) throw unauthorized();
    const named = request.params.vendor;
    const listed = known.document.vendors.filter(({ name }) => named === undefined || name === named);
    const secrets = await store.secrets(site, "vendor_token", clock());
    // All are compared, so that the time taken does not tell which one came close.
    const owners = secrets.filter(({ hash }) => isToken(token, hash)).map(({ name }) => name);
    const vendor = listed.find(({ name }) => owners.includes(name));
    if (!vendor) throw unauthorized();
    response.locals.vendor = vendor.name;
    next();
  };
}

function sizeOf(request: Request): number {
  return Buffer.isBuffer(request.body) ? request.body.length : 0;
}
