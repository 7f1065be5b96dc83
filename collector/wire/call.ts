/** A call as the collector answers it (contract 8). */
import { z } from "zod";
import { summaryType, time } from "./common";
import { STATUSES } from "./lists";

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

/** An entity's value. It is never empty, and an object is its JSON text. */
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

/** What a vendor says about the call itself, or null where it says nothing. */
export const callFacts = z.object({
  duration_s: z.int().nullable(),
  answered: z.boolean().nullable(),
  /** Only an inbound call is a call (contract 5). */
  direction: z.literal("inbound"),
  caller_sha256: z
    .string()
    .nullable()
    .meta({ description: "the SHA-256 of the caller's number in E.164, in hexadecimal" }),
  caller: z.string().nullable().meta({ description: "the caller's number in E.164, if the site keeps it" }),
  dialled: z.string().nullable().meta({ description: "E.164" }),
});

/** A click id of an earlier visit, used if the call's own visit has none (`click_window_days`). */
export const earlierClick = z.object({ value: entityValue, session_id: z.string(), at: time });

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
  ...callFacts.shape,
  join: joinSchema,
  context: callContextSchema.nullable(),
  entities: z.record(z.string(), entityValue),
  goals: z.array(z.string()),
  earlier_clicks: z
    .record(z.string(), earlierClick)
    .optional()
    .meta({ description: "click ids of an earlier visit, by entity, if the call's own visit has none" }),
});
export type Outcome = z.infer<typeof outcomeSchema>;

/**
 * The outcome, with its history (`version`, `late`) and what is computed when somebody reads it (`conversion_number`).
 */
export const callSchema = outcomeSchema.extend({
  version: z.int(),
  join: joinSchema.extend({ late: z.boolean() }),
  context: callContextSchema.extend({ conversion_number: z.int().nullable() }).nullable(),
});
export type Call = z.infer<typeof callSchema>;

/** Why a call is not a conversion at a destination. `refused` is the platform's word. */
export const CONVERSION_REASONS = ["not_a_goal", "no_click_id", "no_consent", "too_old", "refused"] as const;

/** How a call stands with a destination. */
export const conversionSchema = z.object({
  destination: z.string(),
  format: z.string(),
  state: z.enum(["sent", "waiting", "not_sent"]),
  reason: z.enum(CONVERSION_REASONS).nullable(),
  detail: z.string().nullable().meta({ description: "the reason in words; for `refused`, the platform's own words" }),
  click_session_id: z.string().nullable().meta({ description: "the visit that its click id comes from" }),
});
export type ConversionState = z.infer<typeof conversionSchema>;

/** What would happen to a vendor's request, event by event (contract 5). */
export const triedSchema = z.object({
  signed: z.boolean().nullable().meta({ description: "null if the vendor shares no secret with the site" }),
  events: z.array(
    z.object({
      index: z.int(),
      verdict: z.enum(["accepted", "duplicate", "rejected"]),
      reason: z.string().optional(),
      detail: z.string().optional(),
      type: summaryType.optional(),
      transaction_id: z.string().optional(),
      ts: time.optional(),
      ts_unit: z.enum(["s", "ms"]).optional(),
      time: z.string().optional().meta({ description: "the call's start in UTC, ISO 8601" }),
      context_id: z.string().nullable().optional(),
      visitor_id: z.string().nullable().optional().meta({ description: "the vendor's own visitor id" }),
      url: z.string().nullable().optional(),
      source: z.string().nullable().optional(),
      total: totalSchema.nullable().optional(),
      ...callFacts.partial().shape,
      revision: z.int().optional(),
      call: outcomeSchema.optional().meta({ description: "the call with its join, as Calljoin would store it" }),
      kept: z.unknown().meta({ description: "the event as Calljoin would keep it" }),
    }),
  ),
});

/**
 * If two clocks differ by no more than this, they count as one (contract 6, "Clocks"). The difference may be just
 * network delay.
 */
export const CLOCK_TOLERANCE_MS = 10_000;

/** If a call is not matched this long after its arrival, webhooks are told that it is unmatched (contract 9). */
export const UNMATCHED_AFTER_MS = 15 * 60_000;
