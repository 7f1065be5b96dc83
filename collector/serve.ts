/** The collector as a process: opens its store, listens, and ends without losing what it has accepted. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pino } from "pino";
import { createApp } from "./app";
import { type Config, placeOf } from "./config";
import { createRetention } from "./forget";
import { createAddressFilter } from "./forward/address";
import { createSender } from "./forward/send";
import { openStoreThread, type StoreThread } from "./thread/open";

/** A request has so long to arrive, whole; who sends it byte by byte is cut off. Checked every few seconds. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16_384,
};

/** Who is still being answered when the collector is to stop has so long. */
const CLOSE_MS = 10_000;

/** How often is looked for joins that a crash left undone. */
const SWEEP_MS = 5_000;

/** How often is looked for deliveries whose time has come. */
const FORWARD_MS = 1_000;

/** One small step of the retention each time. */
const RETENTION_MS = 2_000;

/** Starts the collector; resolves with its server once it listens. `sdkFolder` holds the built scripts. */
export async function serve(config: Config, sdkFolder: URL): Promise<Server> {
  const log = pino({ level: config.logLevel });
  const clock = Date.now;
  const { store, joiner: threaded } = await openConfigured(config, (error) => {
    log.fatal({ err: error }, "the store's thread has ended");
    process.exit(1);
  });
  const { app, joiner, forwarder, drain } = await createApp({
    store,
    clock,
    log,
    adminToken: adminToken(config),
    sdk: { script: read(sdkFolder, "script.js"), inspector: read(sdkFolder, "inspector.js") },
    rateLimit: config.rateLimit,
    trustProxy: config.trustProxy,
    ...(threaded && { joiner: threaded }),
    send: createSender({ filter: createAddressFilter(config.allowPrivate), clock }),
  });

  const sweep = (ageMs?: number) => joiner.sweep(ageMs).catch((error) => log.error({ err: error }, "sweep failed"));
  // However young: what a crash a moment ago has left is joined before anybody can ask for it.
  await sweep(0);

  const server = createServer(LIMITS, app);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(config.port, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const data = config.databaseUrl ? placeOf(config.databaseUrl) : config.dataFolder;
  log.info({ port, data, store: store.engine }, "listening");

  const timer = setInterval(() => sweep(), SWEEP_MS);

  const forward = setInterval(() => {
    forwarder.poll().catch((error) => log.error({ err: error }, "forwarding failed"));
  }, FORWARD_MS);

  const expire = createRetention(store, clock);
  const retention = setInterval(async () => {
    await expire().catch((error) => log.error({ err: error }, "retention failed"));
  }, RETENTION_MS);

  const stop = async (signal: string) => {
    log.info({ signal }, "stopping");
    clearInterval(timer);
    clearInterval(retention);
    clearInterval(forward);
    await close(server);
    await drain();
    await forwarder.stop();
    await store.close();
    process.exit(0);
  };
  process.once("SIGTERM", stop).once("SIGINT", stop);
  return server;
}

async function openConfigured(
  config: Config,
  onDeath: (error: Error) => void,
): Promise<Partial<StoreThread> & Pick<StoreThread, "store">> {
  if (!config.databaseUrl) {
    return openStoreThread(config.dataFolder, new URL("./store-thread.mjs", import.meta.url), onDeath);
  }
  // What speaks SQL is loaded where it is used: with the embedded store in its own thread, it would lie in this one's memory for nothing.
  const { chosenStore } = await import("./store/choose");
  return { store: await chosenStore(config) };
}

/** Takes no more connections, and ends each of the others after the answer that it waits for. */
async function close(server: Server): Promise<void> {
  server.prependListener("request", (_request, response) => response.setHeader("Connection", "close"));
  const closed = new Promise((resolve) => server.close(resolve));
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const late = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}

/** The operator's token: as configured, else as made at the first start, and then printed this once. */
function adminToken({ adminToken: configured, dataFolder }: Config): string {
  if (configured) return configured;
  const file = join(dataFolder, "admin-token");
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  const token = `cja_${randomBytes(32).toString("base64url")}`;
  mkdirSync(dataFolder, { recursive: true });
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  process.stdout.write(`The admin token, kept in ${file} and not shown again: ${token}\n`);
  return token;
}

function read(folder: URL, name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}
