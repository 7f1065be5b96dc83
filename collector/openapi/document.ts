/** Describes the routes as an OpenAPI 3.1 document. */
import { Router } from "express";
import { z } from "zod";
import { COOKIE } from "../console/sessions";
import { ROUTES, type Route } from "./routes";
import { type Schema, schemas } from "./schemas";

type Json = Record<string, unknown>;

/** A schema as JSON Schema, from the sender's point of view. */
function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _draft, ...json } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Json;
  return json;
}

function content(name: Schema, type = "application/json"): { content: Json } {
  return { content: { [type]: { schema: { $ref: `#/components/schemas/${name}` } } } };
}

/** An answer's content: its schema if it is JSON, and text for each of its other types. */
function answered(answer: Schema | undefined, types: string[]): Json {
  if (!answer && types.length === 0) return {};
  const texts = Object.fromEntries(types.map((type) => [type, { schema: { type: "string" } }]));
  return { content: { ...(answer && content(answer).content), ...texts } };
}

/** Any one of these is enough. */
const SECURITY = {
  vendor: [{ vendor: [] }],
  admin: [{ admin: [] }, { session: [] }],
  reader: [{ admin: [] }, { reader: [] }, { session: [] }],
};

function operationOf(
  path: string,
  [access, summary, status, { query, body, answer, types = [], also = {} } = {}]: Route,
): Json {
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
      [status]: { description: "success", ...answered(answer, types) },
      ...Object.fromEntries(
        Object.entries(also).map(([code, [description, what]]) => [code, { description, ...content(what) }]),
      ),
      default: { description: "failure", ...content("Problem", "application/problem+json") },
    },
  };
}

/**
 * The whole document, OpenAPI 3.1. `publicUrl` is where its readers reach the collector. If it is not configured, that
 * is the host they asked.
 */
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
