/** How much the public may ask for in a minute: each address, so that nobody takes it all, and each site, so that no site does. */
import type { IncomingMessage } from "node:http";
import type { RequestHandler } from "express";
import { ipKeyGenerator, rateLimit } from "express-rate-limit";
import { Problem } from "./problem";

const MINUTE_MS = 60_000;

/** A site is visited from many addresses; this many of them may use up theirs. */
const ADDRESSES_PER_SITE = 100;

type AddressOf = (request: IncomingMessage) => string;

/** Refuses, by a 429, whoever asks more than `limit` times a minute; 0 is no limit. It needs of its request what `addressOf` needs. */
export function perAddress(limit: number, addressOf: AddressOf): RequestHandler {
  return limiter(limit, addressOf, false);
}

/** The same, of requests that fail alone: vendors post as much as there is to post, and nobody guesses tokens. */
export function failuresPerAddress(limit: number, addressOf: AddressOf): RequestHandler {
  return limiter(limit, addressOf, true);
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

function limiter(limit: number, addressOf: AddressOf, skipSuccessfulRequests: boolean): RequestHandler {
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
    // The owner of an IPv6 address has a whole subnet of them.
    keyGenerator: (request) => ipKeyGenerator(addressOf(request)),
    handler: (_request, response, next) => {
      // The window is told in `Retry-After` by the library.
      const headers = { "Retry-After": String(response.getHeader("Retry-After") ?? 60) };
      next(new Problem(429, "too many requests from this address", { headers }));
    },
  });
}
