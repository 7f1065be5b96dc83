/** The collector put together. What it depends on is passed in; nobody listens yet. */
import express, { type Express, type RequestHandler } from "express";
import type { Logger } from "pino";
import { createAddressFilter } from "./forward/address";
import { createForwarder, type Forwarder } from "./forward/forwarder";
import { forwardRoutes } from "./forward/routes";
import { createSender, type Send } from "./forward/send";
import { adminOnly, hashToken } from "./http/auth";
import { failuresPerAddress, perAddress, perSite } from "./http/limits";
import { notFound, problems } from "./http/problem";
import { securityHeaders } from "./http/security";
import { ADAPTERS } from "./intake/adapters";
import { createCommitter } from "./intake/commit";
import { createEventIntake } from "./intake/events";
import { replayRoutes } from "./intake/replay";
import { intakeRoutes } from "./intake/routes";
import { createSnapshotIntake } from "./intake/snapshots";
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
  app: Express;
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

  const app = express();
  app.set("trust proxy", deps.trustProxy);
  app.set("etag", false);
  app.disable("x-powered-by");
  app.use(securityHeaders());
  app.use(requestLog(log, clock));
  app.use(metrics.requests);
  const limit = perAddress(deps.rateLimit);
  const limitFailures = failuresPerAddress(deps.rateLimit);
  app.use(intakeRoutes({ sites, store, clock, takeSnapshots, takeEvents, limit, limitFailures }));
  app.use(healthRoutes(store, metrics.answer));
  app.use(siteRoutes({ sites, store, scripts, inspector, adapters: ADAPTERS, clock, admin, limit }));
  app.use(readRoutes({ sites, store, joiner, clock, admin }));
  app.use(replayRoutes({ sites, store, takeSnapshots, takeEvents, admin }));
  app.use(forwardRoutes({ sites, store, forwarder, clock, admin }));
  app.use(openApiRoutes());
  app.use(notFound);
  app.use(problems(log));
  return { app, joiner, forwarder, drain: committer.drain };
}

/** One line a request, at debug. The path only: a query may hold a token. */
function requestLog(log: Logger, clock: () => number): RequestHandler {
  return (request, response, next) => {
    if (log.isLevelEnabled("debug")) {
      const start = clock();
      response.once("finish", () => {
        log.debug(
          { method: request.method, path: request.path, status: response.statusCode, ms: clock() - start },
          "request",
        );
      });
    }
    next();
  };
}
