/**
 * Answers what Node's parser refuses before there is a request. The answers look like all others, so that pages can
 * read them.
 */
import { type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { readableBy } from "./cors";
import { Problem, problemText } from "./problem";
import { SECURITY_HEADERS } from "./security";

/** By Node's error codes (https://nodejs.org/api/http.html#event-clienterror). Everything else is a 400. */
const PROBLEMS = new Map([
  ["HPE_HEADER_OVERFLOW", new Problem(431, "the request's headers are too large")],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", new Problem(413, "the body's chunk extensions are too large")],
  ["ERR_HTTP_REQUEST_TIMEOUT", new Problem(408, "the request took too long to arrive")],
]);

/**
 * How long to keep reading after a refusal. If we closed at once, the connection with its unread bytes would be reset,
 * and the answer lost.
 */
const LINGER_MS = 1_000;

export function answerMalformed(server: Server): void {
  const latest = new WeakMap<Socket, ServerResponse>();
  const refused = new WeakSet<Socket>();
  server.on("request", ({ socket }, response) => latest.set(socket, response));
  server.on("clientError", (error: Error & { code?: string; rawPacket?: Buffer }, socket: Socket) => {
    const response = latest.get(socket);
    const isHalfAnswered = response?.headersSent && !response.writableFinished;
    if (error.code === "ECONNRESET" || !socket.writable || isHalfAnswered) return socket.destroy();
    if (refused.has(socket)) return;
    refused.add(socket);
    const problem = PROBLEMS.get(error.code ?? "") ?? new Problem(400, "this is not a valid HTTP/1.1 request");
    const body = problemText(problem);
    const headers = {
      ...SECURITY_HEADERS,
      ...readableBy(originIn(error.rawPacket)),
      "Content-Type": "application/problem+json; charset=utf-8",
      "Content-Length": Buffer.byteLength(body),
      Connection: "close",
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join("")}\r\n${body}`);
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  });
}

/**
 * The page's origin, if it is among the last bytes that arrived. Otherwise any page may read the answer, which says
 * nothing about anybody.
 */
function originIn(bytes: Buffer | undefined): string {
  const [, origin] = /^origin: *([^\s]+) *\r?$/im.exec(bytes?.toString("latin1") ?? "") ?? [];
  return origin ?? "*";
}
