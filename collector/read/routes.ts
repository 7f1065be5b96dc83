/** The reading routes. */
import { Router } from "express";
import { askerOf } from "../http/auth";
import { paged, placeOf } from "../http/cursor";
import { checked, Problem } from "../http/problem";
import { parseQuery } from "../http/query";
import { sendList, sendPieces } from "../http/stream";
import type { RefusedVendors } from "../intake/refused";
import { type RouteDeps, siteOf } from "../site/deps";
import type { RejectedRow } from "../store/tables";
import { contextId } from "../wire/common";
import { catalogue } from "../wire/parameters";
import { readAttention } from "./attention";
import { callRoutes } from "./calls";
import { contextQuery, contextText } from "./contexts";
import { readCoverage } from "./coverage";
import { deliveriesQuery, deliveryOf } from "./deliveries";
import { matchRate } from "./match-rate";
import { readProgress } from "./progress";
import { coverageQuery, rateQuery, rejectedQuery, spanIn } from "./query";
import { allSteps } from "./steps";
import { readVendors } from "./vendors";

export interface ReadRouteDeps extends RouteDeps {
  /** Erases a visitor. False if that takes longer, for instance because somebody reads the store. */
  erase: (site: string, contextId: string) => Promise<boolean>;
  refused: RefusedVendors;
}

/** When a client should ask again whether a visitor is erased. */
const RETRY_S = 5;

const DAY_MS = 86_400_000;

export function readRoutes({ sites, store, erase, gate, refused, clock }: ReadRouteDeps): Router {
  const router = Router();
  const at = "/v1/sites/:site";
  router.use(callRoutes({ sites, store, clock, gate }));

  router.get(`${at}/contexts/:context`, gate, async (request, response) => {
    const { site } = await siteOf(sites.current, request);
    const asked = parseQuery(contextQuery, request.query);
    const context = await contextText(store, site, String(request.params.context), asked);
    if (!context) throw new Problem(404, "there is no such context");
    await sendPieces(response, "application/json; charset=utf-8", context);
  });

  router.delete(`${at}/contexts/:context`, gate, async (request, response) => {
    const { site } = await siteOf(sites.current, request);
    const context = checked(contextId, request.params.context, "not a valid context_id");
    if (await erase(site, context)) return response.status(204).end();
    const detail =
      "erased, but somebody is reading the store's files, which still hold it; the collector goes on by itself. Ask again to be sure";
    response.status(202).set("Retry-After", String(RETRY_S)).json({ detail, retry_after_s: RETRY_S });
  });

  router.get(`${at}/vendors`, gate, async (request, response) => {
    response.json({ vendors: await readVendors(store, refused, await siteOf(sites.current, request), clock()) });
  });

  router.get(`${at}/entities`, gate, async (request, response) => {
    const known = await siteOf(sites.current, request);
    const { days } = parseQuery(coverageQuery, request.query);
    response.json({ entities: await readCoverage(store, known, clock() - days * DAY_MS) });
  });

  router.get(`${at}/match-rate`, gate, async (request, response) => {
    const { site, document } = await siteOf(sites.current, request);
    const { by, ...filter } = spanIn(document.timezone, parseQuery(rateQuery, request.query));
    const counts = await allSteps((after) => store.countStep(site, filter, by ?? null, document.timezone, after));
    response.json({ rows: matchRate(counts, by ? [] : ["all"]) });
  });

  router.get(`${at}/attention`, gate, async (request, response) => {
    response.json({ items: await readAttention(store, await siteOf(sites.current, request), clock()) });
  });

  router.get(`${at}/progress`, gate, async (request, response) => {
    response.json(await readProgress(store, await siteOf(sites.current, request)));
  });

  router.get(`${at}/parameters`, gate, async (request, response) => {
    const { document } = await siteOf(sites.current, request);
    response.json({ parameters: catalogue(document.entities) });
  });

  router.get(`${at}/deliveries`, gate, async (request, response) => {
    const { site } = await siteOf(sites.current, request);
    const { cursor, limit, ...filter } = parseQuery(deliveriesQuery, request.query);
    const below = placeOf(cursor);
    const rows = await store.deliveries(site, filter, below && { made_at: below[0], id: below[1] }, limit + 1);
    const { page, next_cursor } = paged(rows, limit, ({ made_at, id }) => [made_at, id]);
    await sendList(response, "deliveries", page, (row) => deliveryOf(store, row, askerOf(response)), { next_cursor });
  });

  router.get(`${at}/rejected`, gate, async (request, response) => {
    const { site } = await siteOf(sites.current, request);
    const { cursor, limit, ...filter } = parseQuery(rejectedQuery, request.query);
    const below = placeOf(cursor);
    const rows = await store.rejected(site, filter, below && { received_at: below[0], id: below[1] }, limit + 1);
    const { page, next_cursor } = paged(rows, limit, ({ received_at, id }) => [received_at, id]);
    const shown = ({ site: _site, call_id: _call, body, ...row }: RejectedRow) => ({ ...row, body: JSON.parse(body) });
    await sendList(response, "rejected", page, shown, { next_cursor });
  });
  return router;
}
