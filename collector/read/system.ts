/** What the collector runs on, and how it is doing: `GET /v1/system`. */
import { hostname } from "node:os";
import { Router } from "express";
import type { Place } from "../http/doors";
import type { RouteDeps } from "../site/deps";
import { COUNTED_TABLES, isBySite } from "../store/live";
import type { Store } from "../store/store";

export interface SystemRouteDeps extends Omit<RouteDeps, "sites"> {
  version: string;
  /** Where `/metrics` is served. */
  metrics: Place;
  publicUrl: string | undefined;
}

/** Count the rows at most this often. */
const ROWS_MS = 60_000;

/** Count backlogs no further than this. */
const MOST = 10_000;

/** How often a collector says that it is there. A silent one is forgotten after a day. */
export const BEAT_MS = 20_000;
const FORGOTTEN_MS = 86_400_000;

export function systemRoutes({ store, clock, gate, version, metrics, publicUrl }: SystemRouteDeps): Router {
  const router = Router();
  let counted: { at: number; rows: Promise<Record<string, number>> } | null = null;

  function rows(sites: string[]): Promise<Record<string, number>> {
    if (!counted || Math.abs(clock() - counted.at) > ROWS_MS) {
      const rows = countAll(store, sites);
      counted = { at: clock(), rows };
      rows.catch(() => {
        counted = null;
      });
    }
    return counted.rows;
  }

  router.get("/v1/system", gate, async (_request, response) => {
    const sites = await store.newestDocuments();
    const pending = sites.map(({ site }) => store.countDeliveries(site, "pending", MOST));
    const deliveries = (await Promise.all(pending)).reduce((sum, count) => sum + count, 0);
    const [retention] = await store.marks("", "retention");
    response.json({
      version,
      node: process.versions.node,
      store: {
        engine: store.engine,
        rows: { sites: sites.length, ...(await rows(sites.map(({ site }) => site))) },
        bytes: await store.storeBytes(),
      },
      backlog: { due: (await store.due(clock(), MOST)).length, deliveries },
      last_retention_at: retention?.at ?? null,
      collectors: (await store.marks("", "collector")).map(({ name, at, said }) => ({
        id: name,
        version: said,
        last_seen_at: at,
      })),
      metrics_url: metrics === "on" ? `${publicUrl ?? ""}/metrics` : null,
    });
  });
  return router;
}

/** Row counts by table. Tables that are not kept by site are counted once, under no site. */
async function countAll(store: Store, sites: string[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of COUNTED_TABLES) {
    counts[table] = 0;
    for (const site of isBySite(store.engine, table) ? sites : [""])
      counts[table] += await store.countRows(table, site);
  }
  return counts;
}

/**
 * Says that this collector is there. Forgets collectors that have been silent for long, and checks that have expired.
 */
export async function beat(store: Store, version: string, now: number): Promise<void> {
  await store.putMark({ site: "", kind: "collector", name: `${hostname()}-${process.pid}`, at: now, said: version });
  await store.deleteMarks("", "collector", now - FORGOTTEN_MS);
  await store.deleteMarks("", "check", now);
}
