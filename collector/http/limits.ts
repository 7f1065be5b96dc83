/** How much the public may ask for in a minute: each address, so that nobody takes it all, and each site, so that no site does. */
import type { IncomingMessage } from "node:http";
import type { RequestHandler } from "express";
import { ipKeyGenerator, rateLimit } from "express-rate-limit";
import { Problem } from "./problem";

const MINUTE_MS = 60_000;

/** IPv6 addresses that agree in so many bits are one visitor's. */
const SUBNET_BITS = 64;

/** A site is visited from many addresses; this many of them may use up theirs. */
const ADDRESSES_PER_SITE = 100;

type AddressOf = (request: IncomingMessage) => string;

/** Wrong admin tokens a minute: of one address, and of all together, who may be one person with many addresses. */
const WRONG_OF_ONE = 30;
const WRONG_IN_ALL = 300;

/** What a wrong admin token is answered by: a 429 after too many, whose peers are told once a minute. */
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
    // The first one at once, and a minute later what has come since: a burst is told whole.
    if (!timer) tellNow();
    ofOne(request, response, (error?: unknown) => (error ? next(error) : inAll(request, response, next)));
  };
}

/** A function that throws a 429 once a site has had its requests of this minute. Only for sites that exist: each is remembered. */
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
 * Refuses, by a 429, whoever asks more than `limit` times a minute; 0 is no limit. It needs of its request what `addressOf` needs. With
 * `skipSuccessfulRequests` those that fail alone count: vendors post as much as there is to post, and nobody guesses tokens.
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
    // The draft whose headers need nothing of Express.
    standardHeaders: "draft-7",
    legacyHeaders: false,
    // What it checks is how Express is set up, which the route that is not Express's cannot be asked.
    validate: false,
    // Who has an IPv6 address has at least the 2^64 of its subnet (RFC 4291, 2.5.4).
    keyGenerator: (request) => ipKeyGenerator(addressOf(request), SUBNET_BITS),
    handler: (_request, response, next) => {
      // The window is told in `Retry-After` by the library.
      const headers = { "Retry-After": String(response.getHeader("Retry-After") ?? 60) };
      next(new Problem(429, detail, { headers }));
    },
  });
}
