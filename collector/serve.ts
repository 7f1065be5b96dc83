/** The collector as a process: it opens its store, listens, and stops without losing anything that it accepted. */
import { chmodSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "pino";
import { adminToken } from "./admin-token";
import type { Config } from "./config";
import { isFolder } from "./folder";
import { createRetention } from "./forget";
import { createAddressFilter } from "./forward/address";
import { createSender } from "./forward/send";
import { sidePorts } from "./http/doors";
import { answerMalformed } from "./http/malformed";
import { createLog } from "./log";
import { patiently } from "./patience";
import { databasePlace } from "./store/engine";
import { openStoreThread, type StoreThread } from "./thread/open";

/**
 * A whole request must arrive within these times, so a client that sends it byte by byte is cut off. Node checks every
 * few seconds.
 */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  // Longer than load balancers keep theirs (60 s). If we close a connection while the balancer is sending on it, the
  // balancer answers 502 (https://nodejs.org/api/http.html#serverkeepalivetimeout).
  keepAliveTimeout: 75_000,
  // If the collector is on the site's own domain, the browser sends all of the page's cookies when it asks for the
  // script. Browsers keep 180 cookies of 4 KB.
  maxHeaderSize: 131_072,
};

/**
 * When the collector stops, clients that still wait for an answer get CLOSE_MS. After END_MS it exits, whatever it is
 * waiting for. Everything that it acknowledged is on disk.
 */
const CLOSE_MS = 2_500;
const END_MS = 4_200;

/** How long an unused connection may stay open while the collector stops. Browsers open connections in advance. */
const UNUSED_MS = 1_000;

/** How often to look for joins that a crash left undone. */
const SWEEP_MS = 5_000;

/** How often to look for deliveries that are due. */
const FORWARD_MS = 1_000;

/** How often retention takes one small step. */
const RETENTION_MS = 2_000;

/**
 * On start, unfinished erasures get this long before anybody can ask the collector for anything. A crash may have
 * interrupted them, or a restored backup may have undone them. Longer ones go on in the background.
 */
const FINISH_MS = 10_000;

/** Starts the collector; resolves with its server once it listens. `sdkFolder` holds the built scripts. */
export async function serve(config: Config, sdkFolder: URL): Promise<Server> {
  // Handle signals from here on, because the process may have to wait for its database. By default, no signal ends the
  // first process of a container (pid_namespaces(7)).
  let stop = async (_signal: string): Promise<void> => process.exit(0);
  process.once("SIGTERM", (signal) => stop(signal)).once("SIGINT", (signal) => stop(signal));
  const log = createLog(config.logLevel);
  const clock = Date.now;
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", sdkFolder), "utf8"));
  const onDeath = (error: Error) => {
    log.fatal({ err: error }, "the store's thread has ended");
    process.exit(1);
  };
  // The store opens in its own thread, on another core, while this thread loads the code that answers requests. That
  // saves a third of the time until the collector is ready.
  const [{ store, joiner: threaded }, { createApp }] = await Promise.all([
    openConfigured(config, log, onDeath),
    import("./app"),
  ]);
  const { app, joiner, forwarder, erasures, signInPath, endStreams, drain } = createApp({
    ...config,
    store,
    clock,
    log,
    adminToken: adminToken(config),
    sdk: {
      script: read(sdkFolder, "script.js"),
      inspector: read(sdkFolder, "inspector.js"),
      check: read(sdkFolder, "check.js"),
    },
    places: config,
    version,
    consoleFolder: config.console === "off" ? undefined : new URL("../console/", sdkFolder),
    ...(threaded && { joiner: threaded }),
    send: createSender({ filter: createAddressFilter(config.allowPrivate), clock }),
  });

  let isStopping = false;
  // A join that the closing store cuts off stays due.
  const sweep = (ageMs?: number) =>
    joiner.sweep(ageMs).catch((error) => isStopping || log.error({ err: error }, "sweep failed"));
  // Sweep even the youngest ones: a join that a crash left undone a moment ago is made before anybody can ask for it.
  await sweep(0);
  const finishErasing = () => erasures.finish().catch((error) => log.error({ err: error }, "erasing failed"));
  await Promise.race([finishErasing(), wait(FINISH_MS, undefined, { ref: false })]);

  const server = listener(app);
  const servers = [server, ...sidePorts(config).map(() => listener(app))];
  for (const one of servers) answerMalformed(one);
  const closes = servers.map(closing);
  const timers: NodeJS.Timeout[] = [];
  // Set this before anybody can learn that the collector is ready, because they may stop it at once.
  stop = async (signal) => {
    log.info({ signal }, "stopping");
    isStopping = true;
    for (const timer of timers) clearInterval(timer);
    endStreams();
    setTimeout(() => {
      log.warn("stopped while something was still under way");
      process.exit(0);
    }, END_MS);
    await Promise.all([Promise.all(closes.map((close) => close())).then(drain), forwarder.stop()]);
    await store.close();
    process.exit(0);
  };
  await listen(server, "PORT", config.port, config.host);
  for (const [n, port] of sidePorts(config).entries()) {
    await listen(
      servers[n + 1] as Server,
      config.metrics === port ? "CALLJOIN_METRICS" : "CALLJOIN_CONSOLE",
      port,
      config.host,
    );
  }
  const { port } = server.address() as AddressInfo;
  const data = config.databaseUrl ? databasePlace(config.databaseUrl) : config.dataFolder;
  log.info({ port, data, store: store.engine }, "listening");
  const all = await store.newestDocuments();
  if (all.length === 0 && config.console !== "off") {
    const place = config.publicUrl ?? `http://localhost:${config.console === "on" ? port : config.console}`;
    process.stdout.write(
      `There is no site yet. To set one up, open this link within an hour. It signs you in once: ${place}${signInPath()}\n`,
    );
  }
  const { warningsOf } = await import("./site/check");
  for (const { site, document } of all) {
    for (const { path, message } of warningsOf(JSON.parse(document))) log.warn({ site, path }, message);
  }

  const every = (ms: number, work: () => unknown) => isStopping || timers.push(setInterval(work, ms));
  every(SWEEP_MS, () => sweep());
  every(FORWARD_MS, () => forwarder.poll().catch((error) => log.error({ err: error }, "forwarding failed")));

  const expire = createRetention(store, clock);
  every(RETENTION_MS, async () => {
    await expire().catch((error) => log.error({ err: error }, "retention failed"));
    await finishErasing();
  });

  const { BEAT_MS, beat } = await import("./read/system");
  const beats = () => beat(store, version, clock()).catch((error) => log.error({ err: error }, "not noted as there"));
  await beats();
  every(BEAT_MS, beats);

  return server;
}

/**
 * Some clients close their side once they have sent everything, and then wait for the answer: `nc -N`, and old clients
 * that frame a request by the end of the connection. By default, Node drops such a request if it is complete but not
 * yet read. Node has a setting for this, but does not document it (lib/_http_server.js).
 */
function listener(app: RequestListener): Server {
  return Object.assign(createServer(LIMITS, app), { httpAllowHalfOpen: true });
}

/** Throws an error that names the variable if the port cannot be used. */
async function listen(server: Server, variable: string, port: number, host: string | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen({ port, host }, resolve);
  }).catch(({ code, message }: NodeJS.ErrnoException) => {
    if (code === "EADDRINUSE") throw new Error(`${variable}: another program is already listening on port ${port}`);
    if (code === "EACCES")
      throw new Error(`${variable}: this user may not listen on ${port}; ports from 1024 on are everybody's`);
    throw new Error(`HOST: cannot listen on ${host} (${message})`);
  });
}

async function openConfigured(
  config: Config,
  log: Logger,
  onDeath: (error: Error) => void,
): Promise<Partial<StoreThread> & Pick<StoreThread, "store">> {
  if (!config.databaseUrl) {
    tighten(config.dataFolder, log);
    const opened = await openStoreThread(config.dataFolder, new URL("./store-thread.mjs", import.meta.url), onDeath);
    for (const note of opened.notes) log.info(note);
    return opened;
  }
  // Load the SQL code only where it is used. With the embedded store in its own thread, it would only take up memory in
  // this one.
  const { chosenStore } = await import("./choose");
  const store = await patiently(() => chosenStore(config, { tell: (note) => log.info(note) }), {
    clock: Date.now,
    tell: ({ message }) => log.warn(`${message}; trying again`),
  });
  return { store };
}

/**
 * The folder holds secrets of vendors and webhooks, so only its owner may read it. This also tightens a folder from an
 * earlier version.
 */
function tighten(folder: string, log: Logger): void {
  // If something other than a folder is there, opening the store reports it.
  if (!isFolder(folder)) return;
  try {
    const ours = readdirSync(folder).filter((name) => /^(calljoin\.db|admin-token|collector\.)/.test(name));
    const loose = [folder, ...ours.map((name) => join(folder, name))].filter((path) => statSync(path).mode & 0o077);
    for (const path of loose) chmodSync(path, path === folder ? 0o700 : 0o600);
    if (loose.length > 0) log.warn({ paths: loose }, "others could read these; only their owner can now");
  } catch (error) {
    // A container's volume may belong to root. A read-only disk stops the start anyway.
    log.warn(`${folder} holds secrets, others can read it, and that cannot be changed: ${(error as Error).message}`);
  }
}

/**
 * Returns a function that accepts no more connections, and ends each open one after the answer that it is waiting for.
 */
function closing(server: Server): () => Promise<void> {
  const opened = new Map<Socket, number>();
  server.on("connection", (socket: Socket) => {
    opened.set(socket, performance.now());
    socket.once("close", () => opened.delete(socket));
  });
  return async () => {
    server.prependListener("request", (_request, response) => response.setHeader("Connection", "close"));
    const closed = new Promise((resolve) => server.close(resolve));
    const idle = setInterval(() => {
      server.closeIdleConnections();
      // Node considers a connection idle only after its first answer.
      const isUnused = ([{ bytesRead }, since]: [Socket, number]) =>
        bytesRead === 0 && performance.now() - since > UNUSED_MS;
      for (const [socket] of [...opened].filter(isUnused)) socket.destroy();
    }, 50);
    const late = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
    await closed;
    clearInterval(idle);
    clearTimeout(late);
  };
}

function read(folder: URL, name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}
