/** The description of the routes, made from the same schemas that check and type what passes through them. */
import { Router } from "express";
import { z } from "zod";
import { qprotocolEvent } from "../intake/adapters/qprotocol";
import { callSchema, STATUSES } from "../wire/call";
import { contextId, SUMMARY_TYPES } from "../wire/common";
import { siteSchema } from "../wire/site";
import { envelopeSchema, receiptSchema, snapshotSchema } from "../wire/snapshots";

type Json = Record<string, unknown>;

/** Who may call a route: everybody, a vendor by its token, the operator. */
type Access = "public" | "vendor" | "admin";

interface Route {
  method: "get" | "put" | "post" | "delete";
  path: string;
  access: Access;
  summary: string;
  query?: Json;
  body?: Json;
  answers: Record<string, Json | null>;
}

const problem: Json = {
  type: "object",
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    errors: {
      type: "array",
      items: { type: "object", properties: { path: { type: "string" }, message: { type: "string" } } },
    },
  },
};

const schemas = {
  Site: schemaOf(siteSchema),
  Envelope: schemaOf(envelopeSchema.extend({ snapshots: z.array(snapshotSchema) })),
  CallEvents: schemaOf(z.union([z.object({ events: z.array(qprotocolEvent) }), z.array(qprotocolEvent)])),
  Receipt: schemaOf(receiptSchema),
  Call: schemaOf(callSchema),
  Problem: problem,
};

function schemaOf(schema: z.ZodType): Json {
  const { $schema: _draft, ...json } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Json;
  return json;
}

const ref = (name: keyof typeof schemas): Json => ({ $ref: `#/components/schemas/${name}` });
const list = (key: string, items: Json): Json => ({
  type: "object",
  properties: { [key]: { type: "array", items }, next_cursor: { type: ["string", "null"] } },
});
const anything: Json = { type: "object" };
const string: Json = { type: "string" };
const span = { from: string, to: string };
const page = { cursor: string, limit: { type: "integer", minimum: 1, maximum: 500, default: 50 } };

const site = "/v1/sites/{site}";
const vendorRoute = (path: string, summary: string): Route => ({
  method: "post",
  path,
  access: "vendor",
  summary,
  query: { token: string },
  body: ref("CallEvents"),
  answers: { 202: ref("Receipt") },
});

/** Every route, in the order in which data meets them. */
export const ROUTES: Route[] = [
  {
    method: "get",
    path: "/t/{site}.js",
    access: "public",
    summary: "the site's insertion script",
    answers: { 200: null },
  },
  { method: "get", path: "/inspector.js", access: "public", summary: "what inspect() loads", answers: { 200: null } },
  {
    method: "post",
    path: "/v1/snapshots",
    access: "public",
    summary: "snapshots from a page",
    body: ref("Envelope"),
    answers: { 202: ref("Receipt") },
  },
  vendorRoute("/v1/calls/{site}", "call events, in QProtocol"),
  vendorRoute("/v1/calls/{site}/{vendor}", "call events of one vendor"),
  vendorRoute("/events/{site}", "as /v1/calls/{site}, for integrations that exist already"),
  vendorRoute("/events/raw/{site}", "as /v1/calls/{site}, for integrations that exist already"),
  {
    method: "put",
    path: site,
    access: "admin",
    summary: "save a site document, as its next version",
    body: ref("Site"),
    answers: { 200: ref("Site"), 201: ref("Site") },
  },
  {
    method: "get",
    path: site,
    access: "admin",
    summary: "a site document",
    query: { version: { type: "integer" } },
    answers: { 200: ref("Site") },
  },
  {
    method: "post",
    path: `${site}/vendors/{vendor}/token`,
    access: "admin",
    summary: "a new token for a vendor, shown once",
    answers: { 201: { type: "object", properties: { token: string } } },
  },
  {
    method: "post",
    path: `${site}/webhooks/{webhook}/secret`,
    access: "admin",
    summary: "a new signing secret for a webhook, shown once",
    answers: { 201: { type: "object", properties: { secret: string } } },
  },
  {
    method: "get",
    path: `${site}/calls`,
    access: "admin",
    summary: "calls, the newest first",
    query: { status: { enum: STATUSES }, vendor: string, transaction_id: string, context_id: string, ...span, ...page },
    answers: { 200: list("calls", ref("Call")) },
  },
  {
    method: "get",
    path: `${site}/calls/{call}`,
    access: "admin",
    summary: "a call; with explain=1 also why it is what it is",
    query: { explain: { enum: ["1"] } },
    answers: { 200: ref("Call") },
  },
  {
    method: "get",
    path: `${site}/contexts/{context}`,
    access: "admin",
    summary: "a visitor's sessions, views, snapshots and calls",
    answers: { 200: anything },
  },
  {
    method: "delete",
    path: `${site}/contexts/{context}`,
    access: "admin",
    summary: "erase a visitor",
    answers: { 204: null },
  },
  {
    method: "get",
    path: `${site}/entities`,
    access: "admin",
    summary: "on how many of the latest views each entity had a value, the last one, and what it threw last",
    answers: { 200: list("entities", anything) },
  },
  {
    method: "get",
    path: `${site}/tables/{type}`,
    access: "admin",
    summary: `a summary table: ${SUMMARY_TYPES.join(", ")}`,
    query: { format: { enum: ["json", "ndjson", "csv"] }, ...span },
    answers: { 200: list("rows", anything) },
  },
  {
    method: "get",
    path: `${site}/match-rate`,
    access: "admin",
    summary: "how many calls were matched, and why others were not",
    query: { by: { enum: ["vendor", "day"] }, ...span },
    answers: { 200: list("rows", anything) },
  },
  {
    method: "get",
    path: `${site}/parameters`,
    access: "admin",
    summary: "what a webhook's parameter can be made of",
    answers: { 200: list("parameters", anything) },
  },
  {
    method: "post",
    path: `${site}/webhooks/{webhook}/test`,
    access: "admin",
    summary: "send a marked example, and see what the receiver says",
    answers: { 200: anything },
  },
  {
    method: "get",
    path: `${site}/deliveries`,
    access: "admin",
    summary: "what was sent to webhooks, the newest first",
    query: { state: { enum: ["pending", "delivered", "dead"] }, webhook: string, ...page },
    answers: { 200: list("deliveries", anything) },
  },
  {
    method: "post",
    path: `${site}/deliveries/{id}/replay`,
    access: "admin",
    summary: "send a delivery again",
    answers: { 202: anything },
  },
  {
    method: "post",
    path: `${site}/deliveries/replay`,
    access: "admin",
    summary: "send all again that were given up since a time (ms)",
    body: { type: "object", required: ["since"], properties: { since: { type: "integer" }, webhook: string } },
    answers: { 202: anything },
  },
  {
    method: "get",
    path: `${site}/rejected`,
    access: "admin",
    summary: "what was refused",
    query: { reason: string, ...page },
    answers: { 200: list("rejected", anything) },
  },
  {
    method: "post",
    path: `${site}/rejected/{id}/replay`,
    access: "admin",
    summary: "send a refusal through its route again",
    answers: { 200: ref("Receipt") },
  },
  { method: "get", path: "/livez", access: "public", summary: "is the process alive", answers: { 200: anything } },
  {
    method: "get",
    path: "/readyz",
    access: "public",
    summary: "can it work",
    answers: { 200: anything, 503: ref("Problem") },
  },
  { method: "get", path: "/openapi.json", access: "public", summary: "this description", answers: { 200: anything } },
];

function operationOf({ path, access, summary, query = {}, body, answers }: Route): Json {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: string,
  }));
  const inQuery = Object.entries(query).map(([name, schema]) => ({ name, in: "query", schema }));
  const content = (schema: Json, type = "application/json") => ({ content: { [type]: { schema } } });
  const responses = Object.entries(answers).map(([status, schema]) => [
    status,
    { description: status.startsWith("2") ? "success" : "failure", ...(schema ? content(schema) : {}) },
  ]);
  return {
    summary,
    parameters: [...inPath, ...inQuery],
    ...(body ? { requestBody: { required: true, ...content(body) } } : {}),
    ...(access === "public" ? {} : { security: [{ [access]: [] }] }),
    responses: {
      ...Object.fromEntries(responses),
      default: { description: "failure", ...content(ref("Problem"), "application/problem+json") },
    },
  };
}

/** The whole document, OpenAPI 3.1. */
export function openApi(): Json {
  const paths: Record<string, Json> = {};
  for (const route of ROUTES) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  const bearer = (description: string) => ({ type: "http", scheme: "bearer", description });
  return {
    openapi: "3.1.0",
    info: {
      title: "Calljoin collector",
      version: "1",
      description: `context_id: ${contextId.description ?? "8 to 128 characters of A-Z a-z 0-9 . _ : -"}`,
    },
    paths,
    components: {
      schemas,
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
