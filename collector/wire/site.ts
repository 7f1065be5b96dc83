/** The shape of the site document (contract 7). `site/check.ts` checks what a shape cannot express. */
import { z } from "zod";
import { bridgeSchema } from "./bridge";
import { CURRENCIES, summaryType } from "./common";
import { ENTITY_NAME, SLUG, SLUG_WORDS } from "./ids";
import { RULE_FIELDS, STATUSES } from "./lists";
import { mappingSchema } from "./mapping";
import { timeZone } from "./zone";

const slug = z.string().regex(SLUG, `must be ${SLUG_WORDS}`);

const origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, {
  error: "must be an origin such as https://shop.example, without a path",
});

const httpUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    error: "must be an http or https URL",
    abort: true,
  })
  // URL accepts a bare %, but the code that sends the request does not
  // (https://url.spec.whatwg.org/#userinfo-percent-encode-set).
  .refine((text) => hasReadableUser(new URL(text)), "must write a % in its user or password as %25");

function hasReadableUser({ username, password }: URL): boolean {
  try {
    return decodeURIComponent(`${username}:${password}`) !== "";
  } catch {
    return false;
  }
}

export const entitySchema = z.strictObject({
  name: z
    .string()
    .regex(ENTITY_NAME, "must begin with a letter or _, followed by at most 63 letters, digits or _")
    .meta({ description: "your name for the value; unique in the site" }),
  type: z.enum(["simple", "expression"]).meta({
    description:
      "`simple`: a literal or the path of a variable, read once in each view (not an element whose id is the variable's name). `expression`: any single JavaScript expression, followed while the page is open",
  }),
  scope: z.enum(["session", "page_view"]).meta({
    description:
      "whether a call gets the last value of the visit (`session`) or of the page it came from (`page_view`)",
  }),
  value: z
    .string()
    .min(1)
    .max(10_000)
    .meta({ description: "the JavaScript, exactly as you would type it into your page's console" }),
  identifies: slug
    .optional()
    .meta({ description: "the vendor whose visitor id this value is; the vendor's calls then match by alias" }),
});
export type Entity = z.infer<typeof entitySchema>;

const vendorSchema = z.strictObject({
  name: slug.meta({ description: "your name for the vendor; it is part of the vendor's URL" }),
  adapter: z
    .string()
    .default("qprotocol")
    .meta({ description: "the format in which the vendor reports calls: see vendors.md" }),
  type: summaryType.optional().meta({
    description: "the type of calls in the vendor's own format; `ecBasketTransactionSummary` if left out",
  }),
  offline_prefixes: z.array(z.string().min(1).max(64)).max(50).default([]).meta({
    description: "how the vendor's own visitor ids begin, if the vendor sends them in place of the context_id",
  }),
  unusable: z
    .array(
      z.strictObject({
        field: z.enum(RULE_FIELDS).meta({ description: "the field of the call to look at" }),
        matches: z.string().min(1).max(200).meta({ description: "an RE2 expression" }),
      }),
    )
    .max(50)
    .default([])
    .meta({ description: "which offline calls belong to no visit, and are left out of the match rate" }),
  context_id_from: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: "the field that carries the context_id, if it is not the format's usual one" }),
  visitor_id_from: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: "the field that carries the vendor's own visitor id, if it is not the format's usual one" }),
  timezone: timeZone.optional().meta({ description: "the zone of times that do not state one; `UTC` if left out" }),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, "must be a two-letter country code, such as GB")
    .optional()
    .meta({ description: "the country of phone numbers written without one; the format decides if left out" }),
  mapping: mappingSchema
    .optional()
    .meta({ description: "the vendor's format, if its adapter is `custom`: see vendors.md" }),
  secret: z.string().min(1).max(500).nullable().optional().meta({
    description:
      "the key or password that the vendor uses. Calljoin never shows it again, and keeps it if you leave it out; `null` removes it",
  }),
  bridge: bridgeSchema.optional().meta({ description: "how the page hands the context_id to the vendor's own tag" }),
});
export type Vendor = z.infer<typeof vendorSchema>;

/** The formats in which a webhook can be told: our own bodies, or a platform's. */
export const FORMATS = [
  "json",
  "form",
  "query",
  "ga4",
  "google_data_manager",
  "google_ads_csv",
  "microsoft_ads_csv",
  "meta_capi",
] as const;

const digits = (what: string) => z.string().regex(/^\d{1,20}$/, `must be ${what}, only digits`);

export const webhookSchema = z.strictObject({
  name: slug.meta({ description: "your name for the webhook" }),
  url: httpUrl.optional().meta({
    description: "where to send. Its query may contain values: `?order={{transaction.id}}`. Platforms do not need one",
  }),
  on: z
    .array(z.enum(["call.matched", "call.updated", "call.unmatched"]))
    .min(1)
    .default(["call.matched"])
    .meta({ description: "the events to send; advertising platforms get whatever counts for them" }),
  format: z.enum(FORMATS).default("json").meta({
    description: "`json` and `form` are POSTs, `query` is a GET; all others are platforms: see conversions.md",
  }),
  parameters: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(200).meta({ description: "the receiver's name for the value" }),
        value: z.string().min(1).max(500).meta({
          description: "one of `GET /v1/sites/ID/parameters`, or a constant as JSON",
        }),
      }),
    )
    .max(200)
    .default([])
    .meta({
      description:
        "what to send in addition to `event`, `call_id` and `version`. For an advertising platform: where click ids and consent are, if not in the entities with those names",
    }),
  filter: z
    .strictObject({
      status: z.array(z.enum(STATUSES)).min(1).optional().meta({ description: "only calls with these statuses" }),
      vendor: z.array(slug).min(1).optional().meta({ description: "only calls from these vendors" }),
      type: z.array(summaryType).min(1).optional().meta({ description: "only calls of these types" }),
      goal: z.array(slug).min(1).optional().meta({ description: "only calls that meet one of these goals" }),
    })
    .default({})
    .meta({ description: "which calls to send: those that pass every list you give" }),
  measurement_id: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: "the id of the GA4 stream, such as `G-1A2B3C4D5E`" }),
  account_id: digits("the id of the Google Ads account").optional().meta({
    description: "the id of the Google Ads account that owns the conversion action, without hyphens",
  }),
  login_account_id: digits("the id of a Google Ads account").optional().meta({
    description: "the id of the manager account through which the service account has access, if there is one",
  }),
  conversion_action: digits("the id of a conversion action").optional().meta({
    description: "the id of the conversion action in Google Ads",
  }),
  conversion_name: z.string().min(1).max(100).optional().meta({
    description:
      "the platform's name for the conversion; if left out, each goal that a call meets is a conversion with the goal's name",
  }),
  pixel_id: digits("the id of a dataset").optional().meta({ description: "the id of the dataset (pixel) at Meta" }),
  test_event_code: z.string().min(1).max(50).optional().meta({
    description: "Meta's test code, such as `TEST12345`: while you set it, events appear under Test events",
  }),
  days: z.int().min(1).max(90).optional().meta({ description: "how far back a file goes; 30 if left out" }),
  api_secret: z.string().min(1).max(10_000).nullable().optional().meta({
    description:
      "the platform's credential: GA4's API secret, Google's service account key (the JSON), Meta's access token. Calljoin never shows it again, and keeps it if you leave it out; `null` removes it",
  }),
  api_secret_file: slug.optional().meta({
    description: "a file in the folder `CALLJOIN_SECRETS` that holds the credential instead",
  }),
  off: z.string().min(1).max(500).optional().meta({
    description:
      "why the webhook is off. The collector writes it when the receiver answers 410; leave it out to send again",
  }),
});
export type Webhook = z.infer<typeof webhookSchema>;

const goalSchema = z.strictObject({
  name: slug.meta({ description: "your name for the goal" }),
  types: z.array(summaryType).min(1).optional().meta({ description: "only calls of these types" }),
  min_total: z
    .number()
    .optional()
    .meta({ description: "only calls with a total of at least this; a call without a total does not count" }),
  min_duration_s: z.int().min(0).optional().meta({ description: "only calls that lasted at least this many seconds" }),
  unanswered: z.boolean().optional().meta({ description: "whether calls that nobody answered count, too" }),
  value: z.number().min(0).optional().meta({ description: "what a call without a total is worth" }),
  currency: z
    .string()
    .refine((code) => CURRENCIES.has(code), "must be an ISO 4217 currency, such as GBP")
    .optional()
    .meta({ description: "of `value`" }),
});
export type Goal = z.infer<typeof goalSchema>;

export const siteSchema = z.strictObject({
  // A client may save what it has read, unchanged.
  tracking_id: z.string().optional().meta({ description: "set by the collector; ignored when you save" }),
  version: z.number().optional().meta({
    description:
      "the version that you read. If somebody has saved a newer one since, the collector refuses yours (409)",
  }),
  warnings: z.unknown().optional().meta({ description: "set by the collector; ignored when you save" }),
  name: z.string().min(1).max(200).meta({ description: "the name that people see" }),
  origins: z.array(origin).max(200).default([]).meta({
    description:
      "the addresses of your pages: scheme, host and any port. The collector refuses other pages; if you list none, any page may send",
  }),
  entities: z
    .array(entitySchema)
    .max(200)
    .default([])
    .meta({ description: "the values that the tag reads on your pages" }),
  vendors: z.array(vendorSchema).max(100).default([]).meta({ description: "who reports your calls" }),
  webhooks: z.array(webhookSchema).max(100).default([]).meta({ description: "the programs to tell about calls" }),
  goals: z.array(goalSchema).max(100).default([]).meta({
    description:
      "which matched calls count as conversions; a call meets a goal if it meets all of the goal's conditions",
  }),
  consent: z.enum(["not_required", "required"]).default("not_required").meta({
    description: "with `required`, the tag keeps and sends nothing until the visitor agrees",
  }),
  global_privacy_control: z.enum(["denied", "ignored"]).default("denied").meta({
    description: "how to treat a browser that sends Global Privacy Control",
  }),
  window_days: z.int().min(1).max(3650).default(30).meta({
    description: "a call matches only if the visitor was on the site in this many days before it",
  }),
  click_window_days: z.int().min(1).max(90).optional().meta({
    description:
      "if the visit of a call has no click id, the call takes the newest one from the visitor's visits in this many days",
  }),
  retention_days: z
    .int()
    .min(1)
    .max(3650)
    .default(395)
    .meta({ description: "Calljoin deletes data older than this many days" }),
  timezone: timeZone.default("UTC").meta({ description: "the time zone for the days in your reports" }),
  keep_caller: z.enum(["hash", "full", "none"]).default("hash").meta({
    description:
      "what to keep of the caller's number: the SHA-256 of its E.164 form (`hash`), the number too (`full`), or nothing (`none`)",
  }),
});
export type Site = z.infer<typeof siteSchema>;
