/** What the collector sees of a request, to help people set up proxies in front of it: `GET /v1/seen` (admin). */
import type { RequestHandler } from "express";
import type { Trusts } from "./peer";

export interface Seen {
  /** The address at the other end of the connection. */
  peer: string;
  /** The visitor's address, and what was asked for, according to trusted proxies. */
  address: string;
  protocol: string;
  host: string;
  /** Names of the headers that say for whom this request is. */
  forwarded: string[];
  /** Whether the peer is a trusted proxy. */
  trusted: boolean;
}

export function seen(trusts: Trusts): RequestHandler {
  return (request, response) => {
    const peer = request.socket.remoteAddress ?? "";
    const { protocol, ip: address = "", host = "", headers } = request;
    const forwarded = Object.keys(headers).filter((name) => /^(x-forwarded-(for|proto|host)|forwarded)$/.test(name));
    response.json({ peer, address, protocol, host, forwarded, trusted: trusts(peer, 0) } satisfies Seen);
  };
}
