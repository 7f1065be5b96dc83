/** Reads a request's query. */
import type { RequestHandler } from "express";
import type { z } from "zod";
import { checked, invalid } from "./problem";

/** Parses a query by its schema. An empty parameter counts as missing. Throws a 400 that names the parameter. */
export function parseQuery<T extends z.ZodType>(schema: T, query: Record<string, unknown>): z.output<T> {
  const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""));
  return checked(schema, given, "the query is not valid");
}

/** The query parameters that a route knows, or null if it takes any. */
export type ParametersOf = (method: string, pattern: string) => string[] | null;

/**
 * Refuses parameters that a route does not know. Otherwise a filter with a typo in its name would return everything, as
 * if that had been asked for.
 */
export function knownParameters(parametersOf: ParametersOf): RequestHandler {
  return (request, _response, next) => {
    const method = request.method === "HEAD" ? "GET" : request.method;
    const known = parametersOf(method, String(request.route.path));
    const unknown = Object.keys(request.query).filter((name) => known !== null && !known.includes(name));
    if (unknown.length === 0) return next();
    const those = known?.length ? `use ${known.join(", ")}` : "it takes none";
    const errors = unknown.map((path) => ({ path, message: `is not a parameter of this route; ${those}` }));
    throw invalid("the query is not valid", errors);
  };
}
