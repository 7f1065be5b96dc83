/** How requests reach the collector: with or without a path prefix, and what is served at which port. */
import type { IncomingMessage } from "node:http";
import type { RequestHandler } from "express";
import { Problem } from "./problem";

/** Where something is served: with everything else, nowhere, or on a port of its own. */
export type Place = "on" | "off" | number;

/** What may be served separately. */
export type Places = Record<"metrics" | "console", Place>;

/** The ports in addition to the collector's own. */
export function sidePorts({ metrics, console }: Places): number[] {
  return [...new Set([metrics, console])].filter((place): place is number => typeof place === "number");
}

/**
 * True if a path, as Express has parsed it, is served at the port where the request arrived. The collector's own port
 * serves everything not placed elsewhere. A port for the metrics alone serves nothing else. The console's port serves
 * everything, because the console reads from there.
 */
export function servedAt(places: Places): (request: Pick<IncomingMessage, "socket">, path: string) => boolean {
  const { metrics, console } = places;
  const ports = sidePorts(places);
  if (metrics === "on" && console === "on") return () => true;
  return ({ socket }, path) => {
    const port = socket.localPort ?? 0;
    // Express matches routes whatever their case (https://expressjs.com/en/5x/api.html#app.set, "case sensitive
    // routing").
    const [, first = ""] = /^\/(metrics|console)(?:\/|$)/i.exec(path) ?? [];
    const place = { metrics, console }[first.toLowerCase()] ?? "on";
    if (!ports.includes(port)) return place === "on";
    return place === port || (console === port && place !== "off");
  };
}

/** Answers 404 to a request for something that this port does not serve. */
export function onlyServed(isServed: ReturnType<typeof servedAt>): RequestHandler {
  return (request, _response, next) => {
    if (isServed(request, request.path)) return next();
    throw new Problem(404, `there is no ${request.method} ${request.path} on this port`);
  };
}

/** The collector's own routes begin with these. If a prefix has one of these names, the proxy must remove it. */
const OWN = ["v1", "t", "events"];

/**
 * nginx doubles the slash with `location /cj { proxy_pass http://collector/; }`. We do not accept that for the metrics
 * and the console, because proxies may guard them by their path.
 */
const DOUBLED = new RegExp(`^//+(?=(${OWN.join("|")})/)`);

/**
 * A request's target as a path. Removes a scheme and host, if it has them (RFC 9112, 3.2.2). Also removes the public
 * URL's path, for proxies that pass it on. Most proxies remove that path themselves, and some leave a slash of it.
 */
export function ownPath(publicUrl: string | undefined): (url: string) => string {
  const path = publicUrl === undefined ? "" : new URL(publicUrl).pathname.replace(/\/$/, "");
  const prefix = OWN.includes(path.split("/")[1] ?? "") ? "" : path;
  return (url) => {
    const target = url.startsWith("/") ? url : url.replace(/^https?:\/\/[^/?#]*\/?/i, "/");
    const own = target.startsWith(`${prefix}/`) ? target.slice(prefix.length) : target;
    return own.replace(DOUBLED, "/");
  };
}
