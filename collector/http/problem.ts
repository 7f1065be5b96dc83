/** Errors as RFC 9457 problem details. */

import { STATUS_CODES } from "node:http";
import type { ErrorRequestHandler, RequestHandler } from "express";
import type { Logger } from "pino";
import { isUnavailable } from "../store/unavailable";
import type { Fault } from "../wire/common";

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

/** Answers `problem+json`. What is not a `Problem` is a fault of ours: logged whole, told as 500 without detail. */
export function problems(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const problem = error instanceof Problem ? error : fromLibrary(error);
    if (problem.status >= 500 && !(error instanceof Problem)) {
      log.error({ err: error, method: request.method, route: request.route?.path ?? null }, "request failed");
    }
    const { status, detail, extra } = problem;
    response
      .status(status)
      .set(extra.headers ?? {})
      .type("application/problem+json")
      .send(JSON.stringify({ type: "about:blank", title: STATUS_CODES[status], status, detail, errors: extra.errors }));
  };
}

/** Errors that Express and its body parser throw carry a status and, below 500, a message that may be shown. */
function fromLibrary(error: unknown): Problem {
  const { status, type, message } = (typeof error === "object" && error ? error : {}) as Record<string, unknown>;
  if (type === "entity.too.large") return new Problem(413, "the body is too large");
  if (typeof status === "number" && status >= 400 && status < 500) return new Problem(status, String(message));
  if (isUnavailable(error)) {
    return new Problem(503, "the store does not answer now; try again", { headers: { "Retry-After": "5" } });
  }
  return new Problem(500, "internal error");
}

export const notFound: RequestHandler = (request) => {
  throw new Problem(404, `there is no ${request.method} ${request.path}`);
};
