/** Query parameters that several reports share, and the cursor of their pages. */
import { z } from "zod";
import { invalid } from "../http/problem";
import { STATUSES } from "../wire/call";

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** A time: epoch milliseconds, or ISO 8601 with its zone (a date alone is UTC). */
export const when = z
  .string()
  .refine((text) => /^\d{1,16}$/.test(text) || (ISO.test(text) && !Number.isNaN(Date.parse(text))), {
    error: "must be epoch milliseconds, or ISO 8601 with a zone",
  })
  .transform((text) => (/^\d+$/.test(text) ? Number(text) : Date.parse(text)));

const span = { from: when.optional(), to: when.optional() };

/** Who asks for more gets this many, and a cursor. */
const MAX_LIMIT = 500;

export const page = {
  cursor: z.string().optional(),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, "must be a whole number from 1")
    .transform(Number)
    .transform((limit) => Math.min(limit, MAX_LIMIT))
    .default(50),
};

export const callsQuery = z.object({
  status: z.enum(STATUSES).optional(),
  vendor: z.string().optional(),
  transaction_id: z.string().optional(),
  context_id: z.string().optional(),
  ...span,
  ...page,
});

export const explainQuery = z.object({ explain: z.enum(["0", "1"]).optional() });
export const rateQuery = z.object({ by: z.enum(["vendor", "day"]).optional(), ...span });
export const rejectedQuery = z.object({ reason: z.string().optional(), ...page });
export const tableQuery = z.object({ format: z.enum(["json", "ndjson", "csv"]).default("json"), ...span });

/** A place in a list as an opaque cursor. */
export function cursorOf(place: [number, string]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

const placeSchema = z.tuple([z.int(), z.string()]);

/** The place that a cursor stands for, null where there is none; throws a 400 for one that this collector did not make. */
export function placeOf(cursor: string | undefined): [number, string] | null {
  if (cursor === undefined) return null;
  try {
    return placeSchema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch {
    throw invalid("the query is not valid", [{ path: "cursor", message: "is no cursor of this list" }]);
  }
}
