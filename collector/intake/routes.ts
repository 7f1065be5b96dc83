/** The public routes of the intake: snapshots from pages, call events from vendors. */
import { type Request, type RequestHandler, type Response, Router } from "express";
import { unauthorized } from "../http/auth";
import { bytesOf, jsonBody, rawBody } from "../http/body";
import { invalid } from "../http/problem";
import type { SiteRegistry } from "../site/registry";
import type { Store } from "../store/store";
import { NATIVE, readerOf } from "./adapters";
import { payloadOf } from "./adapters/payload";
import { eventsOf, readQProtocol } from "./adapters/qprotocol";
import { type Admitted, isSigned, refusalOfRecording, vendorOnly } from "./admit";
import { refreshedCookie } from "./cookie";
import type { EventBatch, TakeEvents } from "./events";
import type { TakeSnapshots } from "./snapshots";

export interface IntakeRouteDeps {
  sites: SiteRegistry;
  store: Store;
  clock: () => number;
  takeSnapshots: TakeSnapshots;
  takeEvents: TakeEvents;
  /** Bounds public requests by address. */
  limit: RequestHandler;
  /** Bounds those that fail, where a token is needed. */
  limitFailures: RequestHandler;
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
  router.post("/v1/snapshots", readableByPages, deps.limit, rawBody(64 * 1024), async (request, response) => {
    const arrival = { receivedAt: clock(), bytes: bytesOf(request).length, origin: request.get("origin") ?? null };
    const body = jsonBody(request);
    const answer = await takeSnapshots(body, arrival);
    const cookie = request.url.includes("?") ? refreshedCookie(request, body) : null;
    if (cookie) response.append("Set-Cookie", cookie);
    // The one answer that is given thousands of times a second: without what Express would look up for it.
    response.statusCode = 202;
    response.setHeader("Content-Type", "application/json; charset=utf-8");
    response.end(JSON.stringify(answer));
  });

  router.post(
    ["/v1/calls/:site", "/events/:site", "/events/raw/:site"],
    deps.limitFailures,
    vendorOnly(deps),
    rawBody(1024 ** 2),
    takeQProtocol,
  );
  // Native formats: Infinity's is a GET, which wants a 200; the others take any 2xx.
  const native = [deps.limitFailures, vendorOnly(deps), rawBody(1024 ** 2), takeNative];
  router.route("/v1/calls/:site/:vendor").post(native).get(native);

  async function takeQProtocol(request: Request, response: Response): Promise<void> {
    const events = eventsOf(jsonBody(request));
    if (!events) {
      throw invalid("the body holds no events", [{ path: "events", message: 'must be {"events": [...]} or an array' }]);
    }
    await take(request, response, { route: "calls", events, read: readQProtocol });
  }

  async function takeNative(request: Request, response: Response): Promise<void> {
    const { vendor, secrets }: Admitted = response.locals.admitted;
    const adapter = NATIVE.get(vendor.adapter);
    if (!adapter) return takeQProtocol(request, response);
    if (secrets.length > 0 && !isSigned(request, adapter, secrets)) throw unauthorized();
    const query = new URL(request.originalUrl, "http://localhost").searchParams;
    const payload = payloadOf(request.get("content-type") ?? "", bytesOf(request), query);
    const recorded = secrets.length > 0 ? refusalOfRecording(adapter, payload, clock()) : null;
    const read = recorded ? () => recorded : readerOf(vendor);
    await take(request, response, { route: "native", events: [payload], read });
  }

  async function take(
    request: Request,
    response: Response,
    batch: Pick<EventBatch, "route" | "events" | "read">,
  ): Promise<void> {
    const { vendor }: Admitted = response.locals.admitted;
    const arrival = { site: String(request.params.site), vendor: vendor.name, receivedAt: clock() };
    const answer = await takeEvents({ ...batch, ...arrival, bytes: bytesOf(request).length });
    response.status(request.method === "GET" ? 200 : 202).json(answer);
  }
  return router;
}

/**
 * Lets a page of any origin read the answer: it holds nothing but counts, and an SDK that cannot read a 403 would try for ever.
 * With credentials, because only then a browser takes the refreshed cookie.
 */
const readableByPages: RequestHandler = (request, response, next) => {
  const origin = request.get("origin");
  response.setHeader("Vary", "Origin");
  if (origin) {
    response.setHeader("Access-Control-Allow-Origin", origin);
    response.setHeader("Access-Control-Allow-Credentials", "true");
    response.setHeader("Access-Control-Expose-Headers", "Retry-After");
  }
  next();
};
