/** The site document (contract 7): its shape. What a shape cannot say is checked in `site/check.ts`. */
import { z } from "zod";
import { bridgeSchema } from "./bridge";
import { STATUSES } from "./call";
import { summaryType } from "./common";
import { ENTITY_NAME, SLUG } from "./ids";

const slug = z.string().regex(SLUG, "must be 1 to 64 characters of A-Z a-z 0-9 . _ -, the first a letter or digit");

const origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, {
  error: "must be an origin such as https://shop.example, without a path",
});

const httpUrl = z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
  error: "must be an http or https URL",
});

export const entitySchema = z.strictObject({
  name: z.string().regex(ENTITY_NAME, "must match ^[A-Za-z_][A-Za-z0-9_]{0,63}$"),
  type: z.enum(["simple", "expression"]),
  scope: z.enum(["session", "page_view"]),
  value: z.string().min(1).max(10_000).meta({ description: "JavaScript, exactly as it stands on the site" }),
  identifies: slug.optional().meta({ description: "the vendor whose own visitor id this value is" }),
});
export type Entity = z.infer<typeof entitySchema>;

/** The call's own fields, which a vendor's rule may look at. */
export const RULE_FIELDS = [
  "source",
  "url",
  "context_id",
  "transaction.id",
  "type",
  "total.value",
  "total.currency",
] as const;

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== null;
  } catch {
    return false;
  }
}

const vendorSchema = z.strictObject({
  name: slug,
  adapter: z.string().default("qprotocol"),
  type: summaryType.optional().meta({ description: "of calls in the vendor's own format" }),
  offline_prefixes: z.array(z.string().min(1).max(64)).max(50).default([]),
  unusable: z
    .array(z.strictObject({ field: z.enum(RULE_FIELDS), matches: z.string().min(1).max(200) }))
    .max(50)
    .default([]),
  context_id_from: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: "the field of the vendor's own format that carries the context_id" }),
  visitor_id_from: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: "the field that carries the vendor's own id for the visitor" }),
  timezone: z
    .string()
    .refine(isTimeZone, "must be a time zone such as Europe/London")
    .optional()
    .meta({ description: "of times in the vendor's own format that do not say theirs; UTC where left out" }),
  secret: z.string().min(1).max(500).nullable().optional().meta({ description: "never read back; null removes it" }),
  bridge: bridgeSchema.optional(),
});
export type Vendor = z.infer<typeof vendorSchema>;

const webhookSchema = z.strictObject({
  name: slug,
  url: httpUrl
    .optional()
    .meta({ description: "its query may hold values: ?order={{transaction.id}}; GA4 has its own" }),
  on: z
    .array(z.enum(["call.matched", "call.updated", "call.unmatched"]))
    .min(1)
    .default(["call.matched"]),
  format: z.enum(["json", "form", "query", "ga4"]).default("json"),
  parameters: z
    .array(z.strictObject({ name: z.string().min(1).max(200), value: z.string().min(1).max(500) }))
    .max(200)
    .default([]),
  filter: z
    .strictObject({
      status: z.array(z.enum(STATUSES)).min(1).optional(),
      vendor: z.array(slug).min(1).optional(),
      type: z.array(summaryType).min(1).optional(),
      goal: z.array(slug).min(1).optional(),
    })
    .default({})
    .meta({ description: "a call is told of where each list that is given holds it" }),
  measurement_id: z.string().min(1).max(100).optional().meta({ description: "GA4's, such as G-1A2B3C4D5E" }),
  api_secret: z
    .string()
    .min(1)
    .max(500)
    .nullable()
    .optional()
    .meta({ description: "GA4's; never read back; null removes it" }),
  off: z.string().min(1).max(500).optional().meta({ description: "why nothing is sent; leave it out to switch on" }),
});
export type Webhook = z.infer<typeof webhookSchema>;

const goalSchema = z.strictObject({
  name: slug,
  types: z.array(summaryType).min(1).optional(),
  min_total: z.number().optional(),
});
export type Goal = z.infer<typeof goalSchema>;

export const siteSchema = z.strictObject({
  // What a reader got back may be saved again as it is: these two are the collector's to say, and ignored here.
  tracking_id: z.string().optional(),
  version: z.number().optional(),
  name: z.string().min(1).max(200),
  origins: z.array(origin).max(200).default([]),
  entities: z.array(entitySchema).max(200).default([]),
  vendors: z.array(vendorSchema).max(100).default([]),
  webhooks: z.array(webhookSchema).max(100).default([]),
  goals: z.array(goalSchema).max(100).default([]),
  consent: z.enum(["not_required", "required"]).default("not_required"),
  global_privacy_control: z.enum(["denied", "ignored"]).default("denied"),
  window_days: z.int().min(1).max(3650).default(30),
  retention_days: z.int().min(1).max(3650).default(395),
});
export type Site = z.infer<typeof siteSchema>;
