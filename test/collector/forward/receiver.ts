import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as a receiver got it. */
export interface Received {
  /** Its `webhook-id`. */
  id: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

export type Behaviour = (request: Received, response: ServerResponse, raw: IncomingMessage) => void;

/** A real receiver of webhooks, which notes what came and behaves as it is told. */
export interface Receiver {
  url: string;
  received: Received[];
  /** Connections that were opened to it, whether or not a request came over them. */
  connections(): number;
  behave(behaviour: Behaviour): void;
  stop(): Promise<void>;
}

export const ok: Behaviour = (_request, response) => {
  response.writeHead(204).end();
};

export function status(code: number, headers: Record<string, string> = {}): Behaviour {
  return (_request, response) => {
    response.writeHead(code, headers).end(`said ${code}`);
  };
}

export async function startReceiver(host = "127.0.0.1"): Promise<Receiver> {
  const received: Received[] = [];
  let behaviour = ok;
  let connections = 0;
  const server: Server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const headers = request.headers as Record<string, string>;
    const got = {
      id: headers["webhook-id"] ?? "",
      method: request.method ?? "",
      url: request.url ?? "",
      headers,
      body,
    };
    received.push(got);
    behaviour(got, response, request);
  });
  server.on("connection", () => {
    connections += 1;
  });
  server.listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    received,
    connections: () => connections,
    behave(next) {
      behaviour = next;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
