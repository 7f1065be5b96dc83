/** What the collector sees of a request, for who sets up proxies before it: `GET /v1/seen` (admin). */
import type { RequestHandler } from "express";
import type { Trusts } from "./peer";

export interface Seen {
  /** Whose connection it is. */
  peer: string;
  /** The visitor's address, and what was asked, as far as trusted proxies are believed. */
  address: string;
  protocol: string;
  host: string;
  /** Names of the headers by which somebody says for whom this is. */
  forwarded: string[];
  /** Whether the peer is a proxy to believe. */
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
