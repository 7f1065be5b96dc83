/** The reading routes, all of them the operator's. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type RequestHandler, Router } from "express";
import { eraseVisitor } from "../forget";
import { Problem } from "../http/problem";
import { parseQuery } from "../http/query";
import { callOf } from "../join/call";
import type { Joiner } from "../join/joiner";
import type { KnownSite, SiteRegistry } from "../site/registry";
import type { Store } from "../store/store";
import { summaryType } from "../wire/common";
import { catalogue } from "../wire/parameters";
import { readContext } from "./contexts";
import { coverage } from "./coverage";
import { deliveriesQuery, readDeliveries } from "./deliveries";
import { explain } from "./explain";
import { matchRate } from "./match-rate";
import { callsQuery, cursorOf, explainQuery, placeOf, rateQuery, rejectedQuery, tableQuery } from "./query";
import { CONTENT_TYPES, tableText } from "./tables";

export interface ReadRouteDeps {
  sites: SiteRegistry;
  store: Store;
  joiner: Joiner;
  clock: () => number;
  admin: RequestHandler;
}

/** Entity coverage looks at so many of the latest snapshots: enough to be steady, few enough to be read at once. */
const COVERAGE_SNAPSHOTS = 2_000;

export function readRoutes({ sites, store, joiner, clock, admin }: ReadRouteDeps): Router {
  const router = Router();
  const at = "/v1/sites/:site";

  /** The site of the path; reports say 404 rather than "no calls" of a site that does not exist. */
  async function siteOf(params: Record<string, string | string[]>): Promise<KnownSite> {
    const known = await sites.current(String(params.site));
    if (!known) throw new Problem(404, "there is no such site");
    return known;
  }

  router.get(`${at}/calls`, admin, async (request, response) => {
    const { site } = await siteOf(request.params);
    const { cursor, limit, ...filter } = parseQuery(callsQuery, request.query);
    const below = placeOf(cursor);
    const rows = await store.calls(site, filter, below && { ts: below[0], call_id: below[1] }, limit + 1);
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    const next_cursor = last ? cursorOf([last.ts, last.call_id]) : null;
    response.json({ calls: rows.slice(0, limit).map(callOf), next_cursor });
  });

  router.get(`${at}/calls/:call`, admin, async (request, response) => {
    const { site, document } = await siteOf(request.params);
    const [row] = await store.calls(site, { id: String(request.params.call) }, null, 1);
    if (!row) throw new Problem(404, "there is no such call");
    const asked = parseQuery(explainQuery, request.query).explain === "1";
    const why = asked ? { explain: await explain(store, site, row.call_id, document) } : {};
    response.json({ ...callOf(row), ...why });
  });

  router.get(`${at}/contexts/:context`, admin, async (request, response) => {
    const { site } = await siteOf(request.params);
    const context = await readContext(store, site, String(request.params.context));
    if (!context) throw new Problem(404, "there is no such context");
    response.json(context);
  });

  router.delete(`${at}/contexts/:context`, admin, async (request, response) => {
    const { site } = await siteOf(request.params);
    await eraseVisitor({ store, joiner, clock }, site, String(request.params.context));
    response.status(204).end();
  });

  router.get(`${at}/entities`, admin, async (request, response) => {
    const { site, document } = await siteOf(request.params);
    response.json({ entities: coverage(document.entities, await store.latestSnapshots(site, COVERAGE_SNAPSHOTS)) });
  });

  router.get(`${at}/tables/:type`, admin, async (request, response) => {
    const { site, document } = await siteOf(request.params);
    const type = summaryType.safeParse(request.params.type);
    if (!type.success) throw new Problem(404, "there is no such table");
    const { format, ...filter } = parseQuery(tableQuery, request.query);
    const names = document.entities.map(({ name }) => name);
    response.set("Content-Type", CONTENT_TYPES[format]);
    await pipeline(Readable.from(tableText(store, site, { ...filter, type: type.data }, names, format)), response);
  });

  router.get(`${at}/match-rate`, admin, async (request, response) => {
    const { site } = await siteOf(request.params);
    const { by, ...filter } = parseQuery(rateQuery, request.query);
    const counts = await store.countCalls(site, filter, by ?? null);
    response.json({ rows: matchRate(counts, by ? [] : ["all"]) });
  });

  router.get(`${at}/parameters`, admin, async (request, response) => {
    const { document } = await siteOf(request.params);
    response.json({ parameters: catalogue(document.entities) });
  });

  router.get(`${at}/deliveries`, admin, async (request, response) => {
    const { site } = await siteOf(request.params);
    response.json(await readDeliveries(store, site, parseQuery(deliveriesQuery, request.query)));
  });

  router.get(`${at}/rejected`, admin, async (request, response) => {
    const { site } = await siteOf(request.params);
    const { cursor, limit, ...filter } = parseQuery(rejectedQuery, request.query);
    const below = placeOf(cursor);
    const rows = await store.rejected(site, filter, below && { received_at: below[0], id: below[1] }, limit + 1);
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    response.json({
      rejected: rows.slice(0, limit).map(({ site: _site, body, ...row }) => ({ ...row, body: JSON.parse(body) })),
      next_cursor: last ? cursorOf([last.received_at, last.id]) : null,
    });
  });
  return router;
}
