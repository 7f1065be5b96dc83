/** Errors as RFC 9457 problem details. */
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { ErrorRequestHandler, RequestHandler } from "express";
import type { Logger } from "pino";
import type { z } from "zod";
import { isUnavailable } from "../unavailable";
import { type Fault, faults } from "../wire/common";

/** An answer other than success. Any code below a route may throw it; here it becomes JSON. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly extra: { errors?: Fault[]; headers?: Record<string, string> } = {},
  ) {
    super(detail);
  }
}

/** A 400 for an invalid document. It names each faulty place. */
export function invalid(detail: string, errors: Fault[]): Problem {
  return new Problem(400, detail, { errors });
}

/** A 503 for a condition that will probably pass soon. */
export function notNow(detail: string): Problem {
  return new Problem(503, detail, { headers: { "Retry-After": "5" } });
}

/** The answer to a write while the store takes none: the disk is full, or the database is down. */
export function noWrites(): Problem {
  return notNow("the store cannot take writes right now; try again");
}

/** Parses a value by its schema. Throws a 400 that says what is wrong with it. */
export function checked<T extends z.ZodType>(schema: T, value: unknown, detail: string): z.output<T> {
  const { success, data, error } = schema.safeParse(value);
  if (!success) throw invalid(detail, faults(error));
  return data;
}

/**
 * The problem for an error. If the error is neither a `Problem` nor the store's fault, it is ours: we log all of it,
 * and answer a 500 without details.
 */
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

/** Sends a problem as the answer. */
export function sendProblem(response: ServerResponse, problem: Problem): void {
  for (const [name, value] of Object.entries(problem.extra.headers ?? {})) response.setHeader(name, value);
  response.statusCode = problem.status;
  response.setHeader("Content-Type", "application/problem+json; charset=utf-8");
  response.end(problemText(problem));
}

export function problemText({ status, detail, extra }: Problem): string {
  return JSON.stringify({ type: "about:blank", title: STATUS_CODES[status], status, detail, errors: extra.errors });
}

/** Handles everything that is thrown below an Express route. */
export function problems(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) next(error);
    else sendProblem(response, problemOf(error, log, { method: request.method, route: request.route?.path ?? null }));
  };
}

/**
 * Errors that Express and its body parser throw have a status. Below 500, they also have a message that may be shown.
 */
function fromLibrary(error: unknown): Problem {
  const { status, type, message } = (typeof error === "object" && error ? error : {}) as Record<string, unknown>;
  if (type === "entity.too.large") return new Problem(413, "the body is too large");
  if (typeof status === "number" && status >= 400 && status < 500) return new Problem(status, String(message));
  return new Problem(500, "internal error");
}

export const notFound: RequestHandler = (request) => {
  throw new Problem(404, `there is no ${request.method} ${request.path}`);
};
