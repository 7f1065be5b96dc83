/** Who asks, and whom, where proxies stand between: what those that are trusted say counts (contract 10), as Express reads it. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import proxyAddress from "proxy-addr";

/** Express's compiled `trust proxy`: whether the peer so many hops away is a proxy to believe. */
export type Trusts = (address: string, hop: number) => boolean;

/** The visitor's address: the first one, from here outwards, that is no trusted proxy's. */
export function addressOf(request: IncomingMessage, trusts: Trusts): string {
  return proxyAddress(request, trusts) ?? "";
}

/** The host that was asked, without a port. */
export function hostnameOf({ socket, headers }: IncomingMessage, trusts: Trusts): string {
  const forwarded = trusts(socket.remoteAddress ?? "", 0) ? headers["x-forwarded-host"] : undefined;
  const [host = ""] = String(forwarded ?? headers.host ?? "").split(",");
  return host.trim().replace(/:\d+$/, "");
}

/** True where somebody has said for whom this request is, be it a proxy or whoever would like to be one. */
export function isForwarded({ headers }: IncomingMessage): boolean {
  return headers["x-forwarded-for"] !== undefined || headers.forwarded !== undefined;
}

/** `"[2001:db8::1]:4711"` or `203.0.113.7:51234`: an address and the port that it came from. */
const WITH_PORT = /^(?:\[([^\]]*)\]|(\d+(?:\.\d+){3}))(?::\w+)?$/;

/** One parameter of `Forwarded`; its value may be quoted (RFC 7239, 4). */
const PARAMETER = /(?:^|[;,])\s*(for|proto|host)=(?:"((?:[^"\\]|\\.)*)"|([^",;\s]*))/gi;

/**
 * Rewrites what proxies say to what Express and its libraries read. Azure's Application Gateway writes a port behind each address
 * (https://azure.microsoft.com/en-us/blog/rewrite-http-headers-with-azure-application-gateway/), and each connection would be another visitor.
 * `Forwarded` (RFC 7239) counts where none of the others is there: a proxy that writes those hands it on as the visitor has sent it.
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
