/**
 * One HTTP request to a receiver that may be slow, broken or hostile. Time and bytes are limited, and a redirect counts
 * as the answer.
 */
import type { lookup } from "node:dns";
import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import type { Answer, Outgoing } from "../wire/exchange";
import { type AddressFilter, filteredLookup, notAllowed } from "./address";

/** `cut` stops waiting for an answer early. */
export type Send = (request: Outgoing, cut?: AbortSignal) => Promise<Answer>;

/** The limit for name resolution, connection, TLS and the answer together. */
const TIMEOUT_MS = 15_000;

/**
 * How long to try one of several addresses before the next. Node gives each only 250 ms by default
 * (https://nodejs.org/api/net.html#netsetdefaultautoselectfamilyattempttimeoutvalue). A receiver that is further away
 * than that, and also has an address that leads nowhere from here, would never be reached.
 */
const ADDRESS_MS = 3_000;

const KEPT_BYTES = 20_000;

export interface SenderDeps {
  filter: AddressFilter;
  /** Epoch ms. */
  clock: () => number;
  timeoutMs?: number;
  resolve?: typeof lookup;
}

/** Never rejects. If something goes wrong, the answer says so. */
export function createSender({ filter, clock, timeoutMs = TIMEOUT_MS, resolve }: SenderDeps): Send {
  const lookup = filteredLookup(filter, resolve);
  return ({ method, url, headers, body }, cut) => {
    const start = clock();
    return new Promise((done) => {
      let status: number | null = null;
      let retryAfter: string | null = null;
      const chunks: Buffer[] = [];
      // The status decides. Once it has arrived, it does not matter what happens to the body.
      const end = (error?: Error) => {
        const reason = error ? reasonOf(error) : "the connection was closed";
        const ms = clock() - start;
        done({ status, retryAfter, response: startOf(chunks), error: status === null ? reason : null, ms });
      };
      try {
        // A literal address is never looked up, so check it here. URL has already normalized any odd notation.
        const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
        if (isIP(host) !== 0 && !filter.allows(host, host)) throw notAllowed(host);

        const timeout = AbortSignal.timeout(timeoutMs);
        const signal = cut ? AbortSignal.any([timeout, cut]) : timeout;
        const { request } = url.startsWith("https:") ? https : http;
        const options = {
          method,
          headers,
          lookup,
          signal,
          agent: false,
          rejectUnauthorized: true,
          autoSelectFamilyAttemptTimeout: ADDRESS_MS,
        };
        const sent = request(url, options, (received) => {
          status = received.statusCode ?? null;
          retryAfter = received.headers["retry-after"] ?? null;
          let bytes = 0;
          received.on("data", (chunk: Buffer) => {
            chunks.push(chunk);
            bytes += chunk.length;
            if (bytes < KEPT_BYTES) return;
            end();
            sent.destroy();
          });
          received.on("end", () => end()).on("error", end);
        });
        sent.on("error", (error) =>
          end(timeout.aborted ? new Error(`no answer within ${timeoutMs / 1_000} s`) : error),
        );
        sent.on("close", () => end());
        sent.end(body);
      } catch (error) {
        // Node throws for user info that it cannot decode, and for a header that it will not send.
        end(error as Error);
      }
    });
  };
}

/** The first bytes of a body as text. PostgreSQL's text cannot hold a NUL. */
function startOf(chunks: Buffer[]): string {
  return Buffer.concat(chunks).subarray(0, KEPT_BYTES).toString("utf8").replaceAll("\0", "\ufffd");
}

function reasonOf(error: Error & { code?: string }): string {
  // If several addresses fail, each has its own error, and the AggregateError has no message.
  const errors = error instanceof AggregateError ? error.errors.map(String).join("; ") : "";
  return error.message || errors || error.code || "failed";
}
