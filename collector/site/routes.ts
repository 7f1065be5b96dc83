/** The site's routes: its document, its vendors' tokens, its webhooks' secrets, its script. */
import { randomBytes } from "node:crypto";
import { type RequestHandler, Router } from "express";
import { z } from "zod";
import { askerOf, hashToken } from "../http/auth";
import { bytesOf, jsonOf, rawBody } from "../http/body";
import { invalid, Problem } from "../http/problem";
import { parseQuery } from "../http/query";
import { type Fault, faults } from "../wire/common";
import { SLUG, SLUG_WORDS } from "../wire/ids";
import { type Site, siteSchema } from "../wire/site";
import { checkSite, type Formats, warningsOf } from "./check";
import { type RouteDeps, vendorOf, webhookOf } from "./deps";
import { PRESETS } from "./presets";
import { type Script, type ScriptOf, sendFile } from "./script";
import { addSecret, newWebhookSecret, secretChanges } from "./secrets";

export interface SiteRouteDeps extends Formats, RouteDeps {
  scriptOf: ScriptOf;
  inspector: Script;
  /** Limits public requests by address. */
  limit: RequestHandler;
}

export const versionQuery = z.object({
  version: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, "must be a whole number from 1")
    .transform(Number)
    .optional(),
});

const SCRIPT = {
  "Content-Type": "text/javascript; charset=utf-8",
  // Browsers always ask again, so a saved entity takes effect at the next page view. The answer is mostly a 304.
  "Cache-Control": "no-cache",
  "Access-Control-Allow-Origin": "*",
};

const MAX_DOCUMENT = 1024 ** 2;

export function siteRoutes(deps: SiteRouteDeps): Router {
  const { sites, scriptOf, inspector, gate } = deps;
  const router = Router();

  /** Records when a page first loaded a site's tag. The store is asked only once for each site. */
  const loaded = new Set<string>();
  async function noteLoaded(site: string): Promise<void> {
    if (loaded.has(site)) return;
    loaded.add(site);
    await deps.store
      .addMark({ site, kind: "first", name: "page", at: deps.clock(), said: "" })
      .catch(() => loaded.delete(site));
  }

  router.get("/t/:file", deps.limit, async (request, response) => {
    const [, site] = /^(.+)\.js$/.exec(String(request.params.file)) ?? [];
    const known = site ? await sites.current(site) : null;
    if (!known) throw new Problem(404, "there is no such site");
    await sendFile(request, response, scriptOf(known), SCRIPT);
    // Browsers send the first header to say what a page is loading (https://www.w3.org/TR/fetch-metadata/, 2.1), the
    // second to say where the request came from.
    if (request.get("sec-fetch-dest") === "script" || request.get("referer")) await noteLoaded(known.site);
  });
  router.get("/inspector.js", deps.limit, (request, response) => sendFile(request, response, inspector, SCRIPT));

  router.get("/v1/presets", gate, (_request, response) => {
    response.json({ presets: PRESETS, adapters: deps.adapters, signed: deps.signed });
  });

  router.get("/v1/sites", gate, async (_request, response) => {
    const { sites: theirs } = askerOf(response);
    const all = (await deps.store.newestDocuments()).filter(({ site }) => theirs?.includes(site) ?? true);
    response.json({
      sites: all.map(({ site, document, version, saved_at }) => {
        const { name }: Site = JSON.parse(document);
        return { tracking_id: site, name, version, saved_at };
      }),
    });
  });

  router.put("/v1/sites/:site", gate, rawBody(MAX_DOCUMENT), async (request, response) => {
    const site = String(request.params.site);
    if (!SLUG.test(site)) {
      throw invalid("not a valid tracking id: use 1–64 letters, digits, . _ -", [
        { path: "tracking_id", message: `must be ${SLUG_WORDS}` },
      ]);
    }
    const { document, given, read } = readSite(jsonOf(bytesOf(request)), deps);
    const before = await sites.version(site);
    const secrets = await secretChanges(deps, site, given, before?.document ?? null);
    const version = await sites.save(site, document, secrets, askerOf(response).name, read);
    if (version === null) {
      const newest = (await sites.version(site))?.version ?? 0;
      throw new Problem(
        409,
        `you read version ${read}, but somebody has since saved version ${newest}; read it again`,
        {
          errors: [{ path: "version", message: `the newest version is ${newest}` }],
        },
      );
    }
    const saved = { tracking_id: site, version, ...document, warnings: warningsOf(document) };
    response.status(before ? 200 : 201).json(saved);
  });

  router.get("/v1/sites/:site", gate, async (request, response) => {
    const { version } = parseQuery(versionQuery, request.query);
    const known = await sites.version(String(request.params.site), version);
    if (!known) throw new Problem(404, "there is no such site, or no such version of it");
    response.json({ tracking_id: known.site, version: known.version, ...known.document });
  });

  router.post("/v1/sites/:site/check", gate, rawBody(MAX_DOCUMENT), (request, response) => {
    const { errors, parsed } = checked(jsonOf(bytesOf(request)), deps);
    response.json({ errors, warnings: parsed ? warningsOf(parsed) : [] });
  });

  router.get("/v1/sites/:site/versions", gate, async (request, response) => {
    const versions = await deps.store.versions(String(request.params.site));
    if (versions.length === 0) throw new Problem(404, "there is no such site");
    response.json({ versions: versions.map(({ site: _site, ...version }) => version) });
  });

  router.post("/v1/sites/:site/vendors/:vendor/token", gate, async (request, response) => {
    const { site, vendor } = await vendorOf(sites, request);
    const token = `cjv_${randomBytes(32).toString("base64url")}`;
    await addSecret(deps, { site, kind: "vendor_token", name: vendor.name, hash: hashToken(token), secret: null });
    response.status(201).json({ token });
  });

  router.post("/v1/sites/:site/webhooks/:webhook/secret", gate, async (request, response) => {
    const { site, webhook } = await webhookOf(sites, request);
    const secret = newWebhookSecret();
    await addSecret(deps, { site, kind: "webhook_secret", name: webhook.name, hash: hashToken(secret), secret });
    response.status(201).json({ secret });
  });
  return router;
}

/**
 * Reads and checks a document. Throws a 400 with all of its faults. `given` is the document with the secrets that it
 * brings. `read` is the version that its author started from, if the document says so.
 */
function readSite(body: unknown, formats: Formats): { document: Site; given: Site; read: number | undefined } {
  const { errors, parsed } = checked(body, formats);
  if (errors.length > 0 || !parsed) throw invalid("the site document is not valid", errors);
  const { tracking_id: _id, version: read, warnings: _warnings, ...given } = parsed;
  const vendors = given.vendors.map(({ secret: _secret, ...vendor }) => vendor);
  const webhooks = given.webhooks.map(({ api_secret: _secret, ...webhook }) => webhook);
  return { document: { ...given, vendors, webhooks }, given, read };
}

/** A document's faults, and the document itself if its shape is right. */
function checked(body: unknown, formats: Formats): { errors: Fault[]; parsed: Site | null } {
  const { success, data, error } = siteSchema.safeParse(body);
  return success ? { errors: checkSite(data, formats), parsed: data } : { errors: faults(error), parsed: null };
}
