/**
 * Checks an installation. A key is valid for one site and some minutes, and somebody opens a page with it
 * (`#calljoin=KEY`). The page's tag then loads `check.js` as its inspector. That reports how the tag is doing there,
 * and reads the entities that are being tried out. When the key expires, everything about the check is deleted.
 */
import { randomBytes } from "node:crypto";
import { type RequestHandler, Router } from "express";
import { z } from "zod";
import { bodyOf, bytesOf, jsonOf, rawBody } from "../http/body";
import { preflight, readableBy } from "../http/cors";
import { checked, invalid, Problem } from "../http/problem";
import { parseQuery } from "../http/query";
import { SECURITY_HEADERS } from "../http/security";
import { entityValue } from "../wire/call";
import type { Fault } from "../wire/common";
import { entitySchema } from "../wire/site";
import { compileEntity, faultOfValue } from "./compile";
import { type RouteDeps, siteOf } from "./deps";
import { quote } from "./quote";

/** How long a key is valid. */
const KEY_MS = 15 * 60_000;

/** How many reports to keep; the newest stay. A page counts as live if it reported within LIVE_MS. */
const KEPT = 20;
const LIVE_MS = 10_000;

const MAX_BODY = 128 * 1024;

export const checkSchema = z.strictObject({
  entities: z
    .array(entitySchema)
    .max(20)
    .default([])
    .meta({ description: "entities to read on that page before you save them" }),
});

const text = (max: number) => z.string().max(max);
const csp = z.array(z.object({ directive: text(200), blocked: text(300) })).max(20);
const row = z.object({
  name: text(64),
  value: entityValue.nullable(),
  status: text(20),
  error: text(300).nullable(),
  why: text(300).nullable(),
});

export const reportSchema = z.object({
  site: text(64).meta({ description: "whose tag it is" }),
  document_version: z.int().nullable().meta({ description: "null if a bundle started the tag" }),
  context_id: text(200).nullable(),
  consent: text(40),
  cookie: z.object({ set: z.boolean().nullable(), domain: text(300).nullable() }),
  csp,
  collector_reached: z.boolean(),
  answer: text(300),
  other_tags: z.array(text(100)).max(20),
  entities: z.array(row).max(250),
  tried: z.array(row).max(20),
  url: text(2_000),
});

/** What a script's address reports if the page lets nothing else out. */
const unsentSchema = z.strictObject({
  key: text(64),
  unsent: z
    .string()
    .max(8_000)
    .transform((json) => csp.parse(JSON.parse(json)))
    .optional()
    .catch(undefined),
});

type Report = z.output<typeof reportSchema> | { csp: z.output<typeof csp>; collector_reached: false };

interface Check {
  site: string;
  entities: z.output<typeof entitySchema>[];
  reports: (Report & { at: number })[];
}

export interface CheckRouteDeps extends RouteDeps {
  /** The text of dist/sdk/check.js. */
  script: string;
  limit: RequestHandler;
}

export function checkRoutes({ sites, store, script, clock, limit, gate }: CheckRouteDeps): Router {
  const router = Router();

  /** A check whose key is still valid. */
  async function checkOf(key: string): Promise<{ check: Check; until: number }> {
    const [mark] = await store.marks("", "check", key);
    if (!mark || mark.at <= clock()) throw new Problem(404, "there is no such check, or it has expired");
    return { check: JSON.parse(mark.said), until: mark.at };
  }

  async function add(key: string, report: Report): Promise<void> {
    const { check, until } = await checkOf(key);
    const said = { ...check, reports: [...check.reports, { ...report, at: clock() }].slice(-KEPT) };
    await store.putMark({ site: "", kind: "check", name: key, at: until, said: JSON.stringify(said) });
  }

  router.post("/v1/sites/:site/checks", gate, rawBody(MAX_BODY), async (request, response) => {
    const { site } = await siteOf(sites.version, request);
    const body = bytesOf(request);
    const { entities } = checked(checkSchema, body.length === 0 ? {} : jsonOf(body), "the check is not valid");
    const errors = entities.flatMap((entity, index): Fault[] => {
      const fault = faultOfValue(entity);
      return fault === null ? [] : [{ path: `entities.${index}.value`, message: fault }];
    });
    if (errors.length > 0) throw invalid("the check is not valid", errors);
    const key = randomBytes(12).toString("base64url");
    const check: Check = { site, entities, reports: [] };
    const until = clock() + KEY_MS;
    await store.deleteMarks("", "check", clock());
    await store.addMark({ site: "", kind: "check", name: key, at: until, said: JSON.stringify(check) });
    response.status(201).json({ key, url_fragment: `#calljoin=${key}`, expires_at: until });
  });

  router.get("/v1/sites/:site/checks/:key", gate, async (request, response) => {
    const { check, until } = await checkOf(String(request.params.key));
    if (check.site !== request.params.site) throw new Problem(404, "there is no such check, or it has expired");
    const last = check.reports.at(-1);
    const state = !last ? "waiting" : clock() - last.at < LIVE_MS ? "live" : "reported";
    response.set("Cache-Control", "no-store").json({ state, reports: check.reports, expires_at: until });
  });

  // This is the inspector's address. Requests without a key go on to the ordinary inspector.
  router.get("/inspector.js", limit, async (request, response, next) => {
    if (!request.query.key) return next("route");
    const { key, unsent } = parseQuery(unsentSchema, request.query);
    const { check } = await checkOf(key);
    if (unsent) await add(key, { csp: unsent, collector_reached: false });
    const tried = check.entities.map(compileEntity);
    response.set({
      ...SECURITY_HEADERS,
      "Content-Type": "text/javascript; charset=utf-8",
      "Cache-Control": "no-store",
      "Access-Control-Allow-Origin": "*",
    });
    response.send(unsent ? "" : `const CHECK={key:${quote(key)},tried:[${tried.join(",\n")}]};\n${script}`);
  });

  router.options("/v1/checks/:key", preflight);
  router.post("/v1/checks/:key", limit, rawBody(MAX_BODY), async (request, response) => {
    response.set(readableBy(request.get("origin")));
    await add(String(request.params.key), bodyOf(reportSchema, request, "the report is not valid"));
    response.status(204).end();
  });
  return router;
}
