/** A vendor's format as a document: where its payload says what. The native adapters are such documents, and a site may bring its own. */
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

const word = z.string().max(200).meta({ description: "compared without case; `outbound*` is whatever starts so" });

const places = z.union([path, list(path)], "must be a path, or a list of them");

const conditionSchema = z
  .strictObject({
    at: places,
    is: list(word).optional(),
    matches: re2.optional(),
    blank: z.boolean().optional().meta({ description: "whether nothing is there" }),
  })
  .meta({ description: "holds where all that it says is so of the first of these fields that is not blank" });
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
        join: list(path).optional().meta({ description: "several fields in one, none of which may be blank" }),
        match: re2.optional().meta({ description: "of what is found, the first group, or all that matches" }),
        when: list(conditionSchema).optional(),
      })
      // Aborts, so that the whole is told what it takes.
      .refine((source) => PLACES.filter((place) => source[place] !== undefined).length === 1, { abort: true }),
  ],
  `must be a path, or an object with exactly one of ${PLACES.join(", ")}`,
);
export type Source = z.infer<typeof sourceSchema>;

const fieldSchema = z.union(
  [sourceSchema, list(sourceSchema)],
  `must be a place (a path, or an object with exactly one of ${PLACES.join(", ")}), or a list of them`,
);
/** Places in the order in which they are tried: the first that is not blank counts. */
export type Field = z.infer<typeof fieldSchema>;

const either = <T extends z.ZodType>(rule: T) => z.union([rule, list(rule)], "must be an object, or a list of them");

const timeSchema = z.strictObject({
  from: fieldSchema.meta({ description: "the time, or where `date` is given the time of day" }),
  date: fieldSchema.optional(),
  format: name
    .refine(
      (text) => patternOf(text) !== null,
      "has letters that mean nothing here (put plain text into 'quotes'), or no year, month or day",
    )
    .optional()
    .meta({
      description:
        "epoch_s, epoch_ms, epoch_us, or a pattern of yyyy yy MMM MM M dd d HH H hh h mm ss SSS a Z; left out: ISO 8601, RFC 2822, dd.MM.yyyy, epoch seconds or milliseconds by their digits",
    }),
  zone: z
    .union([timeZone, z.strictObject({ path })], "must be a time zone, or the path of one")
    .optional()
    .meta({ description: "of times that do not say theirs; the vendor's `timezone` where left out" }),
  is: z.enum(["start", "end"]).optional().meta({ description: "an end less the duration is the call's start" }),
});
export type TimeRule = z.infer<typeof timeSchema>;

/** What a field says, by a table of words; some are known without one. */
const said = <T extends z.ZodType>(value: T) =>
  z.strictObject({ from: fieldSchema, values: z.record(word, value).optional() });

const answeredSchema = said(z.boolean().nullable()).meta({
  description: "the usual words (answered, completed, busy, no-answer, 1, 0 …) need no `values`",
});
const directionSchema = said(name).meta({
  description:
    "`inbound`, or what it is instead: outbound, text, form, chat, mail, fax …; the usual words for these need no `values`",
});
const revisionSchema = said(z.int().min(0).max(1_000_000)).extend({
  as: z
    .literal("time")
    .optional()
    .meta({ description: "a time counts in seconds since the call's start; else it is a number" }),
});

const template = name
  .regex(
    /^([^{}]|\{(body|url|address|query|form|header:[^{}]+)\})+$/,
    "can hold {body}, {url}, {address}, {query}, {form}, {header:NAME}",
  )
  .meta({
    description:
      "{body}, {url} as the vendor was given it, {address} (the URL before its query), {query} (its parameters unescaped and sorted by name, `a=1&b=2`), {form} (its fields sorted by name, name and value after each other), {header:NAME}, and text between",
  });

export const signatureSchema = z.strictObject({
  from: fieldSchema.meta({ description: "where the signature, or the secret itself, comes" }),
  algorithm: z.enum(["hmac-sha1", "hmac-sha256", "ed25519", "secret", "basic"]),
  encoding: z.enum(["base64", "hex"]).optional(),
  prefix: name.optional().meta({ description: "what stands before the signature, as in `sha256=…`" }),
  signed: z
    .union([template, list(template)], "must be a template, or a list of them")
    .optional()
    .meta({ description: "what is signed; {body} where left out. Of a list, any one" }),
  body_hash: fieldSchema.optional().meta({
    description: "where the body's SHA-256 (hexadecimal) is: it then stands for a body that is no form",
  }),
  time: fieldSchema.optional().meta({ description: "when it was signed" }),
  max_age_s: z.int().min(1).max(31_536_000).optional().meta({ description: "86,400 where left out" }),
});
export type SignatureRule = z.infer<typeof signatureSchema>;

export const mappingSchema = z.strictObject({
  sources: z.array(z.string().max(1_000)).max(50).optional().meta({ description: "where all this was looked up" }),
  body: z
    .strictObject({
      as: z.enum(["json", "form", "xml"]).optional().meta({ description: "by the content type where left out" }),
      field: path.optional().meta({ description: "a field that holds all of it as JSON" }),
      items: path.optional().meta({ description: "a list, or JSON of one, each of whose items is a call event" }),
      within: list(path).optional().meta({
        description: "objects whose fields count as if they stood at the top, where there is none of the name",
      }),
    })
    .optional(),
  signature: signatureSchema.optional(),
  only: list(conditionSchema).optional().meta({ description: "all must hold, else it is no call" }),
  not: list(conditionSchema).optional().meta({ description: "none may hold" }),
  id: fieldSchema,
  time: either(timeSchema),
  context_id: fieldSchema.optional().meta({ description: "`context_id` where left out" }),
  visitor_id: fieldSchema.optional().meta({ description: "the vendor's own id for the visitor" }),
  visitor_prefixes: list(name).optional().meta({ description: "how the vendor's own ids for visitors start" }),
  url: fieldSchema.optional(),
  source: fieldSchema.optional(),
  total: z
    .strictObject({
      from: fieldSchema,
      currency: fieldSchema.optional(),
      decimal: z.enum([".", ","]).optional().meta({
        description: "told by the amount itself where left out: 1,234 is a thousand and more, 1.234 is refused",
      }),
      minor_digits: z.int().min(0).max(4).optional().meta({ description: "2 where an amount is in cents" }),
    })
    .optional(),
  duration: z
    .strictObject({
      from: fieldSchema,
      unit: z.enum(["s", "ms", "min"]).optional(),
      since: fieldSchema.optional().meta({ description: "a time: the duration is from it to the time that `from` is" }),
    })
    .optional(),
  answered: either(answeredSchema).optional(),
  direction: either(directionSchema).optional(),
  caller: fieldSchema.optional(),
  dialled: fieldSchema.optional(),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, "must be a country's two letters, such as GB")
    .optional()
    .meta({ description: "of phone numbers that are written without one; the vendor's own `country` goes before it" }),
  international: z
    .boolean()
    .optional()
    .meta({ description: "whether phone numbers begin with their country also where no `+` is before it" }),
  revision: either(revisionSchema)
    .optional()
    .meta({ description: "which of two events of one call overrules: the sum of these" }),
  personal: list(path).optional().meta({ description: "fields that are never kept" }),
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
