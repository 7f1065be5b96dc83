import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { client, type Request } from "./http";

const BIN = "dist/collector/calljoin.mjs";
const START_MS = 60_000;

/** The built collector, running as a process of its own on a store of its own. */
export interface Collector {
  origin: string;
  request: Request;
  adminToken: string;
  data: string;
  pid(): number | undefined;
  /** What the process has printed since it was last started. */
  output(): string;
  /** Ends the process at once, as a crash would, and starts it again on the same store. */
  crash(): Promise<void>;
  /** Ends the process at once, as a crash would, and leaves it so. */
  kill(): Promise<void>;
  /** Ends the process politely and removes the store. */
  stop(): Promise<void>;
}

/** `env` goes over the tests' own settings; undefined takes one away. */
export async function startCollector(env: Record<string, string | undefined> = {}): Promise<Collector> {
  const data = await mkdtemp(join(tmpdir(), "calljoin-contract-"));
  const port = await freePort();
  const adminToken = "admin-token-of-the-contract-tests";
  const all = {
    CALLJOIN_DATA: data,
    CALLJOIN_ADMIN_TOKEN: adminToken,
    CALLJOIN_RATE_LIMIT: "0",
    PORT: String(port),
    ...env,
  };
  const request = client(`http://127.0.0.1:${port}`);
  let { child, output } = await serve(all, request);
  return {
    origin: `http://127.0.0.1:${port}`,
    request,
    adminToken,
    data,
    pid: () => child.pid,
    output: () => output(),
    async crash() {
      await end(child, "SIGKILL");
      ({ child, output } = await serve(all, request));
    },
    kill: () => end(child, "SIGKILL"),
    async stop() {
      await end(child, "SIGTERM");
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** Runs `calljoin COMMAND` until it ends by itself. */
export async function runToEnd(
  command: string[],
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [BIN, ...command], { env: { ...process.env, ...env } });
  const output = collect(child);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output: output() };
}

interface Served {
  child: ChildProcess;
  output: () => string;
}

async function serve(env: Record<string, string | undefined>, request: Request): Promise<Served> {
  const child = spawn(process.execPath, [BIN, "serve"], { env: { ...process.env, ...env } });
  const output = collect(child);
  const deadline = Date.now() + START_MS;
  while (!(await isReady(request))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the collector did not start:\n${output()}`);
    await wait(25);
  }
  return { child, output };
}

async function isReady(request: Request): Promise<boolean> {
  try {
    return (await request("GET", "/readyz")).status === 200;
  } catch {
    return false;
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

function collect(child: ChildProcess): () => string {
  let output = "";
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    output += chunk;
  });
  return () => output;
}

/** A port that was free a moment ago: the process takes its port from the environment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
