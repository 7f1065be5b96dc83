/** The public routes of vendors, and the question that a browser asks before it posts a snapshot. */
import { type Request, type RequestHandler, type Response, Router } from "express";
import { unauthorized } from "../http/auth";
import { bytesOf, jsonOf, rawBody } from "../http/body";
import { invalid } from "../http/problem";
import type { SiteRegistry } from "../site/registry";
import type { Store } from "../store/store";
import { NATIVE, readerOf } from "./adapters";
import { payloadOf } from "./adapters/payload";
import { eventsOf, readQProtocol } from "./adapters/qprotocol";
import { type Admitted, isSigned, refusalOfRecording, vendorOnly } from "./admit";
import { PREFLIGHT, readableBy } from "./cors";
import type { EventBatch, TakeEvents } from "./events";
import { SNAPSHOTS } from "./snapshots-route";

export interface IntakeRouteDeps {
  sites: SiteRegistry;
  store: Store;
  clock: () => number;
  takeEvents: TakeEvents;
  /** Bounds requests that fail, by address: a token is needed here. */
  limitFailures: RequestHandler;
}

export function intakeRoutes(deps: IntakeRouteDeps): Router {
  const { clock, takeEvents } = deps;
  const router = Router();

  router.options(SNAPSHOTS, (request, response) => {
    response
      .set({ ...readableBy(request.get("origin")), ...PREFLIGHT })
      .status(204)
      .end();
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
    const events = eventsOf(jsonOf(bytesOf(request)));
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
