/** The headers that tell browsers what not to do with an answer. */
import type { Request, RequestHandler, Response } from "express";
import helmet from "helmet";

/** Helmet's headers. They are the same for every answer, and so worked out once. */
export function securityHeaders(): RequestHandler {
  const headers = new Map<string, string>();
  const listener = {
    setHeader: (name: string, value: string) => headers.set(name, value),
    removeHeader: (name: string) => headers.delete(name),
  };
  // The scripts and the snapshots route are there for pages of other origins.
  const set = helmet({ crossOriginResourcePolicy: { policy: "cross-origin" } });
  set({} as Request, listener as unknown as Response, () => {});
  const all = [...headers];
  return (_request, response, next) => {
    for (const [name, value] of all) response.setHeader(name, value);
    next();
  };
}
