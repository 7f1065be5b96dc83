/** By which way the collector is reached: below a path's prefix or not, and what is served at which port. */
import type { IncomingMessage } from "node:http";
import type { RequestHandler } from "express";
import { Problem } from "./problem";

/** Where something is served: with all else, nowhere, or on a port of its own. */
export type Place = "on" | "off" | number;

/** What may be served elsewhere than all else. */
export type Places = Record<"metrics" | "console", Place>;

/** The ports beside the collector's own. */
export function sidePorts({ metrics, console }: Places): number[] {
  return [...new Set([metrics, console])].filter((place): place is number => typeof place === "number");
}

/**
 * True where a path, as Express has parsed it, is served at the port that a request came to. The collector's own has all that is not placed
 * elsewhere; a port of the metrics alone has nothing else, and the console's has everything, which it reads from there.
 */
export function servedAt(places: Places): (request: Pick<IncomingMessage, "socket">, path: string) => boolean {
  const { metrics, console } = places;
  const ports = sidePorts(places);
  if (metrics === "on" && console === "on") return () => true;
  return ({ socket }, path) => {
    const port = socket.localPort ?? 0;
    // Express's routes are found whatever the case (https://expressjs.com/en/5x/api.html#app.set, "case sensitive routing").
    const [, first = ""] = /^\/(metrics|console)(?:\/|$)/i.exec(path) ?? [];
    const place = { metrics, console }[first.toLowerCase()] ?? "on";
    if (!ports.includes(port)) return place === "on";
    return place === port || (console === port && place !== "off");
  };
}

/** Answers 404 to what is not served where it was asked for. */
export function onlyServed(isServed: ReturnType<typeof servedAt>): RequestHandler {
  return (request, _response, next) => {
    if (isServed(request, request.path)) return next();
    throw new Problem(404, `there is no ${request.method} ${request.path} on this port`);
  };
}

/** These begin the collector's own routes: a prefix of such a name is the proxy's to take off. */
const OWN = ["v1", "t", "events"];

/** What nginx makes of them by `location /cj { proxy_pass http://collector/; }`. The metrics and the console, which proxies may guard by their path, have one slash. */
const DOUBLED = new RegExp(`^//+(?=(${OWN.join("|")})/)`);

/**
 * A request's target as a path: without the scheme and host that it may come with (RFC 9112, 3.2.2), and without the public URL's path, for
 * proxies that hand it on as it was asked; most take it off themselves, and some leave a slash of it.
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
