import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { client, type Request } from "../collector/contract/http";

const BIN = resolve("dist/collector/calljoin.mjs");
const START_MS = 60_000;

export const ADMIN = "admin-token-of-the-durability-tests";

/** The built collector on one data folder, ended and started as often as a test likes. */
export interface Instance {
  request: Request;
  origin: string;
  data: string;
  /** The last of what it has printed since it was started. */
  output(): string;
  /** Starts the process and waits until it is ready. `limit` bounds each of its files, in KiB: a disk that is full. */
  start(how?: { limit?: number; options?: SpawnOptions }): Promise<void>;
  /** Sends a signal and waits for the end; answers the exit code, null after a kill. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null>;
  /** Ends what runs and removes the data. */
  remove(): Promise<void>;
}

export async function newInstance(env: Record<string, string> = {}): Promise<Instance> {
  const data = mkdtempSync(join(tmpdir(), "calljoin-durability-"));
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const request = client(origin);
  const all = {
    ...process.env,
    CALLJOIN_DATA: data,
    CALLJOIN_ADMIN_TOKEN: ADMIN,
    CALLJOIN_RATE_LIMIT: "0",
    PORT: String(port),
    ...env,
  };
  let child: ChildProcess | null = null;
  let output = "";

  async function end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    const ending = child;
    child = null;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return ending?.exitCode ?? null;
    const exit = once(ending, "exit");
    ending.kill(signal);
    const [code] = (await exit) as [number | null];
    return code;
  }

  return {
    request,
    origin,
    data,
    output: () => output,
    end,
    async start({ limit, options = {} } = {}) {
      const [command, args] =
        limit === undefined
          ? [process.execPath, [BIN, "serve"]]
          : ["bash", ["-c", `ulimit -f ${limit}; exec "$0" "$@"`, process.execPath, BIN, "serve"]];
      const started = spawn(command, args, { env: all, stdio: ["ignore", "pipe", "pipe"], ...options });
      output = "";
      for (const stream of [started.stdout, started.stderr]) {
        stream?.on("data", (chunk) => {
          output = (output + chunk).slice(-5_000);
        });
      }
      child = started;
      const deadline = Date.now() + START_MS;
      while (!(await isReady(request))) {
        if (started.exitCode !== null || Date.now() > deadline)
          throw new Error(`the collector did not start:\n${output}`);
        await wait(10);
      }
    },
    async remove() {
      await end("SIGKILL");
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function isReady(request: Request): Promise<boolean> {
  try {
    return (await request("GET", "/readyz")).status === 200;
  } catch {
    return false;
  }
}

/** A port that was free a moment ago: the process takes its port from the environment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
