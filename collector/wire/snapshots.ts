/**
 * Snapshots as the SDK posts them (contract 4). The envelope is accepted or refused as a whole; each snapshot in it is
 * judged on its own.
 */
import { z } from "zod";
import { contextId, time, viewOrSessionId } from "./common";
import { ENTITY_NAME } from "./ids";
import { wellFormed } from "./text";

const count = z
  .int()
  .min(0)
  .max(2 ** 31);

export const viewSchema = z.object({
  number: count,
  session_number: count,
  session_view_number: count,
  session_at: time,
  url: z.string().max(16_384).overwrite(wellFormed),
  referrer: z.string().max(16_384).overwrite(wellFormed).default(""),
  title: z.string().max(4_096).overwrite(wellFormed).default(""),
});
export type View = z.infer<typeof viewSchema>;

const entityName = z
  .string()
  .regex(ENTITY_NAME, "is not a valid entity name: use letters, digits and _, beginning with a letter or _");

export const snapshotSchema = z.object({
  view_id: viewOrSessionId,
  session_id: viewOrSessionId,
  seq: count,
  at: time,
  view: viewSchema.optional(),
  entities: z
    .record(entityName, z.json())
    .refine((entities) => Object.keys(entities).length <= 200, "must not have more than 200 names")
    .default({}),
  /** What entities threw since the view's last snapshot. The coverage report uses it; no join does. */
  errors: z.record(entityName, z.string().max(1_000).overwrite(wellFormed)).optional(),
});
export type Snapshot = z.infer<typeof snapshotSchema>;

export const envelopeSchema = z.object({
  v: z.literal(1),
  site: z.string().min(1).max(64),
  context_id: contextId,
  sent_at: time,
  snapshots: z.array(z.unknown()).max(1_000),
});

/**
 * The answer to a batch of snapshots or call events: what was kept, what was already known, and what was refused and
 * why.
 */
export const receiptSchema = z.object({
  accepted: z.int(),
  duplicate: z.int(),
  rejected: z.array(z.object({ index: z.int(), reason: z.string(), detail: z.string() })),
});
export type Receipt = z.infer<typeof receiptSchema>;

/** Why something was refused. The list is closed. */
export const REJECT_REASONS = ["invalid", "unknown_type", "conflict", "erased"] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];
