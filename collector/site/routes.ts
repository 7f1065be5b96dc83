/** The site's routes: its document, its vendors' tokens, its webhooks' secrets, its script. */
import { randomBytes } from "node:crypto";
import { type RequestHandler, Router } from "express";
import { z } from "zod";
import { hashToken } from "../http/auth";
import { bytesOf, jsonOf, rawBody } from "../http/body";
import { invalid, Problem } from "../http/problem";
import { parseQuery } from "../http/query";
import type { SecretChange } from "../store/sites";
import type { Store } from "../store/store";
import { faults } from "../wire/common";
import { SLUG } from "../wire/ids";
import { type Site, siteSchema } from "../wire/site";
import { checkSite } from "./check";
import { PRESETS } from "./presets";
import type { KnownSite, SiteRegistry } from "./registry";
import { type Script, type Scripts, sendScript } from "./script";

export interface SiteRouteDeps {
  sites: SiteRegistry;
  store: Store;
  scripts: Scripts;
  inspector: Script;
  adapters: readonly string[];
  clock: () => number;
  /** Bounds public requests by address. */
  limit: RequestHandler;
  admin: RequestHandler;
}

export const versionQuery = z.object({
  version: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, "must be a whole number from 1")
    .transform(Number)
    .optional(),
});

/** A replaced token or secret goes on for a day, so that its owner can be told. */
const ROTATION_MS = 24 * 3_600_000;

export function siteRoutes(deps: SiteRouteDeps): Router {
  const { sites, scripts, inspector, admin } = deps;
  const router = Router();

  router.get("/t/:file", deps.limit, async (request, response) => {
    const [, site] = /^(.+)\.js$/.exec(String(request.params.file)) ?? [];
    const known = site ? await sites.current(site) : null;
    if (!known) throw new Problem(404, "there is no such site");
    sendScript(request, response, await scripts.of(known));
  });
  router.get("/inspector.js", deps.limit, (request, response) => sendScript(request, response, inspector));

  router.get("/v1/presets", admin, (_request, response) => {
    response.json({ presets: PRESETS, adapters: deps.adapters });
  });

  router.put("/v1/sites/:site", admin, rawBody(1024 ** 2), async (request, response) => {
    const site = String(request.params.site);
    if (!SLUG.test(site)) {
      throw invalid("the tracking id is not one", [
        {
          path: "tracking_id",
          message: "must be 1 to 64 characters of A-Z a-z 0-9 . _ -, the first a letter or digit",
        },
      ]);
    }
    const { document, given } = readSite(jsonOf(bytesOf(request)), deps.adapters);
    const before = await sites.version(site);
    const secrets = await secretChanges(deps, site, given, before?.document ?? null);
    const version = await sites.save(site, document, secrets);
    response.status(before ? 200 : 201).json({ tracking_id: site, version, ...document });
  });

  router.get("/v1/sites/:site", admin, async (request, response) => {
    const { version } = parseQuery(versionQuery, request.query);
    const known = await sites.version(String(request.params.site), version);
    if (!known) throw new Problem(404, "there is no such site, or no such version of it");
    response.json({ tracking_id: known.site, version: known.version, ...known.document });
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
  return router;
}

/** Reads and checks a document; throws a 400 with all of its faults. `given` is the document with the secrets that it brings. */
function readSite(body: unknown, adapters: readonly string[]): { document: Site; given: Site } {
  const parsed = siteSchema.safeParse(body);
  if (!parsed.success) throw invalid("the site document is not valid", faults(parsed.error));
  const { tracking_id: _id, version: _version, ...given } = parsed.data;
  const found = checkSite(given, adapters);
  if (found.length > 0) throw invalid("the site document is not valid", found);
  const vendors = given.vendors.map(({ secret: _secret, ...vendor }) => vendor);
  const webhooks = given.webhooks.map(({ api_secret: _secret, ...webhook }) => webhook);
  return { document: { ...given, vendors, webhooks }, given };
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
    changes.push({ kind: "webhook_secret", name, put: null }, { kind: "webhook_api_secret", name, put: null });
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
