/** The description of the routes, made from the same schemas that check and type what passes through them. */
import { Router } from "express";
import { z } from "zod";
import { replaySchema } from "../forward/routes";
import { qprotocolEvent } from "../intake/adapters/qprotocol";
import { versionQuery } from "../site/routes";
import { callSchema } from "../wire/call";
import { SUMMARY_TYPES } from "../wire/common";
import { entitySchema, siteSchema } from "../wire/site";
import { envelopeSchema, receiptSchema, snapshotSchema } from "../wire/snapshots";
import { deliveriesQuery } from "./deliveries";
import { callsQuery, explainQuery, rateQuery, rejectedQuery, tableQuery } from "./query";

const list = (key: string, item: z.ZodType = z.looseObject({})) =>
  z.object({ [key]: z.array(item), next_cursor: z.string().nullable().optional() });

const schemas = {
  Site: siteSchema,
  Envelope: envelopeSchema.extend({ snapshots: z.array(snapshotSchema) }),
  CallEvents: z.union([z.object({ events: z.array(qprotocolEvent) }), z.array(qprotocolEvent)]),
  Receipt: receiptSchema,
  Call: callSchema,
  Calls: list("calls", callSchema),
  Rows: list("rows"),
  Entities: list("entities"),
  Parameters: list("parameters"),
  Presets: z.object({
    presets: z.array(z.object({ title: z.string(), entity: entitySchema })),
    adapters: z.array(z.string()),
  }),
  Deliveries: list("deliveries"),
  Rejected: list("rejected"),
  Replay: replaySchema,
  Token: z.object({ token: z.string() }),
  Secret: z.object({ secret: z.string() }),
  Anything: z.looseObject({}),
  Problem: z.object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  }),
};
type Schema = keyof typeof schemas;

/** Who may call a route: everybody, a vendor by its token, the operator. */
type Access = "public" | "vendor" | "admin";

/** Access, summary, status of success, and what goes in and comes out. */
type Route = [Access, string, number, { query?: z.ZodObject; body?: Schema; answer?: Schema }?];

const site = "/v1/sites/{site}";
const tokenQuery = z.object({ token: z.string().optional() });
const events: Route[3] = { query: tokenQuery, body: "CallEvents", answer: "Receipt" };
const asked: Route[3] = { query: tokenQuery, answer: "Receipt" };
const tables = SUMMARY_TYPES.join(", ");

/** Every route, in the order in which data meets them. */
export const ROUTES: Record<string, Route> = {
  "GET /t/{site}.js": ["public", "the site's insertion script", 200],
  "GET /inspector.js": ["public", "what inspect() loads", 200],
  "POST /v1/snapshots": ["public", "snapshots from a page", 202, { body: "Envelope", answer: "Receipt" }],
  "POST /v1/calls/{site}": ["vendor", "call events, in QProtocol", 202, events],
  "POST /v1/calls/{site}/{vendor}": ["vendor", "a vendor's call events, in its own format", 202, events],
  "GET /v1/calls/{site}/{vendor}": ["vendor", "the same, of vendors that say it in a query", 200, asked],
  "GET /v1/presets": [
    "admin",
    "entities that sites often want, and the vendor formats that there are",
    200,
    { answer: "Presets" },
  ],
  "POST /events/{site}": ["vendor", "call events, of integrations that exist already", 202, events],
  "POST /events/raw/{site}": ["vendor", "call events, of integrations that exist already", 202, events],
  [`PUT ${site}`]: ["admin", "save a site document, as its next version", 200, { body: "Site", answer: "Site" }],
  [`GET ${site}`]: ["admin", "a site document", 200, { query: versionQuery, answer: "Site" }],
  [`POST ${site}/vendors/{vendor}/token`]: ["admin", "a new token for a vendor, shown once", 201, { answer: "Token" }],
  [`POST ${site}/webhooks/{webhook}/secret`]: ["admin", "a new signing secret, shown once", 201, { answer: "Secret" }],
  [`POST ${site}/webhooks/{webhook}/test`]: ["admin", "send a marked example now", 200, { answer: "Anything" }],
  [`GET ${site}/parameters`]: ["admin", "what a webhook's parameter can be made of", 200, { answer: "Parameters" }],
  [`GET ${site}/calls`]: ["admin", "calls, the newest first", 200, { query: callsQuery, answer: "Calls" }],
  [`GET ${site}/calls/{call}`]: ["admin", "a call, explained if asked", 200, { query: explainQuery, answer: "Call" }],
  [`GET ${site}/contexts/{context}`]: ["admin", "a visitor, from sessions to calls", 200, { answer: "Anything" }],
  [`DELETE ${site}/contexts/{context}`]: ["admin", "erase a visitor", 204],
  [`GET ${site}/entities`]: ["admin", "how well the entities are read", 200, { answer: "Entities" }],
  [`GET ${site}/tables/{type}`]: ["admin", `a summary table: ${tables}`, 200, { query: tableQuery, answer: "Rows" }],
  [`GET ${site}/match-rate`]: ["admin", "how many calls were matched", 200, { query: rateQuery, answer: "Rows" }],
  [`GET ${site}/deliveries`]: [
    "admin",
    "what webhooks were sent",
    200,
    { query: deliveriesQuery, answer: "Deliveries" },
  ],
  [`POST ${site}/deliveries/{id}/replay`]: ["admin", "send a delivery again", 202, { answer: "Anything" }],
  [`POST ${site}/deliveries/replay`]: ["admin", "send all failed again", 202, { body: "Replay", answer: "Anything" }],
  [`GET ${site}/rejected`]: ["admin", "what was refused", 200, { query: rejectedQuery, answer: "Rejected" }],
  [`POST ${site}/rejected/{id}/replay`]: [
    "admin",
    "send a refusal through its route again",
    200,
    { answer: "Receipt" },
  ],
  "GET /livez": ["public", "is the process alive", 200, { answer: "Anything" }],
  "GET /readyz": ["public", "can it work", 200, { answer: "Anything" }],
  "GET /openapi.json": ["public", "this description", 200, { answer: "Anything" }],
};

type Json = Record<string, unknown>;

/** As JSON Schema, from the side of who sends it. */
function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _draft, ...json } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Json;
  return json;
}

function content(name: Schema, type = "application/json"): Json {
  return { content: { [type]: { schema: { $ref: `#/components/schemas/${name}` } } } };
}

function operationOf(path: string, [access, summary, status, { query, body, answer } = {}]: Route): Json {
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
    ...(access === "public" ? {} : { security: [{ [access]: [] }] }),
    responses: {
      [status]: { description: "success", ...(answer ? content(answer) : {}) },
      default: { description: "failure", ...content("Problem", "application/problem+json") },
    },
  };
}

/** The whole document, OpenAPI 3.1. */
export function openApi(): Json {
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(ROUTES)) {
    const [method = "", path = ""] = name.split(" ");
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(path, route) };
  }
  const bearer = (description: string) => ({ type: "http", scheme: "bearer", description });
  return {
    openapi: "3.1.0",
    info: { title: "Calljoin collector", version: "1" },
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, jsonSchema(schema)])),
      securitySchemes: { admin: bearer("CALLJOIN_ADMIN_TOKEN"), vendor: bearer("a vendor's token, or ?token=") },
    },
  };
}

export function openApiRoutes(): Router {
  const text = JSON.stringify(openApi());
  const router = Router();
  router.get("/openapi.json", (_request, response) => {
    response.type("application/json").send(text);
  });
  return router;
}
