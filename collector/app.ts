/** The collector put together. What it depends on is passed in; nobody listens yet. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import express from "express";
import type { Logger } from "pino";
import { createAddressFilter } from "./forward/address";
import { createForwarder, type Forwarder } from "./forward/forwarder";
import { forwardRoutes } from "./forward/routes";
import { createSender, type Send } from "./forward/send";
import { adminOnly, hashToken } from "./http/auth";
import { failuresPerAddress, perAddress, perSite } from "./http/limits";
import { addressOf, type Trusts } from "./http/peer";
import { notFound, problems } from "./http/problem";
import { securityHeaders } from "./http/security";
import { ADAPTERS } from "./intake/adapters";
import { createCommitter } from "./intake/commit";
import { createEventIntake } from "./intake/events";
import { replayRoutes } from "./intake/replay";
import { intakeRoutes } from "./intake/routes";
import { createSnapshotIntake } from "./intake/snapshots";
import { isSnapshots, SNAPSHOTS, snapshotsRoute } from "./intake/snapshots-route";
import { createJoiner, type Joiner, type JoinerDeps } from "./join/joiner";
import { createMetrics } from "./metrics";
import { healthRoutes } from "./read/health";
import { openApiRoutes } from "./read/openapi";
import { readRoutes } from "./read/routes";
import { createSites } from "./site/registry";
import { siteRoutes } from "./site/routes";
import { compress, createScripts } from "./site/script";
import type { Store } from "./store/store";

export interface AppDeps {
  store: Store;
  /** Epoch milliseconds. */
  clock: () => number;
  log: Logger;
  adminToken: string;
  /** The texts of dist/sdk/script.js and dist/sdk/inspector.js. */
  sdk: { script: string; inspector: string };
  /** Public requests a minute and address; 0 is no limit. */
  rateLimit: number;
  trustProxy: number | string[] | false;
  /** Makes the requests to webhooks; left out, it reaches public addresses and no others. */
  send?: Send;
  /** Makes the joiner where it does not run in this thread. */
  joiner?: (deps: Omit<JoinerDeps, "store" | "clock">) => Joiner;
}

export interface Collector {
  /** Answers every request: Express, but for the snapshots that pages post. */
  app: RequestListener;
  joiner: Joiner;
  forwarder: Forwarder;
  /** Resolves when everything that was accepted is on disk and joined. */
  drain(): Promise<void>;
}

export async function createApp(deps: AppDeps): Promise<Collector> {
  const { clock, log } = deps;
  const metrics = createMetrics(() => committer.waitingBytes());
  const store = metrics.measured(deps.store);
  const send = deps.send ?? createSender({ filter: createAddressFilter([]), clock });
  const onError = (error: unknown) => log.error({ err: error }, "store failed");
  const sites = createSites(store, clock);
  const forwarder = createForwarder({ store, sites, send, clock, random: Math.random, log });
  const hooks = { log, wake: forwarder.wake, joined: metrics.joined };
  const joiner = deps.joiner?.(hooks) ?? createJoiner({ store, clock, ...hooks });
  const committer = createCommitter({ store, joiner, clock, onError });
  const takeSnapshots = createSnapshotIntake({
    sites,
    committer,
    isErased: store.joinReader.isErased,
    admit: perSite(deps.rateLimit, clock),
  });
  const takeEvents = createEventIntake(committer);
  const admin = adminOnly(hashToken(deps.adminToken));
  const scripts = createScripts(deps.sdk.script);
  const inspector = await compress(deps.sdk.inspector);

  const routes = express();
  routes.set("trust proxy", deps.trustProxy);
  routes.set("etag", false);
  routes.disable("x-powered-by");
  const trusts: Trusts = routes.get("trust proxy fn");
  const address = (request: IncomingMessage) => addressOf(request, trusts);
  const limit = perAddress(deps.rateLimit, address);
  const limitFailures = failuresPerAddress(deps.rateLimit, address);
  const headers = securityHeaders();
  routes.use((_request, response, next) => {
    response.set(headers);
    next();
  });
  const snapshots = snapshotsRoute({ takeSnapshots, clock, log, headers, trusts, limit });
  routes.post(SNAPSHOTS, snapshots);
  routes.use(intakeRoutes({ sites, store, clock, takeEvents, limitFailures }));
  routes.use(healthRoutes(store, metrics.answer));
  routes.use(siteRoutes({ sites, store, scripts, inspector, adapters: ADAPTERS, clock, admin, limit }));
  routes.use(readRoutes({ sites, store, joiner, clock, admin }));
  routes.use(replayRoutes({ sites, store, takeSnapshots, takeEvents, admin }));
  routes.use(forwardRoutes({ sites, store, forwarder, clock, admin }));
  routes.use(openApiRoutes());
  routes.use(notFound);
  routes.use(problems(log));

  const app: RequestListener = (request, response) => {
    const isDirect = isSnapshots(request);
    observe(request, response, isDirect ? SNAPSHOTS : null);
    if (isDirect) snapshots(request, response);
    else routes(request, response);
  };

  /** Counts and times a request; one line each, at debug. The path only: a query may hold a token. */
  function observe(request: IncomingMessage, response: ServerResponse, route: string | null): void {
    const start = performance.now();
    response.once("finish", () => {
      const ms = performance.now() - start;
      const method = request.method ?? "";
      const status = response.statusCode;
      metrics.answered({ method, route: route ?? routeOf(request), status }, ms);
      if (log.isLevelEnabled("debug")) {
        const [path] = (request.url ?? "").split("?");
        log.debug({ method, path, status, ms: Math.round(ms) }, "request");
      }
    });
  }
  return { app, joiner, forwarder, drain: committer.drain };
}

/** The pattern of the route that Express chose, never the path: a path holds ids. All unknown paths are one route. */
function routeOf({ route }: IncomingMessage & { route?: { path: string | string[] } }): string {
  return [route?.path ?? "none"].flat()[0] ?? "none";
}
