/** The public routes of vendors, and the question that a browser asks before it posts a snapshot. */
import { type Request, type RequestHandler, type Response, Router } from "express";
import { unauthorized } from "../http/auth";
import { bytesOf, jsonOf, rawBody } from "../http/body";
import { preflight } from "../http/cors";
import { invalid, Problem } from "../http/problem";
import type { RouteDeps } from "../site/deps";
import { mappingOf } from "./adapters";
import { exactJson, unreadOf } from "./adapters/body";
import { keptText } from "./adapters/privacy";
import { eventsOf } from "./adapters/qprotocol";
import { type Admitted, askedOf, calledUrls, vendorOnly } from "./admit";
import type { EventBatch, TakeEvents } from "./events";
import { hear } from "./heard";
import type { RefusedVendors } from "./refused";
import { SNAPSHOTS } from "./snapshots-route";
import { tryRoute } from "./try";

export interface IntakeRouteDeps extends RouteDeps {
  takeEvents: TakeEvents;
  /** Bounds requests that fail, by address: a token is needed here. */
  limitFailures: RequestHandler;
  refused: RefusedVendors;
  publicUrl: string | undefined;
}

const MAX_BODY = 1024 ** 2;

/** The end of V8's message about a text that is not JSON. It quotes a piece of the text. */
const QUOTE = /, \.*".*"\.* is not valid JSON$/s;

export function intakeRoutes(deps: IntakeRouteDeps): Router {
  const { clock, takeEvents, publicUrl } = deps;
  const router = Router();

  router.options(SNAPSHOTS, preflight);

  const qprotocol = ["/v1/calls/:site", "/events/:site", "/events/raw/:site"];
  const native = "/v1/calls/:site/:vendor";
  // Anybody who tests a URL before using it gets a 200. Nothing is stored.
  router.head([...qprotocol, native], (_request, response) => {
    response.status(200).end();
  });
  const admitted = [deps.limitFailures, vendorOnly(deps), rawBody(MAX_BODY)];
  router.post(qprotocol, admitted, takeQProtocol);
  // Infinity's is a GET, as others' may be.
  router.route(native).post(admitted, takeNative).get(admitted, takeNative);
  router.post("/v1/sites/:site/vendors/:vendor/try", deps.gate, rawBody(MAX_BODY), tryRoute(deps));

  async function takeQProtocol(request: Request, response: Response): Promise<void> {
    const events = await orKept(request, response, "calls", async () => {
      const found = eventsOf(jsonOf(bytesOf(request), exactJson));
      if (found) return found;
      throw invalid("the body contains no events", [
        { path: "events", message: 'must be {"events": [...]} or an array' },
      ]);
    });
    const answer = await take(request, response, { route: "calls", events });
    response.status(request.method === "GET" ? 200 : 202).json(answer);
  }

  async function takeNative(request: Request, response: Response): Promise<void> {
    const { vendor, secrets }: Admitted = response.locals.admitted;
    const mapping = mappingOf(vendor);
    if (!mapping) return takeQProtocol(request, response);
    const urls = calledUrls(request, request.originalUrl, publicUrl);
    const { events, problem, signed, refusal } = await hear(askedOf(request), mapping, { secrets, urls, now: clock() });
    if (signed === false) {
      const detail = `the signature does not match the secret of ${vendor.name}`;
      deps.refused.note(String(request.params.site), [vendor.name], detail);
      throw unauthorized();
    }
    if (problem) await orKept(request, response, "native", () => Promise.reject(problem));
    const receipt = await take(request, response, { route: "native", events, refusal });
    const { status = 200, body, content_type = "text/plain" } = mapping.answer ?? {};
    if (body === undefined) response.status(status).json(receipt);
    else response.status(status).type(content_type).send(body);
  }

  /** Returns what `read` returns. An unreadable body is first kept as refused, because vendors do not send it again. */
  async function orKept<T>(
    request: Request,
    response: Response,
    route: EventBatch["route"],
    read: () => Promise<T>,
  ): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const { known }: Admitted = response.locals.admitted;
      const [{ message = "" } = {}] = error.extra.errors ?? [];
      // A parser's message may quote the body.
      const detail = keptText(`${error.detail}: ${message.replace(QUOTE, "")}`, known.document.keep_caller);
      const refusal = { reason: "invalid" as const, detail };
      await take(request, response, { route, events: [unreadOf(askedOf(request))], refusal });
      throw error;
    }
  }

  async function take(request: Request, response: Response, batch: Pick<EventBatch, "route" | "events" | "refusal">) {
    const { known, vendor }: Admitted = response.locals.admitted;
    const from = { site: known.site, document: known.document, vendor };
    return takeEvents({ ...batch, ...from, receivedAt: clock(), bytes: bytesOf(request).length });
  }
  return router;
}
