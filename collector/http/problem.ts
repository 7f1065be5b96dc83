/** Errors as RFC 9457 problem details. */
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { ErrorRequestHandler, RequestHandler } from "express";
import type { Logger } from "pino";
import type { z } from "zod";
import { isUnavailable } from "../unavailable";
import { type Fault, faults } from "../wire/common";

/** An answer other than success. Thrown anywhere below a route, turned into JSON here. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly extra: { errors?: Fault[]; headers?: Record<string, string> } = {},
  ) {
    super(detail);
  }
}

/** 400 for a document that does not say what it should: names each place. */
export function invalid(detail: string, errors: Fault[]): Problem {
  return new Problem(400, detail, { errors });
}

/** 503 for what is likely to be over soon. */
export function notNow(detail: string): Problem {
  return new Problem(503, detail, { headers: { "Retry-After": "5" } });
}

/** What who asks for a write is told while the store takes none: a full disk, a database that is down. */
export function noWrites(): Problem {
  return notNow("the store cannot take writes right now; try again");
}

/** What a value is by its schema; throws a 400 that says what is wrong with it. */
export function checked<T extends z.ZodType>(schema: T, value: unknown, detail: string): z.output<T> {
  const { success, data, error } = schema.safeParse(value);
  if (!success) throw invalid(detail, faults(error));
  return data;
}

/** The problem that an error is. What is no `Problem`, nor the store's to mend, is a fault of ours: logged whole, told as 500 without detail. */
export function problemOf(error: unknown, log: Logger, asked: { method: string | undefined; route: unknown }): Problem {
  if (error instanceof Problem) return error;
  const problem = fromLibrary(error);
  if (problem.status < 500) return problem;
  const isStores = isUnavailable(error);
  log.error({ err: error, ...asked }, isStores ? "store failed" : "request failed");
  if (!isStores) return problem;
  const isRead = asked.method === "GET" || asked.method === "HEAD";
  return isRead ? notNow("the store is not answering right now; try again") : noWrites();
}

/** Answers a problem. */
export function sendProblem(response: ServerResponse, problem: Problem): void {
  for (const [name, value] of Object.entries(problem.extra.headers ?? {})) response.setHeader(name, value);
  response.statusCode = problem.status;
  response.setHeader("Content-Type", "application/problem+json; charset=utf-8");
  response.end(problemText(problem));
}

export function problemText({ status, detail, extra }: Problem): string {
  return JSON.stringify({ type: "about:blank", title: STATUS_CODES[status], status, detail, errors: extra.errors });
}

/** What is thrown below a route of Express. */
export function problems(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) next(error);
    else sendProblem(response, problemOf(error, log, { method: request.method, route: request.route?.path ?? null }));
  };
}

/** Errors that Express and its body parser throw carry a status and, below 500, a message that may be shown. */
function fromLibrary(error: unknown): Problem {
  const { status, type, message } = (typeof error === "object" && error ? error : {}) as Record<string, unknown>;
  if (type === "entity.too.large") return new Problem(413, "the body is too large");
  if (typeof status === "number" && status >= 400 && status < 500) return new Problem(status, String(message));
  return new Problem(500, "internal error");
}

export const notFound: RequestHandler = (request) => {
  throw new Problem(404, `there is no ${request.method} ${request.path}`);
};
