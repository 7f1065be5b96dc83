import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BIN = "dist/collector/calljoin.mjs";
export const ADMIN_TOKEN = "admin-token-of-the-browser-tests";

/** What `GET …/contexts/ID` answers, as far as these tests read it (contract, section 8). */
export interface StoredSnapshot {
  seq: number;
  at: number;
  entities: Record<string, unknown>;
}
export interface StoredView {
  view_id: string;
  number: number;
  url: string;
  referrer: string;
  title: string;
  snapshots: StoredSnapshot[];
}
export interface StoredSession {
  session_id: string;
  number: number;
  views: StoredView[];
}
export interface StoredContext {
  context_id: string;
  sessions: StoredSession[];
}
export interface StoredCall {
  id: string;
  ts: number;
  join: {
    status: string;
    rule: string | null;
    reason: string | null;
    view_id: string | null;
    session_id: string | null;
  };
  context: { url: string; view_number: number; session_number: number } | null;
  entities: Record<string, unknown>;
}

/** The built collector, as its own process on its own data folder. */
export interface Collector {
  port: number;
  data: string;
  /** Ends the process and keeps its data, as a crash or a deployment does. */
  stop: () => Promise<void>;
  start: () => Promise<void>;
  close: () => Promise<void>;
  putSite: (id: string, document: object) => Promise<void>;
  vendorToken: (id: string, vendor: string) => Promise<string>;
  context: (site: string, contextId: string) => Promise<StoredContext>;
  calls: (site: string) => Promise<StoredCall[]>;
  postCall: (site: string, token: string, events: object[]) => Promise<void>;
  erase: (site: string, contextId: string) => Promise<void>;
  /** Asks any route, as its operator. */
  ask: <T>(method: string, path: string, body?: object) => Promise<T>;
}

/** @param settings of its environment, beside those that every test needs */
export async function openCollector(settings: Record<string, string> = {}): Promise<Collector> {
  if (!existsSync(BIN)) throw new Error(`${BIN} is missing: run npm run build`);
  const data = mkdtempSync(join(tmpdir(), "calljoin-data-"));
  const port = await freePort();
  let running = await serve(port, data, settings);

  async function ask(method: string, path: string, token: string, body?: object): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  return {
    port,
    data,
    ask: <T>(method: string, path: string, body?: object) => ask(method, path, ADMIN_TOKEN, body) as Promise<T>,
    stop: () => end(running),
    start: async () => {
      running = await serve(port, data, settings);
    },
    close: async () => {
      await end(running);
      rmSync(data, { recursive: true, force: true });
    },
    putSite: async (id, document) => void (await ask("PUT", `/v1/sites/${id}`, ADMIN_TOKEN, document)),
    vendorToken: async (id, vendor) => {
      const answer = await ask("POST", `/v1/sites/${id}/vendors/${vendor}/token`, ADMIN_TOKEN);
      return (answer as { token: string }).token;
    },
    context: async (site, id) =>
      (await ask("GET", `/v1/sites/${site}/contexts/${id}?limit=1000`, ADMIN_TOKEN)) as StoredContext,
    calls: async (site) =>
      ((await ask("GET", `/v1/sites/${site}/calls`, ADMIN_TOKEN)) as { calls: StoredCall[] }).calls,
    erase: async (site, id) => void (await ask("DELETE", `/v1/sites/${site}/contexts/${id}`, ADMIN_TOKEN)),
    postCall: async (site, token, events) => void (await ask("POST", `/v1/calls/${site}`, token, { events })),
  };
}

/** One port for the whole run, so that the collector can come back where it was. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

async function serve(port: number, data: string, settings: Record<string, string>): Promise<ChildProcess> {
  const child = spawn(process.execPath, [BIN, "serve"], {
    env: {
      ...process.env,
      PORT: String(port),
      CALLJOIN_DATA: data,
      CALLJOIN_ADMIN_TOKEN: ADMIN_TOKEN,
      CALLJOIN_RATE_LIMIT: "0",
      ...settings,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4000);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) break;
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (ready?.ok) return child;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await end(child);
  throw new Error(`the collector did not start: ${output}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGKILL");
  await exited;
}
