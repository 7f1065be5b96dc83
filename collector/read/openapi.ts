/** The description of the routes, made from the same schemas that check and type what passes through them. */
import { Router } from "express";
import { z } from "zod";
import { signInSchema, tokenSchema } from "../console/routes";
import { COOKIE } from "../console/sessions";
import { replaySchema } from "../forward/routes";
import type { Access } from "../http/auth";
import { qprotocolEvent } from "../intake/adapters/qprotocol";
import { replayRejectedSchema } from "../intake/replay";
import { checkSchema, reportSchema } from "../site/checks";
import { versionQuery } from "../site/routes";
import { callSchema, conversionSchema, triedSchema } from "../wire/call";
import { SUMMARY_TYPES } from "../wire/common";
import { entitySchema, siteSchema } from "../wire/site";
import { envelopeSchema, receiptSchema, snapshotSchema } from "../wire/snapshots";
import { contextQuery } from "./contexts";
import { fileQuery } from "./conversion-routes";
import { conversionsQuery, dryRunQuery } from "./conversions";
import { deliveriesQuery } from "./deliveries";
import { callsQuery, coverageQuery, explainQuery, rateQuery, rejectedQuery, tableQuery } from "./query";
import { previewSchema } from "./webhooks";

const checkQuery = z.object({ key: z.string().optional(), unsent: z.string().optional() });

const faultSchema = z.object({ path: z.string(), message: z.string() });

/** Epoch milliseconds; null until it happens. */
const moment = z.int().nullable();

const list = (key: string, item: z.ZodType = z.looseObject({})) =>
  z.object({ [key]: z.array(item), next_cursor: z.string().nullable().optional() });

const schemas = {
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
    url: z.string(),
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
type Schema = keyof typeof schemas;

/** Access, summary, status of success, what goes in and comes out, and what comes (202) where it takes longer. */
type Route = [Access, string, number, { query?: z.ZodObject; body?: Schema; answer?: Schema; later?: Schema }?];

const site = "/v1/sites/{site}";
const tokenQuery = z.object({ token: z.string().optional() });
const events: Route[3] = { query: tokenQuery, body: "CallEvents", answer: "Receipt" };
const asked: Route[3] = { query: tokenQuery, answer: "Receipt" };
const tables = SUMMARY_TYPES.join(", ");

/** Every route, in the order in which data meets them. */
export const ROUTES: Record<string, Route> = {
  "GET /t/{site}.js": ["public", "the site's tag", 200],
  "GET /inspector.js": [
    "public",
    "what `inspect()` loads, and, by its key, a page that was opened to be checked",
    200,
    { query: checkQuery },
  ],
  "POST /v1/checks/{key}": ["public", "how the tag is doing on such a page", 204, { body: "Report" }],
  "POST /v1/snapshots": ["public", "what a page's tag has read", 202, { body: "Envelope", answer: "Receipt" }],
  "POST /v1/calls/{site}": ["vendor", "calls in QProtocol", 202, events],
  "POST /v1/calls/{site}/{vendor}": ["vendor", "calls in the vendor's own format", 200, asked],
  "GET /v1/calls/{site}/{vendor}": ["vendor", "the same, for vendors that put it into the URL", 200, asked],
  "GET /v1/presets": [
    "admin",
    "entities that many sites want, and the vendors' formats that can be read",
    200,
    { answer: "Presets" },
  ],
  "POST /events/{site}": ["vendor", "calls in QProtocol, where existing integrations post them", 202, events],
  "POST /events/raw/{site}": ["vendor", "calls in QProtocol, where existing integrations post them", 202, events],
  "GET /v1/sites": ["reader", "all sites, with their newest version", 200, { answer: "Sites" }],
  [`PUT ${site}`]: ["admin", "saves a site document as its next version", 200, { body: "Site", answer: "Site" }],
  [`GET ${site}`]: ["admin", "a site document", 200, { query: versionQuery, answer: "Site" }],
  [`POST ${site}/check`]: [
    "admin",
    "what is wrong with a site document, or surprising; nothing is saved",
    200,
    { body: "Site", answer: "Checked" },
  ],
  [`GET ${site}/versions`]: [
    "admin",
    "when each version of the site document was saved, and whose token did it",
    200,
    { answer: "Versions" },
  ],
  [`GET ${site}/vendors`]: [
    "reader",
    "for each vendor, its last event and its last ten refusals",
    200,
    { answer: "Vendors" },
  ],
  [`POST ${site}/vendors/{vendor}/token`]: [
    "admin",
    "makes a token for a vendor, and shows it this once; the one before works for 24 hours more",
    201,
    { answer: "Token" },
  ],
  [`POST ${site}/vendors/{vendor}/try`]: [
    "admin",
    "what would come of a vendor's request; nothing is stored",
    200,
    // Some vendors say it all in the query.
    { query: z.looseObject({}), body: "Anything", answer: "Tried" },
  ],
  [`POST ${site}/webhooks/{webhook}/secret`]: [
    "admin",
    "makes a signing secret, and shows it this once; the one before signs for 24 hours more",
    201,
    { answer: "Secret" },
  ],
  [`POST ${site}/webhooks/{webhook}/test`]: [
    "admin",
    "sends an example, marked as a test, and answers what came back",
    200,
    { answer: "Anything" },
  ],
  [`POST ${site}/webhooks/{webhook}/key`]: [
    "admin",
    "makes a key for the file that a platform fetches, and shows it this once; the one before works for 24 hours more",
    201,
    { answer: "Key" },
  ],
  [`DELETE ${site}/webhooks/{webhook}/key`]: ["admin", "revokes every key of a file at once", 204],
  [`POST ${site}/webhooks/{webhook}/dry-run`]: [
    "admin",
    "what a destination would have been sent of a time's calls; of the last 7 days unless told",
    200,
    { query: dryRunQuery, answer: "DryRun" },
  ],
  [`GET ${site}/conversions`]: [
    "reader",
    "conversions: what they were worth (by day, source, goal), how they stand with the destinations and why (by day, reason, destination); of the last 30 days unless told",
    200,
    { query: conversionsQuery, answer: "Conversions" },
  ],
  [`GET ${site}/conversions/{file}`]: [
    "public",
    "`NAME.csv`: the file that a platform fetches with its key; `adjustments=1`: what has changed since",
    200,
    { query: fileQuery },
  ],
  [`POST ${site}/webhooks/preview`]: [
    "admin",
    "the request that a webhook would send of a call, saved or not; nothing is sent",
    200,
    { body: "Preview", answer: "Previewed" },
  ],
  [`GET ${site}/calls/{call}/webhooks`]: [
    "reader",
    "which webhooks were told of a call, and why the others were not",
    200,
    { answer: "Told" },
  ],
  [`GET ${site}/parameters`]: ["admin", "the values that a webhook can send", 200, { answer: "Parameters" }],
  [`GET ${site}/calls`]: ["reader", "calls, newest first", 200, { query: callsQuery, answer: "Calls" }],
  [`GET ${site}/calls/{call}`]: [
    "reader",
    "a call, and why it is what it is",
    200,
    { query: explainQuery, answer: "CallInFull" },
  ],
  [`GET ${site}/contexts/{context}`]: [
    "reader",
    "a visitor: sessions, views, values and calls",
    200,
    { query: contextQuery, answer: "Anything" },
  ],
  [`DELETE ${site}/contexts/{context}`]: ["admin", "erases a visitor", 204, { later: "Later" }],
  [`GET ${site}/entities`]: [
    "reader",
    "how often each entity had a value lately, the last one, and its last error",
    200,
    { query: coverageQuery, answer: "Entities" },
  ],
  [`GET ${site}/tables/{type}`]: [
    "reader",
    `all calls of a type as a table: ${tables}`,
    200,
    { query: tableQuery, answer: "Rows" },
  ],
  [`GET ${site}/match-rate`]: [
    "reader",
    "how many calls were matched, and why the others were not",
    200,
    { query: rateQuery, answer: "Rows" },
  ],
  [`GET ${site}/attention`]: [
    "reader",
    "what is off, silent, empty, given up or refused",
    200,
    { answer: "Attention" },
  ],
  [`GET ${site}/progress`]: [
    "reader",
    "when each step of setting up a site was done first",
    200,
    { answer: "Progress" },
  ],
  [`POST ${site}/checks`]: [
    "admin",
    "makes a key for a page's address (`#calljoin=KEY`): the page then tells how the tag is doing there, for 15 minutes",
    201,
    { body: "Check", answer: "CheckKey" },
  ],
  [`GET ${site}/checks/{key}`]: ["admin", "what such a page has told, the newest last", 200, { answer: "Reports" }],
  [`GET ${site}/live`]: [
    "reader",
    "calls as they come out, as server-sent events; `Last-Event-ID` goes on where one was",
    200,
  ],
  [`GET ${site}/deliveries`]: [
    "reader",
    "what webhooks were sent, with each attempt",
    200,
    { query: deliveriesQuery, answer: "Deliveries" },
  ],
  [`POST ${site}/deliveries/{id}/replay`]: ["admin", "sends a delivery again", 202, { answer: "Anything" }],
  [`POST ${site}/deliveries/replay`]: [
    "admin",
    "sends again all that failed since a time, or, step by step, all that were given up",
    202,
    { body: "Replay", answer: "Replayed" },
  ],
  [`GET ${site}/rejected`]: [
    "reader",
    "what could not be read, whole and with the reason",
    200,
    { query: rejectedQuery, answer: "Rejected" },
  ],
  [`POST ${site}/rejected/replay`]: [
    "admin",
    "sends refused events through their routes again, step by step",
    202,
    { body: "ReplayRejected", answer: "Replayed" },
  ],
  [`POST ${site}/rejected/{id}/replay`]: [
    "admin",
    "sends a refused event through its route again",
    200,
    { answer: "Receipt" },
  ],
  "POST /v1/session": [
    "public",
    "signs in to the console by a token, or by the key of a link that signs in once",
    201,
    { body: "SignIn", answer: "Session" },
  ],
  "GET /v1/session": ["reader", "who is signed in", 200, { answer: "Session" }],
  "DELETE /v1/session": ["reader", "signs out: ends every session of that token, on every collector", 204],
  "POST /v1/session/link": ["admin", "makes a link that signs in once, within an hour", 201, { answer: "Link" }],
  "GET /v1/tokens": ["admin", "the named tokens, and when each was last used", 200, { answer: "Tokens" }],
  "POST /v1/tokens": [
    "admin",
    "makes a token for a colleague or an agency, and shows it this once",
    201,
    { body: "NamedToken", answer: "Token" },
  ],
  "DELETE /v1/tokens/{name}": ["admin", "revokes a token; its sessions end", 204],
  "GET /v1/system": ["admin", "what the collector runs on, and how it is", 200, { answer: "System" }],
  "GET /v1/seen": ["admin", "what the collector sees of this request, through proxies", 200, { answer: "Anything" }],
  "GET /livez": ["public", "whether the process is alive", 200, { answer: "Anything" }],
  "GET /readyz": ["public", "whether it can work, and if not, why", 200, { answer: "Anything" }],
  "GET /metrics": ["public", "figures for Prometheus", 200],
  "GET /openapi.json": ["public", "this description", 200, { answer: "Anything" }],
};

/** What a route asks of who calls it, by Express's name for it; what is not described is the operator's alone. */
export function accessOf(method: string, pattern: string): Access {
  return routeOf(method, pattern)?.[0] ?? "admin";
}

/** The query's parameters that a route knows, by Express's name for it (`GET /v1/sites/:site`); null where it takes any. */
export function parametersOf(method: string, pattern: string): string[] | null {
  const { query } = routeOf(method, pattern)?.[3] ?? {};
  return query?.def.catchall instanceof z.ZodUnknown ? null : Object.keys(query?.shape ?? {});
}

function routeOf(method: string, pattern: string): Route | undefined {
  return ROUTES[`${method} ${pattern.replace(/:(\w+)/g, "{$1}")}`];
}

type Json = Record<string, unknown>;

/** As JSON Schema, from the side of who sends it. */
function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _draft, ...json } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Json;
  return json;
}

function content(name: Schema, type = "application/json"): Json {
  return { content: { [type]: { schema: { $ref: `#/components/schemas/${name}` } } } };
}

/** Each of these will do. */
const SECURITY = {
  vendor: [{ vendor: [] }],
  admin: [{ admin: [] }, { session: [] }],
  reader: [{ admin: [] }, { reader: [] }, { session: [] }],
};

function operationOf(path: string, [access, summary, status, { query, body, answer, later } = {}]: Route): Json {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: "path", required: true }));
  const asked = Object.entries((query ? jsonSchema(query).properties : {}) as Json);
  const string = { schema: { type: "string" } };
  return {
    summary,
    parameters: [
      ...inPath.map((parameter) => ({ ...parameter, ...string })),
      ...asked.map(([name, schema]) => ({ name, in: "query", schema })),
    ],
    ...(body ? { requestBody: { required: true, ...content(body) } } : {}),
    ...(access === "public" ? {} : { security: SECURITY[access] }),
    responses: {
      [status]: { description: "success", ...(answer ? content(answer) : {}) },
      ...(later ? { 202: { description: "begun; `Retry-After` says when to ask again", ...content(later) } } : {}),
      default: { description: "failure", ...content("Problem", "application/problem+json") },
    },
  };
}

/** The whole document, OpenAPI 3.1; `publicUrl` is where its readers reach the collector: the host that they asked, if nobody said. */
export function openApi(publicUrl = "/"): Json {
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(ROUTES)) {
    const [method = "", path = ""] = name.split(" ");
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(path, route) };
  }
  const bearer = (description: string) => ({ type: "http", scheme: "bearer", description });
  return {
    openapi: "3.1.0",
    info: { title: "Calljoin collector", version: "1" },
    servers: [{ url: publicUrl }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, jsonSchema(schema)])),
      securitySchemes: {
        admin: bearer("the admin token, or a named token of the role admin"),
        reader: bearer("a named token of the role reader, for the path's site"),
        session: { type: "apiKey", in: "cookie", name: COOKIE, description: "the console's, by POST /v1/session" },
        vendor: bearer("a vendor's token, or ?token="),
      },
    },
  };
}

export function openApiRoutes(publicUrl: string | undefined): Router {
  const text = JSON.stringify(openApi(publicUrl));
  const router = Router();
  router.get("/openapi.json", (_request, response) => {
    response.type("application/json").send(text);
  });
  return router;
}
