/** One HTTP request to a receiver that may be slow, broken or hostile: bounded in time and bytes, redirects are answers. */
import type { lookup } from "node:dns";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import { type AddressFilter, filteredLookup, notAllowed } from "./address";

export interface Outgoing {
  method: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface Answer {
  /** Null where none came. */
  status: number | null;
  retryAfter: string | null;
  /** The answer's first 20,000 bytes. */
  response: string;
  /** Why there is no answer. */
  error: string | null;
  ms: number;
}

export type Send = (request: Outgoing) => Promise<Answer>;

/** Name resolution, connection, TLS and the answer, all in all. */
const TIMEOUT_MS = 15_000;

const KEPT_BYTES = 20_000;

export interface SenderDeps {
  filter: AddressFilter;
  /** Epoch ms. */
  clock: () => number;
  timeoutMs?: number;
  resolve?: typeof lookup;
}

/** Never rejects: what goes wrong is in the answer. */
export function createSender({ filter, clock, timeoutMs = TIMEOUT_MS, resolve }: SenderDeps): Send {
  const lookup = filteredLookup(filter, resolve);
  return ({ method, url, headers, body }) => {
    const start = clock();
    return new Promise((done) => {
      const answer: Answer = { status: null, retryAfter: null, response: "", error: null, ms: 0 };
      const end = (error: Error | null) => {
        if (answer.status === null) answer.error = error ? reasonOf(error) : "the connection was closed";
        done({ ...answer, ms: clock() - start });
      };
      // A literal address is never looked up; URL has already turned every odd notation of one into the usual one.
      const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
      if (isIP(host) !== 0 && !filter.allows(host, host)) return end(notAllowed(host));

      const timeout = AbortSignal.timeout(timeoutMs);
      const { request } = url.startsWith("https:") ? https : http;
      const options = { method, headers, lookup, signal: timeout, agent: false, rejectUnauthorized: true };
      const sent = request(url, options, (received) => {
        answer.status = received.statusCode ?? null;
        answer.retryAfter = received.headers["retry-after"] ?? null;
        // The status decides; whatever becomes of the body, it has been said.
        readStart(received, (text) => {
          answer.response = text;
          end(null);
          sent.destroy();
        });
      });
      sent.on("error", (error) => end(timeout.aborted ? new Error(`no answer within ${timeoutMs / 1_000} s`) : error));
      sent.on("close", () => end(null));
      sent.end(body);
    });
  };
}

/** Answers the first bytes of a body as text, once they have come or the body has ended, well or not. */
function readStart(received: IncomingMessage, done: (text: string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // PostgreSQL's text cannot hold a NUL.
  const end = () => done(Buffer.concat(chunks).subarray(0, KEPT_BYTES).toString("utf8").replaceAll("\0", "\ufffd"));
  received.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= KEPT_BYTES) end();
  });
  received.on("end", end).on("error", end);
}

function reasonOf(error: Error & { code?: string }): string {
  // Of several addresses tried, each has its own error and the whole no message.
  const errors = error instanceof AggregateError ? error.errors.map(String).join("; ") : "";
  return error.message || errors || error.code || "failed";
}
