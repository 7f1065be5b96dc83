/**
 * Who is calling, and which host they asked for, when there are proxies in between. What trusted proxies say counts
 * (contract 10), as Express reads it.
 */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import proxyAddress from "proxy-addr";

/** Express's compiled `trust proxy`: whether the peer this many hops away is a trusted proxy. */
export type Trusts = (address: string, hop: number) => boolean;

/** The visitor's address: the first one, from here outwards, that does not belong to a trusted proxy. */
export function addressOf(request: IncomingMessage, trusts: Trusts): string {
  return proxyAddress(request, trusts) ?? "";
}

/** The host that was asked for, without a port. */
export function hostnameOf({ socket, headers }: IncomingMessage, trusts: Trusts): string {
  const forwarded = trusts(socket.remoteAddress ?? "", 0) ? headers["x-forwarded-host"] : undefined;
  const [host = ""] = String(forwarded ?? headers.host ?? "").split(",");
  return host.trim().replace(/:\d+$/, "");
}

/**
 * True if the request names the client that it is for. A proxy may have said so, or somebody who pretends to be one.
 */
export function isForwarded({ headers }: IncomingMessage): boolean {
  return headers["x-forwarded-for"] !== undefined || headers.forwarded !== undefined;
}

/** An address with its port: `"[2001:db8::1]:4711"` or `203.0.113.7:51234`. */
const WITH_PORT = /^(?:\[([^\]]*)\]|(\d+(?:\.\d+){3}))(?::\w+)?$/;

/** One parameter of `Forwarded`. Its value may be quoted (RFC 7239, 4). */
const PARAMETER = /(?:^|[;,])\s*(for|proto|host)=(?:"((?:[^"\\]|\\.)*)"|([^",;\s]*))/gi;

/**
 * Rewrites what proxies say into what Express and its libraries read. Azure's Application Gateway writes a port after
 * each address (https://azure.microsoft.com/en-us/blog/rewrite-http-headers-with-azure-application-gateway/), so each
 * connection would look like another visitor. `Forwarded` (RFC 7239) counts only if none of the other headers is there:
 * a proxy that writes those passes `Forwarded` on just as the visitor sent it.
 */
export function tidyForwarded({ headers }: IncomingMessage): void {
  if (headers.forwarded !== undefined) Object.assign(headers, fromForwarded(headers));
  const list = headers["x-forwarded-for"];
  if (list !== undefined) headers["x-forwarded-for"] = String(list).split(",").map(withoutPort).join(", ");
}

function fromForwarded(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  if (Object.keys(headers).some((name) => name.startsWith("x-forwarded-"))) return {};
  const said: Record<string, string[]> = {};
  for (const [, name = "", quoted, plain = ""] of String(headers.forwarded).matchAll(PARAMETER)) {
    const header = `x-forwarded-${name.toLowerCase()}`;
    said[header] = [...(said[header] ?? []), quoted?.replace(/\\(.)/g, "$1") ?? plain];
  }
  return Object.fromEntries(Object.entries(said).map(([header, values]) => [header, values.join(", ")]));
}

function withoutPort(address: string): string {
  const [, six, four] = WITH_PORT.exec(address.trim()) ?? [];
  return six ?? four ?? address.trim();
}
