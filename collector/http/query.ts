/** Reading a request's query. */
import type { z } from "zod";
import { faults } from "../wire/common";
import { invalid } from "./problem";

/** Parses a query by its schema, an empty parameter being none; throws a 400 that names the parameter. */
export function parseQuery<T extends z.ZodType>(schema: T, query: Record<string, unknown>): z.output<T> {
  const parsed = schema.safeParse(Object.fromEntries(Object.entries(query).filter(([, value]) => value !== "")));
  if (!parsed.success) throw invalid("the query is not valid", faults(parsed.error));
  return parsed.data;
}
