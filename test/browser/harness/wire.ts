import { createServer, request as forwardRequest, type IncomingHttpHeaders, type Server } from "node:http";
import type { Socket } from "node:net";

/** What happens to a request between browser and collector, if not just passed on. */
export type Fault =
  | { kind: "status"; status: number; headers?: Record<string, string>; body?: string }
  /** The connection breaks before the collector has seen anything. */
  | { kind: "cut" }
  /** The collector gets it, and the browser never hears so. */
  | { kind: "lost answer" }
  /** Waits for `until` before it is passed on. */
  | { kind: "hold"; until: Promise<unknown> };

export interface Seen {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  at: number;
  /** What the browser was answered; 0 while, or where, it was not. */
  status: number;
  setCookie: string[];
  /** What the collector answered, whether or not the browser heard it. */
  answer: string;
}

/** The way from browser to collector: it records what passes, and can lose, delay or refuse it. */
export interface Wire {
  port: number;
  seen: Seen[];
  /** Asked for each request; the first that names a fault decides. Returns its own undoing. */
  onRequest: (fault: (request: Seen) => Fault | undefined) => () => void;
  /** Nothing listens any more, as when a collector is down. */
  down: () => Promise<void>;
  up: () => Promise<void>;
}

export async function openWire(collectorPort: number): Promise<Wire> {
  const seen: Seen[] = [];
  const faults = new Set<(request: Seen) => Fault | undefined>();
  const sockets = new Set<Socket>();

  const server = createServer({ maxHeaderSize: 131_072 }, async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    // A request that its page abandoned half-sent was never made.
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks);
    const { method = "", url: path = "", headers } = incoming;
    const request: Seen = {
      method,
      path,
      headers,
      body: body.toString(),
      at: Date.now(),
      status: 0,
      setCookie: [],
      answer: "",
    };
    seen.push(request);
    const fault = [...faults].map((decide) => decide(request)).find(Boolean);
    if (fault?.kind === "cut") return void incoming.socket.destroy();
    if (fault?.kind === "hold") await fault.until;
    if (fault?.kind === "status") {
      request.status = fault.status;
      outgoing
        .writeHead(fault.status, { ...crossOrigin(headers), ...fault.headers })
        .end(fault.body ?? problemOf(fault.status));
      return;
    }
    const upstream = forwardRequest({ host: "127.0.0.1", port: collectorPort, method, path, headers }, (answer) => {
      answer.on("data", (chunk: Buffer) => {
        request.answer += chunk.toString();
      });
      if (fault?.kind === "lost answer") return void answer.resume().once("end", () => incoming.socket.destroy());
      request.status = answer.statusCode ?? 0;
      request.setCookie = answer.headers["set-cookie"] ?? [];
      outgoing.writeHead(request.status, answer.headers);
      answer.pipe(outgoing);
    });
    upstream.once("error", () => incoming.socket.destroy());
    upstream.end(body);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const port = await listen(server, 0);

  return {
    port,
    seen,
    onRequest: (fault) => {
      faults.add(fault);
      return () => void faults.delete(fault);
    },
    down: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    up: async () => void (await listen(server, port)),
  };
}

/** What the collector itself answers where it does not take a request (collector/http/problem.ts). */
const problemOf = (status: number): string =>
  status < 400 ? "" : JSON.stringify({ type: "about:blank", title: "", status, detail: "" });

/** A page reads the status of another origin's answer only if that says so. */
function crossOrigin({ origin }: IncomingHttpHeaders): Record<string, string> {
  if (!origin) return {};
  return {
    "access-control-allow-origin": origin,
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": "Retry-After",
  };
}

export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      const address = server.address();
      if (address && typeof address === "object") resolve(address.port);
      else reject(new Error("not listening on a port"));
    });
  });
}
