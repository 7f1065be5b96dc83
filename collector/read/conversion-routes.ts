/** Answers questions about conversions, and serves the files that platforms fetch with their keys. */
import { randomBytes } from "node:crypto";
import { type RequestHandler, Router } from "express";
import { z } from "zod";
import { destinationOf } from "../convert/index";
import { hashToken, isToken, unauthorized } from "../http/auth";
import { Problem } from "../http/problem";
import { parseQuery } from "../http/query";
import { sendPieces } from "../http/stream";
import { type RouteDeps, siteOf, webhookOf } from "../site/deps";
import { addSecret } from "../site/secrets";
import { zoneOffset } from "../wire/zone";
import { adjustmentFile, conversionFile } from "./conversion-file";
import { conversionsQuery, countConversions, DRY_RUN_MS, dryRun, dryRunQuery, REPORT_MS } from "./conversions";
import { spanIn } from "./query";
import { allSteps } from "./steps";
import { worth } from "./worth";

export interface ConversionRouteDeps extends RouteDeps {
  /** Limits the requests of an address whose key is wrong. */
  limitFailures: RequestHandler;
}

export const fileQuery = z.object({ key: z.string().optional(), adjustments: z.enum(["0", "1"]).optional() });

export function conversionRoutes({ sites, store, clock, gate, limitFailures }: ConversionRouteDeps): Router {
  const router = Router();
  const at = "/v1/sites/:site";

  router.get(`${at}/conversions`, gate, async (request, response) => {
    const { site, document } = await siteOf(sites.current, request);
    const { by, standing: asked, from, to } = spanIn(document.timezone, parseQuery(conversionsQuery, request.query));
    const now = clock();
    const time = { from: from ?? (to ?? now) - REPORT_MS, to };
    const dayOf = (ts: number) => new Date(ts + zoneOffset(ts, document.timezone)).toISOString().slice(0, 10);
    const standing =
      by === "source" || by === "goal" || (by === "day" && asked === "0")
        ? []
        : await countConversions(store, site, document, time, by ?? null, dayOf, now);
    if (by === undefined || by === "reason" || by === "destination") return response.json({ rows: standing });
    const counts = await allSteps((after) => store.convertedStep(site, time, by, document.timezone, after));
    // `standing` counts each call once for every destination; `counts` counts it once.
    const days = standing.map((row) => ({ ...row, conversions: 0, value: {} }));
    response.json({ rows: byKey(days, worth(counts)) });
  });

  router.post(`${at}/webhooks/:webhook/dry-run`, gate, async (request, response) => {
    const { site, document, webhook } = await webhookOf(sites, request);
    if (!destinationOf(webhook)) throw new Problem(404, "the webhook is no destination");
    const { from, to } = spanIn(document.timezone, parseQuery(dryRunQuery, request.query));
    const time = { from: from ?? (to ?? clock()) - DRY_RUN_MS, to: to ?? clock() };
    response.json({ ...time, ...(await dryRun(store, site, document, webhook, time)) });
  });

  router.post(`${at}/webhooks/:webhook/key`, gate, async (request, response) => {
    const { site, webhook } = await webhookOf(sites, request);
    if (!destinationOf(webhook)?.file) throw new Problem(400, "this webhook is not a file that a platform fetches");
    const key = `cjf_${randomBytes(32).toString("base64url")}`;
    const { name } = webhook;
    await addSecret({ store, clock }, { site, kind: "file_key", name, hash: hashToken(key), secret: null });
    response.status(201).json({ key, path: `/v1/sites/${site}/conversions/${name}.csv?key=${key}` });
  });

  router.delete(`${at}/webhooks/:webhook/key`, gate, async (request, response) => {
    const { site, webhook } = await webhookOf(sites, request);
    await store.removeSecrets(site, "file_key", webhook.name);
    response.status(204).end();
  });

  router.get(`${at}/conversions/:file`, limitFailures, async (request, response) => {
    const [, name] = /^(.+)\.csv$/.exec(String(request.params.file)) ?? [];
    const known = await sites.current(String(request.params.site));
    const webhook = known?.document.webhooks.find((one) => one.name === name);
    const { key = "", adjustments } = parseQuery(fileQuery, request.query);
    // A client without a key must not learn what exists.
    if (!known || !webhook || !(await isKey(known.site, webhook.name, key))) throw unauthorized();
    const format = destinationOf(webhook)?.file;
    if (!format) throw new Problem(404, "there is no such file");
    if (webhook.off !== undefined) throw new Problem(404, `the file is off: ${webhook.off}`);
    response.set("Cache-Control", "no-store");
    // A client that only asks whether the file is there has fetched nothing.
    if (request.method === "HEAD") return response.type("text/csv").end();
    const file = { store, site: known.site, document: known.document, webhook, format, now: clock() };
    const text = adjustments === "1" ? adjustmentFile(file) : conversionFile(file);
    await sendPieces(response, "text/csv; charset=utf-8", text);
  });

  async function isKey(site: string, webhook: string, key: string): Promise<boolean> {
    const keys = await store.secrets(site, "file_key", clock());
    return key !== "" && keys.some(({ name, hash }) => name === webhook && isToken(key, hash));
  }

  return router;
}

/** Merges the rows of several reports that have the same key. */
function byKey(...reports: { key: string }[][]): { key: string }[] {
  const rows = new Map<string, { key: string }>();
  for (const row of reports.flat()) rows.set(row.key, { ...rows.get(row.key), ...row });
  return [...rows.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
