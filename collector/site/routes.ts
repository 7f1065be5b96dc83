/** The site's routes: its document, its vendors' tokens, its webhooks' secrets, its script. */
import { randomBytes } from "node:crypto";
import { type RequestHandler, Router } from "express";
import { z } from "zod";
import { destinationOf } from "../convert/index";
import { askerOf, hashToken } from "../http/auth";
import { bytesOf, jsonOf, rawBody } from "../http/body";
import { invalid, Problem } from "../http/problem";
import { parseQuery } from "../http/query";
import type { SecretChange } from "../store/sites";
import { type Fault, faults } from "../wire/common";
import { SLUG, SLUG_WORDS } from "../wire/ids";
import { type Site, siteSchema } from "../wire/site";
import { checkSite, type Formats, warningsOf } from "./check";
import type { RouteDeps } from "./deps";
import { PRESETS } from "./presets";
import type { KnownSite, SiteRegistry } from "./registry";
import { type Script, type Scripts, sendFile } from "./script";

export interface SiteRouteDeps extends Formats, RouteDeps {
  scripts: Scripts;
  inspector: Script;
  /** Bounds public requests by address. */
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
  // Always asked for again: a saved entity shows at the next page view, and the answer is mostly a 304.
  "Cache-Control": "no-cache",
  "Access-Control-Allow-Origin": "*",
};

const MAX_DOCUMENT = 1024 ** 2;

/** A replaced token or secret goes on for a day, so that its owner can be told. */
const ROTATION_MS = 24 * 3_600_000;

export function siteRoutes(deps: SiteRouteDeps): Router {
  const { sites, scripts, inspector, admin } = deps;
  const router = Router();

  /** The first time that a page has loaded a site's tag is kept; it is asked once for each site. */
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
    await sendFile(request, response, scripts.of(known), SCRIPT);
    // Which browsers say of what a page loads (https://www.w3.org/TR/fetch-metadata/, 2.1), or of where they were sent from.
    if (request.get("sec-fetch-dest") === "script" || request.get("referer")) await noteLoaded(known.site);
  });
  router.get("/inspector.js", deps.limit, (request, response) => sendFile(request, response, inspector, SCRIPT));

  router.get("/v1/presets", admin, (_request, response) => {
    response.json({ presets: PRESETS, adapters: deps.adapters, signed: deps.signed });
  });

  router.get("/v1/sites", admin, async (_request, response) => {
    const { sites: theirs } = askerOf(response);
    const all = (await deps.store.newestDocuments()).filter(({ site }) => theirs?.includes(site) ?? true);
    response.json({
      sites: all.map(({ site, document, version, saved_at }) => {
        const { name }: Site = JSON.parse(document);
        return { tracking_id: site, name, version, saved_at };
      }),
    });
  });

  router.put("/v1/sites/:site", admin, rawBody(MAX_DOCUMENT), async (request, response) => {
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

  router.get("/v1/sites/:site", admin, async (request, response) => {
    const { version } = parseQuery(versionQuery, request.query);
    const known = await sites.version(String(request.params.site), version);
    if (!known) throw new Problem(404, "there is no such site, or no such version of it");
    response.json({ tracking_id: known.site, version: known.version, ...known.document });
  });

  router.post("/v1/sites/:site/check", admin, rawBody(MAX_DOCUMENT), (request, response) => {
    const { errors, parsed } = checked(jsonOf(bytesOf(request)), deps);
    response.json({ errors, warnings: parsed ? warningsOf(parsed) : [] });
  });

  router.get("/v1/sites/:site/versions", admin, async (request, response) => {
    const versions = await deps.store.versions(String(request.params.site));
    if (versions.length === 0) throw new Problem(404, "there is no such site");
    response.json({ versions: versions.map(({ site: _site, ...version }) => version) });
  });

  router.post("/v1/sites/:site/vendors/:vendor/token", admin, async (request, response) => {
    const { site } = await named(sites, request.params, "vendor");
    const token = `cjv_${randomBytes(32).toString("base64url")}`;
    await addSecret(deps, site, "vendor_token", String(request.params.vendor), hashToken(token), null);
    response.status(201).json({ token });
  });

  router.post("/v1/sites/:site/webhooks/:webhook/secret", admin, async (request, response) => {
    const { site } = await named(sites, request.params, "webhook");
    const secret = newWebhookSecret();
    await addSecret(deps, site, "webhook_secret", String(request.params.webhook), hashToken(secret), secret);
    response.status(201).json({ secret });
  });

  router.post("/v1/sites/:site/webhooks/:webhook/key", admin, async (request, response) => {
    const { site, document } = await named(sites, request.params, "webhook");
    const name = String(request.params.webhook);
    const webhook = document.webhooks.find((one) => one.name === name);
    if (!webhook || !destinationOf(webhook)?.file)
      throw new Problem(400, "this webhook is not a file that a platform fetches");
    const key = `cjf_${randomBytes(32).toString("base64url")}`;
    await addSecret(deps, site, "file_key", name, hashToken(key), null);
    response.status(201).json({ key, path: `/v1/sites/${site}/conversions/${name}.csv?key=${key}` });
  });

  router.delete("/v1/sites/:site/webhooks/:webhook/key", admin, async (request, response) => {
    const { site } = await named(sites, request.params, "webhook");
    await deps.store.removeSecrets(site, "file_key", String(request.params.webhook));
    response.status(204).end();
  });
  return router;
}

/**
 * Reads and checks a document; throws a 400 with all of its faults. `given` is the document with the secrets that it brings, `read` the version
 * that its author had before them, where it says so.
 */
function readSite(body: unknown, formats: Formats): { document: Site; given: Site; read: number | undefined } {
  const { errors, parsed } = checked(body, formats);
  if (errors.length > 0 || !parsed) throw invalid("the site document is not valid", errors);
  const { tracking_id: _id, version: read, warnings: _warnings, ...given } = parsed;
  const vendors = given.vendors.map(({ secret: _secret, ...vendor }) => vendor);
  const webhooks = given.webhooks.map(({ api_secret: _secret, ...webhook }) => webhook);
  return { document: { ...given, vendors, webhooks }, given, read };
}

/** A document's faults, and the document where it has its shape. */
function checked(body: unknown, formats: Formats): { errors: Fault[]; parsed: Site | null } {
  const { success, data, error } = siteSchema.safeParse(body);
  return success ? { errors: checkSite(data, formats), parsed: data } : { errors: faults(error), parsed: null };
}

/** What a save does to the secrets: given ones are put, `null` and names that are gone are removed, each webhook gets one. */
async function secretChanges(
  { store, clock }: SiteRouteDeps,
  site: string,
  given: Site,
  before: Site | null,
): Promise<SecretChange[]> {
  const changes: SecretChange[] = [];
  const change = (kind: SecretChange["kind"], name: string, secret: string | null | undefined) => {
    if (secret === undefined) return;
    changes.push({ kind, name, put: secret === null ? null : { hash: hashToken(secret), secret } });
  };
  for (const { name, secret } of given.vendors) change("vendor_secret", name, secret);
  for (const { name, api_secret } of given.webhooks) change("webhook_api_secret", name, api_secret);
  for (const { name } of goneFrom(before?.vendors, given.vendors)) {
    changes.push({ kind: "vendor_token", name, put: null }, { kind: "vendor_secret", name, put: null });
  }
  for (const { name } of goneFrom(before?.webhooks, given.webhooks)) {
    for (const kind of ["webhook_secret", "webhook_api_secret", "file_key"] as const)
      changes.push({ kind, name, put: null });
  }
  const signed = new Set((await store.secrets(site, "webhook_secret", clock())).map(({ name }) => name));
  for (const { name } of given.webhooks) {
    if (signed.has(name)) continue;
    const secret = newWebhookSecret();
    changes.push({ kind: "webhook_secret", name, put: { hash: hashToken(secret), secret } });
  }
  return changes;
}

function goneFrom(before: { name: string }[] = [], after: { name: string }[]): { name: string }[] {
  return before.filter(({ name }) => !after.some((other) => other.name === name));
}

/** Standard Webhooks 1.0.0: `whsec_` and 24 to 64 bytes in base64. */
function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

/** The site of a path that names one of its vendors or webhooks, or a 404 that says which is missing. */
async function named(
  sites: SiteRegistry,
  params: Record<string, string | string[]>,
  kind: "vendor" | "webhook",
): Promise<KnownSite> {
  const known = await sites.version(String(params.site));
  if (!known) throw new Problem(404, "there is no such site");
  const list: { name: string }[] = kind === "vendor" ? known.document.vendors : known.document.webhooks;
  if (!list.some(({ name }) => name === params[kind])) throw new Problem(404, `the site has no such ${kind}`);
  return known;
}

async function addSecret(
  { store, clock }: SiteRouteDeps,
  site: string,
  kind: SecretChange["kind"],
  name: string,
  hash: string,
  secret: string | null,
): Promise<void> {
  const made_at = clock();
  await store.addSecret({ site, kind, name, hash, secret, made_at, expires_at: null }, made_at + ROTATION_MS);
}
