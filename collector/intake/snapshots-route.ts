/**
 * `POST /v1/snapshots`, answered straight from Node's own server. It is the one route that is asked thousands of times a second, and
 * Express costs more there than all that the collector does with a snapshot: `npm run bench` shows half of the requests/s with it.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestHandler } from "express";
import type { Logger } from "pino";
import { jsonOf, readBody } from "../http/body";
import { readableBy } from "../http/cors";
import { hostnameOf, type Trusts } from "../http/peer";
import { problemOf, sendProblem } from "../http/problem";
import { refreshedCookie } from "./cookie";
import type { TakeSnapshots } from "./snapshots";

export const SNAPSHOTS = "/v1/snapshots";

export interface SnapshotsRouteDeps {
  takeSnapshots: TakeSnapshots;
  clock: () => number;
  log: Logger;
  /** On every answer. */
  headers: Record<string, string>;
  trusts: Trusts;
  /** Bounds requests by address. */
  limit: RequestHandler;
}

/** True for a post to this route by its very name, as the SDK posts. Its other spellings find their way here through Express. */
export function isSnapshots({ method, url = "" }: IncomingMessage): boolean {
  return method === "POST" && (url === SNAPSHOTS || url.startsWith(`${SNAPSHOTS}?`));
}

export function snapshotsRoute(deps: SnapshotsRouteDeps) {
  const { takeSnapshots, clock, log, headers, trusts } = deps;
  const always = Object.entries({ ...headers, "Content-Type": "application/json; charset=utf-8" }).flat();
  const read = readBody(64 * 1024);
  const limit = deps.limit as unknown as Limit;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { origin } = request.headers;
    await new Promise<void>((resolve, reject) => {
      limit(request, response, (error) => (error ? reject(error) : resolve()));
    });
    const bytes = await read(request, response);
    const arrival = { receivedAt: clock(), bytes: bytes.length, origin: origin ?? null };
    const envelope = jsonOf(bytes);
    const receipt = await takeSnapshots(envelope, arrival);
    const [, search] = (request.url ?? "").split("?");
    if (search !== undefined) {
      const asked = { search, hostname: hostnameOf(request, trusts), headers: request.headers };
      const cookie = refreshedCookie(asked, (envelope as { context_id: string }).context_id);
      if (cookie) response.setHeader("Set-Cookie", cookie);
    }
    const body = JSON.stringify(receipt);
    const own = { ...readableBy(origin), "Content-Length": String(Buffer.byteLength(body)) };
    // A flat list goes out as it is; an object of so many names is slow to make and to walk.
    response.writeHead(202, always.concat(Object.entries(own).flat())).end(body);
  }

  return (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch((error) => {
      if (response.headersSent) return response.destroy();
      for (const [name, value] of Object.entries({ ...headers, ...readableBy(request.headers.origin) })) {
        response.setHeader(name, value);
      }
      sendProblem(response, problemOf(error, log, { method: request.method, route: SNAPSHOTS }));
    });
  };
}

/** A handler of Express that needs nothing that Node's own request has not. */
type Limit = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;
