import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { createApp } from "../../../collector/app";
import { sqlite } from "../../../collector/store/sqlite";
import { openStore } from "../../../collector/store/store";
import { client, type Request } from "../contract/http";

/** The collector inside the test's own process, on a real SQLite file, with a clock that the test sets. */
export interface Running {
  request: Request;
  adminToken: string;
  /** Sets the collector's clock, epoch milliseconds. */
  setClock(to: number): void;
  /** Closes everything and opens it again on the same file. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startInProcess(now: number): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), "calljoin-property-"));
  const adminToken = "admin-token-of-the-property-tests";
  const time = { now };
  let part = await open(folder, adminToken, () => time.now);
  return {
    setClock(to) {
      time.now = to;
    },
    adminToken,
    request: (...asked) => part.request(...asked),
    async restart() {
      await part.close();
      part = await open(folder, adminToken, () => time.now);
    },
    async stop() {
      await part.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function open(folder: string, adminToken: string, clock: () => number) {
  const store = await openStore(sqlite(folder));
  const { app, joiner, drain } = await createApp({
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
