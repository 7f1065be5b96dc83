/** A call as it is answered (contract 8). */
import { z } from "zod";
import { summaryType, time } from "./common";

export const STATUSES = ["matched", "offline", "unmatched", "unusable"] as const;
export const REASONS = [
  "offline_vendor_id",
  "ambiguous_alias",
  "unknown_context",
  "no_view_before_call",
  "outside_window",
  "erased",
  "junk_id",
  "no_id",
  "vendor_rule",
] as const;

/** An entity's value: never empty, objects as their JSON text. */
export const entityValue = z.union([z.string(), z.number(), z.boolean()]);
export type EntityValue = z.infer<typeof entityValue>;

export const joinSchema = z.object({
  status: z.enum(STATUSES),
  rule: z.enum(["context_id", "alias"]).nullable(),
  reason: z.enum(REASONS).nullable(),
  gap_ms: z.int().nullable(),
  context_id: z.string().nullable(),
  session_id: z.string().nullable(),
  view_id: z.string().nullable(),
});
export type Join = z.infer<typeof joinSchema>;
export type Reason = NonNullable<Join["reason"]>;

export const callContextSchema = z.object({
  view_number: z.int().nullable(),
  session_number: z.int().nullable(),
  session_view_number: z.int().nullable(),
  view_ts: time,
  session_ts: time,
  url: z.string().nullable(),
  referrer: z.string().nullable(),
  entrance_url: z.string().nullable(),
});
export type CallContext = z.infer<typeof callContextSchema>;

export const totalSchema = z.object({ value: z.number(), currency: z.string().nullable() });
export type Total = z.infer<typeof totalSchema>;

/** What the join makes of a call: a pure function of snapshots, events and site document. */
export const outcomeSchema = z.object({
  id: z.string(),
  vendor: z.string(),
  type: summaryType,
  transaction: z.object({ id: z.string() }),
  total: totalSchema.nullable(),
  ts: time,
  ts_unit: z.enum(["s", "ms"]),
  url: z.string(),
  source: z.string(),
  join: joinSchema,
  context: callContextSchema.nullable(),
  entities: z.record(z.string(), entityValue),
  goals: z.array(z.string()),
});
export type Outcome = z.infer<typeof outcomeSchema>;

/** The outcome with its history (`version`, `late`) and with what is computed when it is read (`conversion_number`). */
export const callSchema = outcomeSchema.extend({
  version: z.int(),
  join: joinSchema.extend({ late: z.boolean() }),
  context: callContextSchema.extend({ conversion_number: z.int().nullable() }).nullable(),
});
export type Call = z.infer<typeof callSchema>;

/** A call that is not matched by then, after its arrival, is told to webhooks as unmatched (contract 9). */
export const UNMATCHED_AFTER_MS = 15 * 60_000;
