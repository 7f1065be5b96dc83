/** Who asks, and whom, where proxies stand between: what those that are trusted say counts (contract 10), as Express reads it. */
import type { IncomingMessage } from "node:http";

/** Express's compiled `trust proxy`: whether the peer so many hops away is a proxy to believe. */
export type Trusts = (address: string, hop: number) => boolean;

/** The visitor's address: the first one, from here outwards, that is no trusted proxy's. */
export function addressOf({ socket, headers }: IncomingMessage, trusts: Trusts): string {
  const nearest = socket.remoteAddress ?? "";
  const forwarded = headers["x-forwarded-for"];
  if (forwarded === undefined || !trusts(nearest, 0)) return nearest;
  const all = [nearest, ...String(forwarded).split(",").reverse()].map((address) => address.trim());
  return all.find((address, hop) => hop === all.length - 1 || !trusts(address, hop)) ?? nearest;
}

/** The host that was asked, without a port. */
export function hostnameOf({ socket, headers }: IncomingMessage, trusts: Trusts): string {
  const forwarded = trusts(socket.remoteAddress ?? "", 0) ? headers["x-forwarded-host"] : undefined;
  const [host = ""] = String(forwarded ?? headers.host ?? "").split(",");
  return host.trim().replace(/:\d+$/, "");
}
