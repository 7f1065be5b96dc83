/** Query parameters that several reports share, and the cursor of their pages. */
import { z } from "zod";
import { sha256 } from "../hash";
import { REASONS } from "../wire/call";
import { summaryType } from "../wire/common";
import { ENTITY_NAME } from "../wire/ids";
import { STATUSES } from "../wire/lists";
import { inZone } from "../wire/zone";

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * A time: epoch milliseconds, or ISO 8601 with its zone. A date alone means the start of that day in the site's zone.
 */
const when = z
  .string()
  .refine((text) => /^\d{1,16}$/.test(text) || (ISO.test(text) && !Number.isNaN(Date.parse(text)) && isDay(text)), {
    error: "must be a date, epoch milliseconds, or ISO 8601 with a zone",
  })
  .optional();

/** Date takes 30 February for 2 March. */
function isDay(text: string): boolean {
  const day = text.slice(0, "2026-11-27".length);
  return new Date(day).toISOString().startsWith(day);
}

export const span = { from: when, to: when };

/** A query with its times as epoch ms. */
export function spanIn<Query extends { from?: string | undefined; to?: string | undefined }>(
  zone: string,
  { from, to, ...query }: Query,
) {
  return { ...query, from: epochOf(from, zone), to: epochOf(to, zone) };
}

function epochOf(text: string | undefined, zone: string): number | undefined {
  if (text === undefined || /^\d+$/.test(text)) return text === undefined ? undefined : Number(text);
  return text.length === "2026-11-27".length ? inZone(Date.parse(text), zone) : Date.parse(text);
}

/** How many entries of a list to return: `unlessTold` by default, and never more than `most`. */
export function limitOf(unlessTold: number, most: number) {
  return z
    .string()
    .regex(/^[1-9]\d{0,8}$/, "must be a whole number from 1")
    .transform(Number)
    .transform((limit) => Math.min(limit, most))
    .default(unlessTold);
}

export const page = { cursor: z.string().optional(), limit: limitOf(50, 500) };

/** What calls can be found by. */
const found = {
  status: z.enum(STATUSES).optional(),
  vendor: z.string().optional(),
  reason: z.enum(REASONS).optional(),
  transaction_id: z.string().optional(),
  context_id: z.string().optional(),
  caller: z
    .string()
    // An unencoded plus arrives as a space (https://url.spec.whatwg.org/#urlencoded-parsing).
    .transform((text) => text.replace(/^ /, "+"))
    .refine((text) => /^\+\d{5,15}$/.test(text), "must be a number in E.164, such as +14045550199")
    .optional(),
  entity: z.string().regex(ENTITY_NAME, "must be an entity's name").optional(),
  value: z.string().optional(),
  ...span,
};

type Wanted = { caller?: string | undefined; entity?: string | undefined; value?: string | undefined };

/** A search by entity needs a value, too. */
const isWhole = ({ entity, value }: Wanted) => (entity === undefined) === (value === undefined);
const WHOLE = { path: ["value"], error: "goes with entity, and entity with value" };

export const callsQuery = z.object({ ...found, type: summaryType.optional(), ...page }).refine(isWhole, WHOLE);

/** A query in the form that the store searches by. */
export function searchOf<Query extends Wanted>({ caller, entity, value, ...query }: Query) {
  return {
    ...query,
    ...(caller !== undefined && { caller_sha256: sha256(caller) }),
    ...(entity !== undefined && value !== undefined && { entity: { name: entity, value } }),
  };
}

const flag = z.enum(["0", "1"]).optional();
export const explainQuery = z.object({ explain: flag, events: flag });
export const rateQuery = z.object({ by: z.enum(["vendor", "day", "reason"]).optional(), ...span });
export const coverageQuery = z.object({ days: limitOf(7, 3_650) });
export const rejectedQuery = z.object({ reason: z.string().optional(), ...page });
export const tableQuery = z
  .object({ format: z.enum(["json", "ndjson", "csv"]).default("json"), ...found })
  .refine(isWhole, WHOLE);
