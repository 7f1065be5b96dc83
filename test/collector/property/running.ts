import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { createApp } from "../../../collector/app";
import type { Engine } from "../../../collector/store/engine";
import { postgres } from "../../../collector/store/postgres";
import { sqlite } from "../../../collector/store/sqlite";
import { openStore } from "../../../collector/store/store";
import { client, type Request } from "../contract/http";

/**
 * The collector inside the test's own process, on a real SQLite file, with a clock that the test sets. Where CALLJOIN_PROPERTY_DATABASE_URL
 * names a PostgreSQL database it is two collectors on that, which take requests by turns; CALLJOIN_SHARDED says whether it is sharded.
 */
export interface Running {
  request: Request;
  adminToken: string;
  /** Sets the collector's clock, epoch milliseconds. */
  setClock(to: number): void;
  /** Closes everything and opens it again on the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

interface Part {
  request: Request;
  close(): Promise<void>;
}

export async function startInProcess(now: number): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), "calljoin-property-"));
  const adminToken = "admin-token-of-the-property-tests";
  const time = { now };
  const url = process.env.CALLJOIN_PROPERTY_DATABASE_URL;
  const sharded = process.env.CALLJOIN_SHARDED === "true";
  const engines =
    url === undefined ? [() => sqlite(folder)] : [() => postgres(url, sharded), () => postgres(url, sharded)];
  const openAll = async () => {
    const parts: Part[] = [];
    for (const engine of engines) parts.push(await open(engine(), adminToken, () => time.now));
    return parts;
  };
  let parts = await openAll();
  let turn = 0;
  const closeAll = () => Promise.all(parts.map((part) => part.close()));
  return {
    setClock(to) {
      time.now = to;
    },
    adminToken,
    request(...asked) {
      const part = parts[turn++ % parts.length];
      if (part === undefined) throw new Error("no collector");
      return part.request(...asked);
    },
    async restart() {
      await closeAll();
      parts = await openAll();
    },
    async stop() {
      await closeAll();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function open(engine: Engine, adminToken: string, clock: () => number): Promise<Part> {
  const store = await openStore(engine);
  const { app, joiner, drain } = createApp({
    store,
    clock,
    log: pino({ level: "silent" }),
    adminToken,
    sdk: { script: "var boot = function () {};", inspector: "" },
    rateLimit: 0,
    trustProxy: false,
  });
  await joiner.sweep();
  const server = createServer(app).listen(0, "127.0.0.1");
  // A test may think for long between two requests.
  server.keepAliveTimeout = 120_000;
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    request: client(`http://127.0.0.1:${address.port}`),
    async close() {
      server.close();
      server.closeAllConnections();
      await drain();
      await store.close();
    },
  };
}
