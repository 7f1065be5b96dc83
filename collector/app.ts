/** Puts the collector together. The caller passes in what it depends on, and starts listening. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import express, { type RequestHandler } from "express";
import type { Logger } from "pino";
import type { Config } from "./config";
import { consoleRoutes, signInPath } from "./console/routes";
import { serveConsole } from "./console/serve";
import { createSessions } from "./console/sessions";
import { createErasures } from "./forget";
import { createAddressFilter } from "./forward/address";
import { createForwarder } from "./forward/forwarder";
import { forwardRoutes } from "./forward/routes";
import { createSender, type Send } from "./forward/send";
import { createGate, hashToken, onlyWith } from "./http/auth";
import { onlyServed, ownPath, type Places, servedAt } from "./http/doors";
import { perAddress, perSite, wrongTokens } from "./http/limits";
import { addressOf, isForwarded, type Trusts, tidyForwarded } from "./http/peer";
import { notFound, problems } from "./http/problem";
import { knownParameters } from "./http/query";
import { SECURITY_HEADERS } from "./http/security";
import { seen } from "./http/seen";
import { ADAPTERS, SIGNED } from "./intake/adapters";
import { isCountry } from "./intake/adapters/phone";
import { createCommitter } from "./intake/commit";
import { createEventIntake } from "./intake/events";
import { createRefused } from "./intake/refused";
import { replayRoutes } from "./intake/replay";
import { intakeRoutes } from "./intake/routes";
import { createSnapshotIntake } from "./intake/snapshots";
import { isSnapshots, SNAPSHOTS, snapshotsRoute } from "./intake/snapshots-route";
import { createJoiner, type Joiner, type JoinerDeps } from "./join/joiner";
import { createMetrics } from "./metrics";
import { openApiRoutes } from "./openapi/document";
import { accessOf, parametersOf } from "./openapi/routes";
import { conversionRoutes } from "./read/conversion-routes";
import { createHealth, healthRoutes } from "./read/health";
import { inTurn } from "./read/in-turn";
import { liveRoutes } from "./read/live";
import { readRoutes } from "./read/routes";
import { systemRoutes } from "./read/system";
import { webhookRoutes } from "./read/webhooks";
import { checkRoutes } from "./site/checks";
import { createSites } from "./site/registry";
import { siteRoutes } from "./site/routes";
import { compress, createScripts } from "./site/script";
import type { Store } from "./store/store";

interface AppDeps
  extends Pick<Config, "rateLimit" | "trustProxy">,
    Partial<Pick<Config, "publicUrl" | "metricsToken" | "secretsFolder">> {
  store: Store;
  /** Epoch milliseconds. */
  clock: () => number;
  log: Logger;
  adminToken: string;
  /** The texts of dist/sdk/script.js, inspector.js and check.js. */
  sdk: { script: string; inspector: string; check?: string };
  /** Where to serve `/metrics` and `/console`. If left out, they are served with everything else. */
  places?: Places;
  /** This program's version. */
  version?: string;
  /** Where the console's built files are. If left out, there is no console. */
  consoleFolder?: URL | undefined;
  /** Makes the requests to webhooks. If left out, it reaches only public addresses. */
  send?: Send;
  /** Makes the joiner, if it does not run in this thread. */
  joiner?: (deps: Omit<JoinerDeps, "store" | "clock">) => Joiner;
}

export function createApp(deps: AppDeps) {
  const { clock, log } = deps;
  const metrics = createMetrics({ store: deps.store, clock, waitingBytes: () => committer.waitingBytes() });
  const health = createHealth(metrics.measured(deps.store));
  const { store } = health;
  const send = deps.send ?? createSender({ filter: createAddressFilter([]), clock });
  const onError = (error: unknown) => log.error({ err: error }, "store failed");
  const sites = createSites(store, clock);
  const { secretsFolder } = deps;
  const forwarder = createForwarder({ store, sites, send, clock, random: Math.random, log, secretsFolder });
  const hooks = { log, wake: forwarder.wake, joined: metrics.joined };
  const joiner = deps.joiner?.(hooks) ?? createJoiner({ store, clock, ...hooks });
  const erasures = createErasures({ store, joiner, clock });
  const committer = createCommitter({ store, joiner, clock, onError });
  const takeSnapshots = createSnapshotIntake({ sites, committer, admit: perSite(deps.rateLimit, clock) });
  const takeEvents = createEventIntake(committer);
  const scriptOf = createScripts(deps.sdk.script, deps.publicUrl);
  const inspector = compress(deps.sdk.inspector);

  const routes = express();
  routes.set("trust proxy", deps.trustProxy);
  routes.set("etag", false);
  routes.disable("x-powered-by");
  const trusts: Trusts = routes.get("trust proxy fn");
  const address = (request: IncomingMessage) => addressOf(request, trusts);
  const wrongToken = wrongTokens(address, (line) => {
    log.warn(line, "wrong admin tokens: once a minute, how many since and the last one's peer");
  });
  const wrong: RequestHandler = (request, response, next) => {
    metrics.adminRefused();
    return wrongToken(request, response, next);
  };
  const { publicUrl } = deps;
  const sessions = createSessions({ store, clock, adminToken: deps.adminToken });
  const letIn = createGate({ ...sessions, accessOf, wrong, publicUrl });
  const known = knownParameters(parametersOf);
  const gate: RequestHandler = (request, response, next) =>
    letIn(request, response, (error?: unknown) => (error ? next(error) : known(request, response, next)));
  const refused = createRefused({ store, clock, log, count: metrics.vendorRefused });
  const limit = perAddress(deps.rateLimit, address);
  const limitFailures = perAddress(deps.rateLimit, address, { skipSuccessfulRequests: true });
  routes.use((_request, response, next) => {
    response.set(SECURITY_HEADERS);
    next();
  });
  const places = deps.places ?? { metrics: "on", console: "on" };
  const isServed = servedAt(places);
  routes.use(onlyServed(isServed));
  const snapshots = snapshotsRoute({ takeSnapshots, clock, log, headers: SECURITY_HEADERS, trusts, limit });
  routes.post(SNAPSHOTS, snapshots);
  routes.use(intakeRoutes({ refused, sites, store, clock, takeEvents, limitFailures, gate, publicUrl }));
  const { metricsToken } = deps;
  const reader = metricsToken === undefined ? [] : [onlyWith(hashToken(metricsToken), wrongToken)];
  routes.use(healthRoutes(health, [...reader, metrics.answer]));
  const { check: script = "" } = deps.sdk;
  routes.use(checkRoutes({ sites, store, script, clock, limit, gate }));
  const formats = { adapters: ADAPTERS, signed: SIGNED, isCountry };
  routes.use(siteRoutes({ sites, store, scriptOf, inspector, ...formats, clock, gate, limit }));
  const reports = inTurn(store);
  routes.use(readRoutes({ sites, store: reports, erase: erasures.erase, refused, clock, gate }));
  routes.use(conversionRoutes({ sites, store: reports, clock, gate, limitFailures }));
  const live = liveRoutes({ sites, store: reports, clock, gate, log });
  routes.use(live.router);
  const { version = "unknown" } = deps;
  routes.use(systemRoutes({ store: reports, clock, gate, version, metrics: places.metrics, publicUrl }));
  routes.use(webhookRoutes({ sites, store, forwarder, clock, gate }));
  routes.use(replayRoutes({ sites, store, takeSnapshots, takeEvents, gate }));
  routes.use(forwardRoutes({ sites, store, forwarder, clock, gate }));
  routes.use(consoleRoutes({ store, sites, sessions, clock, wrong, gate, publicUrl }));
  if (deps.consoleFolder) routes.use(serveConsole(deps.consoleFolder));
  routes.get("/v1/seen", gate, seen(trusts));
  routes.use(openApiRoutes(publicUrl));
  routes.use(notFound);
  routes.use(problems(log));

  const toOwnPath = ownPath(publicUrl);
  /** Answers every request. Express handles them all, except the snapshots that pages post. */
  const app: RequestListener = (request, response) => {
    request.url = toOwnPath(request.url ?? "");
    const isDirect = isSnapshots(request) && isServed(request, SNAPSHOTS);
    if (isForwarded(request)) forwarded(request);
    observe(request, response, isDirect ? SNAPSHOTS : null);
    if (isDirect) snapshots(request, response);
    else routes(request, response);
  };

  let isWarned = false;
  /**
   * Tidies what trusted proxies say, and warns about the first proxy that is not trusted. Behind a proxy that nobody
   * named, all visitors look like one.
   */
  function forwarded(request: IncomingMessage): void {
    const peer = request.socket.remoteAddress ?? "";
    if (trusts(peer, 0)) tidyForwarded(request);
    else if (!isWarned) {
      isWarned = true;
      const advice =
        "if that is your proxy, name it in CALLJOIN_TRUST_PROXY: until then, all visitors behind it share one rate limit";
      log.warn({ peer }, `requests come with X-Forwarded-For or Forwarded, and are not believed; ${advice}`);
    }
  }

  /**
   * Counts and times each request, and logs it in one line at debug. The line leaves out the path, which may hold an
   * id, and the query, which may hold a token.
   */
  function observe(request: IncomingMessage, response: ServerResponse, route: string | null): void {
    const start = performance.now();
    response.once("finish", () => {
      const ms = performance.now() - start;
      const method = request.method ?? "";
      const status = response.statusCode;
      const answered = { method, route: route ?? routeOf(request), status };
      metrics.answered(answered, ms);
      log.debug({ ...answered, ms: Math.round(ms) }, "request");
    });
  }
  return {
    app,
    joiner,
    forwarder,
    erasures,
    /** The one-time link for signing in to the console, relative to the collector's address. */
    signInPath: () => signInPath(sessions.makeLink()),
    /** Ends the answers that stream without end. Anybody still watching reconnects. */
    endStreams: live.stop,
    /** Resolves when everything that was accepted is on disk and joined. */
    drain: committer.drain,
  };
}

/**
 * The pattern of the route that Express chose, never the path, because a path holds ids. All unknown paths count as one
 * route.
 */
function routeOf({ route }: IncomingMessage & { route?: { path: string | string[] } }): string {
  return [route?.path ?? "none"].flat()[0] ?? "none";
}
