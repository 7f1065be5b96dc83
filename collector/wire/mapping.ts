/**
 * A vendor's format as a document: where its payload holds what. The native adapters are such documents, and a site may
 * bring its own.
 */
import { RE2JS } from "re2js";
import { z } from "zod";
import { stepsOf } from "./path";
import { patternOf } from "./pattern";
import { timeZone } from "./zone";

const name = z.string().min(1).max(200);
const list = <T extends z.ZodType>(item: T) => z.array(item).min(1).max(50);

const path = name
  .refine((text) => stepsOf(text) !== null, "must be a path such as data.custom[name=context_id].value")
  .meta({
    description: "a field of the payload: `data.id`, `call[id]`, `calls[0]`, `custom_data[name=context_id].value`",
  });

const re2 = name.refine((text) => {
  try {
    return RE2JS.compile(text) !== null;
  } catch {
    return false;
  }
}, "is not a valid RE2 expression");

const word = z.string().max(200).meta({
  description: "compared without upper and lower case; `outbound*` matches every word that starts with `outbound`",
});

const places = z.union([path, list(path)], "must be a path or a list of paths");

const conditionSchema = z
  .strictObject({
    at: places,
    is: list(word).optional(),
    matches: re2.optional(),
    blank: z.boolean().optional().meta({ description: "`true` if the field must be blank, `false` if it must not be" }),
  })
  .meta({ description: "is met if everything that it says is true of the first of these fields that is not blank" });
export type Condition = z.infer<typeof conditionSchema>;

const PLACES = ["path", "header", "query", "value", "join"] as const;

const sourceSchema = z.union(
  [
    path,
    z
      .strictObject({
        path: path.optional(),
        header: name.optional(),
        query: name.optional(),
        value: name.optional().meta({ description: "a constant" }),
        join: list(path).optional().meta({ description: "several fields joined by `-`, none of which may be blank" }),
        match: re2
          .optional()
          .meta({ description: "takes the first group of the match, or all of it if there is no group" }),
        when: list(conditionSchema).optional(),
      })
      // Abort here, so that the union's message says what a place may be.
      .refine((source) => PLACES.filter((place) => source[place] !== undefined).length === 1, { abort: true }),
  ],
  `must be a path, or an object with exactly one of ${PLACES.join(", ")}`,
);
export type Source = z.infer<typeof sourceSchema>;

const fieldSchema = z.union(
  [sourceSchema, list(sourceSchema)],
  `must be a place (a path, or an object with exactly one of ${PLACES.join(", ")}) or a list of places`,
);
/** Places, in the order in which they are tried. The first one that is not blank counts. */
export type Field = z.infer<typeof fieldSchema>;

const either = <T extends z.ZodType>(rule: T) => z.union([rule, list(rule)], "must be an object or a list of objects");

const timeSchema = z.strictObject({
  from: fieldSchema.meta({ description: "the time; with `date`, only the time of day" }),
  date: fieldSchema.optional(),
  format: name
    .refine(
      (text) => patternOf(text) !== null,
      "must have year, month and day, and only letters that a pattern knows; put plain text into 'quotes'",
    )
    .optional()
    .meta({
      description:
        "epoch_s, epoch_ms, epoch_us, or a pattern of yyyy yy MMM MM M dd d HH H hh h mm ss SSS a Z. Without it, Calljoin reads ISO 8601, RFC 2822, dd.MM.yyyy, Nov 20, 2026 10:00 AM, and epoch seconds or milliseconds (by the number of digits)",
    }),
  zone: z
    .union([timeZone, z.strictObject({ path })], "must be a time zone or a path")
    .optional()
    .meta({ description: "the zone of times that do not state one; by default the vendor's `timezone`" }),
  is: z
    .enum(["start", "end"])
    .optional()
    .meta({ description: "from an `end`, Calljoin subtracts the duration to find the call's start" }),
});
export type TimeRule = z.infer<typeof timeSchema>;

/** What a field says, according to a table of words. Some words are known without a table. */
const said = <T extends z.ZodType>(value: T) =>
  z.strictObject({ from: fieldSchema, values: z.record(word, value).optional() });

const answeredSchema = said(z.boolean().nullable()).meta({
  description: "the usual words (answered, completed, busy, no-answer, 1, 0 …) need no entry in `values`",
});
const directionSchema = said(name).meta({
  description:
    "`inbound`, or what it is instead: outbound, text, form, chat, mail, fax …; the usual words for these need no entry in `values`",
});
const revisionSchema = said(z.int().min(0).max(1_000_000)).extend({
  as: z.literal("time").optional().meta({
    description: "`time` for a time, which counts in seconds since the call's start; otherwise it is a number",
  }),
});

const template = name
  .regex(
    /^([^{}]|\{(body|url|address|query|form|header:[^{}]+)\})+$/,
    "may contain {body}, {url}, {address}, {query}, {form} and {header:NAME}, and no other braces",
  )
  .meta({
    description:
      "{body}, {url} as you gave it to the vendor, {address} (the URL without its query), {query} (its parameters unescaped and sorted by name, `a=1&b=2`), {form} (its fields sorted by name, each name followed by its value), {header:NAME}, and plain text between them",
  });

export const signatureSchema = z.strictObject({
  from: fieldSchema.meta({ description: "where the request carries the signature, or the secret itself" }),
  algorithm: z.enum(["hmac-sha1", "hmac-sha256", "ed25519", "secret", "basic"]),
  encoding: z.enum(["base64", "hex"]).optional(),
  prefix: name.optional().meta({ description: "the text before the signature, as in `sha256=…`" }),
  signed: z
    .union([template, list(template)], "must be a template or a list of templates")
    .optional()
    .meta({ description: "what the vendor signs; {body} by default. If it is a list, any one of them may match" }),
  body_hash: fieldSchema.optional().meta({
    description: "where the body's SHA-256 (hexadecimal) is; it is then checked for bodies that are not forms",
  }),
  time: fieldSchema.optional().meta({ description: "when the vendor signed the request" }),
  max_age_s: z
    .int()
    .min(1)
    .max(31_536_000)
    .optional()
    .meta({ description: "how old a signed request may be; 86,400 by default" }),
});
export type SignatureRule = z.infer<typeof signatureSchema>;

export const mappingSchema = z.strictObject({
  sources: z.array(z.string().max(1_000)).max(50).optional().meta({ description: "where you looked all this up" }),
  body: z
    .strictObject({
      as: z
        .enum(["json", "form", "xml"])
        .optional()
        .meta({ description: "the body's format; by default the content type decides" }),
      field: path.optional().meta({ description: "the field that holds the whole payload as JSON" }),
      items: path.optional().meta({ description: "a list (or the JSON of a list) whose items are the call events" }),
      within: list(path).optional().meta({
        description:
          "objects whose fields count as if they were at the top level, unless a field of that name is there already",
      }),
    })
    .optional(),
  signature: signatureSchema.optional(),
  only: list(conditionSchema).optional().meta({ description: "all must be met, otherwise the event is not a call" }),
  not: list(conditionSchema).optional().meta({ description: "none may be met" }),
  id: fieldSchema,
  time: either(timeSchema),
  context_id: fieldSchema.optional().meta({ description: "`context_id` by default" }),
  visitor_id: fieldSchema.optional().meta({ description: "the vendor's own visitor id" }),
  visitor_prefixes: list(name).optional().meta({ description: "how the vendor's own visitor ids begin" }),
  url: fieldSchema.optional(),
  source: fieldSchema.optional(),
  total: z
    .strictObject({
      from: fieldSchema,
      currency: fieldSchema.optional(),
      decimal: z.enum([".", ","]).optional().meta({
        description:
          "by default the amount itself decides: 1,234 is one thousand two hundred and thirty-four, 1.234 is refused",
      }),
      minor_digits: z.int().min(0).max(4).optional().meta({ description: "2 if amounts are in cents" }),
    })
    .optional(),
  duration: z
    .strictObject({
      from: fieldSchema,
      unit: z.enum(["s", "ms", "min"]).optional(),
      since: fieldSchema
        .optional()
        .meta({ description: "a time: the duration is the time between `since` and `from`" }),
    })
    .optional(),
  answered: either(answeredSchema).optional(),
  direction: either(directionSchema).optional(),
  caller: fieldSchema.optional(),
  dialled: fieldSchema.optional(),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, "must be a two-letter country code, such as GB")
    .optional()
    .meta({ description: "the country of phone numbers written without one; the vendor's own `country` overrides it" }),
  international: z
    .boolean()
    .optional()
    .meta({ description: "whether phone numbers begin with their country code even without a `+`" }),
  revision: either(revisionSchema)
    .optional()
    .meta({ description: "which of two events of one call overrides the other: the one with the higher sum of these" }),
  personal: list(path).optional().meta({ description: "fields that Calljoin never keeps" }),
  answer: z
    .strictObject({
      status: z.int().min(200).max(299).optional(),
      body: z.string().max(10_000).optional(),
      content_type: z
        .string()
        .max(100)
        .regex(/^[\w.+-]+\/[\w.+-]+(; ?[\w-]+=[\w-]+)*$/, "must be a media type such as application/json")
        .optional(),
    })
    .optional(),
});
/** A vendor's format. */
export type Mapping = z.infer<typeof mappingSchema>;
