/** What goes into the routes and comes out of them. The same schemas check and type it. */
import { z } from "zod";
import { signInSchema, tokenSchema } from "../console/routes";
import { replaySchema } from "../forward/routes";
import { qprotocolEvent } from "../intake/adapters/qprotocol";
import { replayRejectedSchema } from "../intake/replay";
import { previewSchema } from "../read/webhooks";
import { checkSchema, reportSchema } from "../site/checks";
import { callSchema, conversionSchema, triedSchema } from "../wire/call";
import { entitySchema, siteSchema } from "../wire/site";
import { envelopeSchema, receiptSchema, snapshotSchema } from "../wire/snapshots";

const faultSchema = z.object({ path: z.string(), message: z.string() });

/** Epoch milliseconds, or null until it happens. */
const moment = z.int().nullable();

const list = (key: string, item: z.ZodType = z.looseObject({})) =>
  z.object({ [key]: z.array(item), next_cursor: z.string().nullable().optional() });

export const schemas = {
  Site: siteSchema,
  Envelope: envelopeSchema.extend({ snapshots: z.array(snapshotSchema) }),
  CallEvents: z.union([z.object({ events: z.array(qprotocolEvent) }), z.array(qprotocolEvent)]),
  Receipt: receiptSchema,
  Tried: triedSchema,
  Call: callSchema,
  CallInFull: callSchema.extend({ conversions: z.array(conversionSchema).optional() }),
  Calls: list("calls", callSchema),
  Rows: list("rows"),
  Sites: list("sites"),
  Vendors: list("vendors"),
  Entities: list("entities"),
  Parameters: list("parameters"),
  Presets: z.object({
    presets: z.array(z.object({ title: z.string(), entity: entitySchema })),
    adapters: z.array(z.string()),
    signed: z.array(z.string()).meta({ description: "those of them whose requests can be checked with a secret" }),
  }),
  Deliveries: list("deliveries"),
  Rejected: list("rejected"),
  Replay: replaySchema,
  ReplayRejected: replayRejectedSchema,
  Replayed: z.object({
    replayed: z.int(),
    refused: z.int().optional().meta({ description: "were refused again" }),
    remaining: z.int().optional().meta({ description: "up to 10,000; while there are any, call again" }),
    before: z.int().optional(),
    next_cursor: z.string().nullable().optional(),
  }),
  Preview: previewSchema,
  Previewed: z.object({
    method: z.string(),
    url: z.string().nullable().meta({ description: "null for a file, which is fetched" }),
    headers: z.record(z.string(), z.string()),
    body: z.string(),
    signed: z.boolean().meta({ description: "false for a webhook that is not saved yet" }),
  }),
  Told: z.array(z.object({ webhook: z.string(), sent: z.boolean(), why: z.string() })),
  Checked: z.object({ errors: z.array(faultSchema), warnings: z.array(faultSchema) }),
  Token: z.object({ token: z.string() }),
  NamedToken: tokenSchema,
  Tokens: z.object({
    tokens: z.array(
      z.object({
        name: z.string(),
        role: z.enum(["admin", "reader"]),
        sites: z.array(z.string()).nullable(),
        made_at: z.int(),
        last_used_at: z.int().nullable(),
      }),
    ),
  }),
  SignIn: signInSchema,
  Session: z.object({
    name: z.string(),
    role: z.enum(["admin", "reader"]),
    sites: z.array(z.string()).nullable().meta({ description: "null for all" }),
    expires_at: z.int().nullable().meta({ description: "null where the token itself was sent" }),
    public_url: z.string().nullable().meta({ description: "CALLJOIN_PUBLIC_URL" }),
  }),
  Link: z.object({ link: z.string(), path: z.string() }),
  Versions: list("versions"),
  Check: checkSchema,
  CheckKey: z.object({ key: z.string(), url_fragment: z.string(), expires_at: z.int() }),
  Report: reportSchema,
  Reports: z.object({
    state: z.enum(["waiting", "reported", "live"]),
    reports: z.array(reportSchema.partial().extend({ at: z.int() })),
    expires_at: z.int(),
  }),
  Conversions: z.object({
    rows: z.array(
      z.object({
        key: z.string(),
        conversions: z.int(),
        value: z
          .record(z.string(), z.number())
          .optional()
          .meta({ description: "by currency; `XXX` where none was told" }),
        sent: z.int().optional(),
        waiting: z.int().optional(),
        not_sent: z.int().optional(),
        reasons: z.record(z.string(), z.int()).optional(),
      }),
    ),
  }),
  Attention: z.object({
    items: z.array(
      z.object({
        kind: z.string(),
        text: z.string(),
        link: z.string().meta({ description: "below the site's console" }),
      }),
    ),
  }),
  Progress: z.object({
    page_seen_at: moment,
    context_seen_at: moment,
    entity_seen_at: moment,
    first_event_at: moment,
    first_match_at: moment,
  }),
  System: z.object({
    version: z.string(),
    node: z.string(),
    store: z.object({
      engine: z.enum(["sqlite", "postgres"]),
      rows: z.record(z.string(), z.int()).meta({ description: "by table; those of the largest are estimates" }),
      bytes: z.int(),
    }),
    backlog: z.object({ due: z.int(), deliveries: z.int() }).meta({ description: "each up to 10,000" }),
    last_retention_at: moment,
    collectors: z.array(z.object({ id: z.string(), version: z.string(), last_seen_at: z.int() })),
    metrics_url: z.string().nullable(),
  }),
  Secret: z.object({ secret: z.string() }),
  Key: z.object({ key: z.string(), path: z.string() }),
  DryRun: z.object({
    from: z.int(),
    to: z.int(),
    calls: z.int(),
    would_send: z.int(),
    reasons: z.record(z.string(), z.int()),
  }),
  Later: z.object({ detail: z.string(), retry_after_s: z.int() }),
  Anything: z.looseObject({}),
  Problem: z.object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(faultSchema).optional(),
  }),
};

export type Schema = keyof typeof schemas;
