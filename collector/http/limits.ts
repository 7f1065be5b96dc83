/**
 * How many requests the public may make in a minute: per address, so that nobody takes everything, and per site, so
 * that no site does.
 */
import type { IncomingMessage } from "node:http";
import type { RequestHandler } from "express";
import { ipKeyGenerator, rateLimit } from "express-rate-limit";
import { Problem } from "./problem";

const MINUTE_MS = 60_000;

/** IPv6 addresses that share this many bits belong to one visitor. */
const SUBNET_BITS = 64;

/** A site has visitors from many addresses. This many of them may use up their limit. */
const ADDRESSES_PER_SITE = 100;

type AddressOf = (request: IncomingMessage) => string;

/**
 * How many wrong admin tokens are allowed in a minute: from one address, and from all together, who may be one person
 * with many addresses.
 */
const WRONG_OF_ONE = 30;
const WRONG_IN_ALL = 300;

/**
 * Handles a wrong admin token. After too many it answers a 429. Once a minute, it tells how many there were and the
 * last one's peer.
 */
export function wrongTokens(
  addressOf: AddressOf,
  tell: (wrong: { peer: string; count: number }) => void,
): RequestHandler {
  const ofOne = perAddress(WRONG_OF_ONE, addressOf, { detail: "too many wrong admin tokens from this address" });
  const inAll = perAddress(WRONG_IN_ALL, () => "0.0.0.0", {
    detail: "too many wrong admin tokens from all addresses together",
  });
  let untold = 0;
  let peer = "";
  let timer: NodeJS.Timeout | undefined;
  const tellRest = () => {
    timer = undefined;
    if (untold > 0) tellNow();
  };
  const tellNow = () => {
    tell({ peer, count: untold });
    untold = 0;
    timer = setTimeout(tellRest, MINUTE_MS).unref();
  };
  return (request, response, next) => {
    untold += 1;
    peer = addressOf(request);
    // Report the first one at once, and a minute later all that came since, so a burst is reported in full.
    if (!timer) tellNow();
    ofOne(request, response, (error?: unknown) => (error ? next(error) : inAll(request, response, next)));
  };
}

/**
 * Returns a function that throws a 429 once a site has used up its requests of this minute. Call it only for sites that
 * exist, because it remembers each one.
 */
export function perSite(limit: number, clock: () => number): (site: string) => void {
  const counts = new Map<string, number>();
  let minute = 0;
  return (site) => {
    const now = clock();
    if (Math.floor(now / MINUTE_MS) !== minute) {
      minute = Math.floor(now / MINUTE_MS);
      counts.clear();
    }
    const count = (counts.get(site) ?? 0) + 1;
    counts.set(site, count);
    if (limit === 0 || count <= limit * ADDRESSES_PER_SITE) return;
    const seconds = Math.ceil((MINUTE_MS - (now % MINUTE_MS)) / 1_000);
    throw new Problem(429, "too many requests for this site", { headers: { "Retry-After": String(seconds) } });
  };
}

/**
 * Refuses, with a 429, an address that makes more than `limit` requests a minute; 0 means no limit. It needs nothing of
 * the request but what `addressOf` needs. With `skipSuccessfulRequests`, only failures count: vendors may post as much
 * as they have, but nobody can guess tokens.
 */
export function perAddress(
  limit: number,
  addressOf: AddressOf,
  { skipSuccessfulRequests = false, detail = "too many requests from this address" } = {},
): RequestHandler {
  if (limit === 0) return (_request, _response, next) => next();
  return rateLimit({
    windowMs: MINUTE_MS,
    limit,
    skipSuccessfulRequests,
    // The headers of this draft need nothing from Express.
    standardHeaders: "draft-7",
    legacyHeaders: false,
    // This would check how Express is set up, but one of the routes is not Express's.
    validate: false,
    // The owner of an IPv6 address has at least the 2^64 addresses of its subnet (RFC 4291, 2.5.4).
    keyGenerator: (request) => ipKeyGenerator(addressOf(request), SUBNET_BITS),
    handler: (_request, response, next) => {
      // The library sets `Retry-After` to the rest of the window.
      const headers = { "Retry-After": String(response.getHeader("Retry-After") ?? 60) };
      next(new Problem(429, detail, { headers }));
    },
  });
}
