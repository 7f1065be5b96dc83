/** Replays refused requests: sends them through their route again after somebody has fixed the cause. */
import { Router } from "express";
import { z } from "zod";
import { bodyOf, jsonOf, rawBody } from "../http/body";
import { cursorOf, placeOf } from "../http/cursor";
import { Problem } from "../http/problem";
import { type RouteDeps, siteOf } from "../site/deps";
import type { KnownSite } from "../site/registry";
import type { RejectedRow } from "../store/tables";
import type { Vendor } from "../wire/site";
import type { Receipt } from "../wire/snapshots";
import { mappingOf } from "./adapters";
import { askedAgain, exactJson, isUnread, payloadsOf, type VendorRequest } from "./adapters/body";
import { eventsOf } from "./adapters/qprotocol";
import type { TakeEvents } from "./events";
import type { TakeSnapshots } from "./snapshots";

export const replayRejectedSchema = z.strictObject({
  reason: z.string().optional().meta({ description: "those of one reason" }),
  vendor: z.string().optional().meta({ description: "those of one vendor" }),
  cursor: z.string().optional().meta({ description: "the answer's before: what is refused again is not tried twice" }),
});

/** The most refusals that one request replays, and how long (ms) it goes on to the next one. */
const STEP = 100;
const STEP_MS = 1_000;

/** What is left is counted up to here. */
const MOST_LEFT = 10_000;

export interface ReplayRouteDeps extends Omit<RouteDeps, "clock"> {
  takeSnapshots: TakeSnapshots;
  takeEvents: TakeEvents;
}

/** The call events of a body that could not be read when it came. */
async function readAgain(asked: VendorRequest, vendor: Vendor): Promise<unknown[] | null> {
  const mapping = mappingOf(vendor);
  return mapping ? payloadsOf(asked, mapping) : eventsOf(jsonOf(asked.raw, exactJson));
}

export function replayRoutes({ sites, store, takeSnapshots, takeEvents, gate }: ReplayRouteDeps): Router {
  const router = Router();

  async function take({ document: siteDocument }: KnownSite, row: RejectedRow): Promise<Receipt> {
    const { site, route, vendor: name, received_at, body } = row;
    const kept: unknown = JSON.parse(body);
    // It keeps its time of arrival, because a snapshot's received-at is part of it.
    const arrival = { receivedAt: received_at, bytes: body.length };
    if (route === "snapshots") return takeSnapshots(kept, { ...arrival, origin: null });
    const vendor = siteDocument.vendors.find((one) => one.name === name);
    if (!vendor) throw new Problem(409, `the site no longer has a vendor ${name}`);
    const events = (isUnread(kept) && (await readAgain(askedAgain(kept), vendor))) || [kept];
    const batch = { ...arrival, site, vendor, document: siteDocument, events };
    return takeEvents({ ...batch, route: route === "native" ? "native" : "calls" });
  }

  router.post("/v1/sites/:site/rejected/:id/replay", gate, async (request, response) => {
    const known = await siteOf(sites.current, request);
    const id = String(request.params.id);
    const [row] = await store.rejected(known.site, { id }, null, 1);
    if (!row) throw new Problem(404, "there is no such rejected event");
    if (row.reason === "erased") throw new Problem(409, "this visitor was erased; nothing is left to replay");
    const answer = await take(known, row);
    if (answer.rejected.length === 0) await store.deleteRejected(known.site, id);
    response.json(answer);
  });

  router.post("/v1/sites/:site/rejected/replay", gate, rawBody(4_096), async (request, response) => {
    const { cursor, reason, vendor } = bodyOf(replayRejectedSchema, request, "the body does not say which refusals");
    const known = await siteOf(sites.current, request);
    const from = placeOf(cursor);
    const below = from && { received_at: from[0], id: from[1] };
    const rows = await store.rejected(known.site, { reason }, below, STEP);
    const counts = { replayed: 0, refused: 0 };
    let last: RejectedRow | undefined;
    const until = performance.now() + STEP_MS;
    for (const row of rows) {
      if (last && performance.now() > until) break;
      last = row;
      if (row.reason === "erased" || (vendor !== undefined && row.vendor !== vendor)) continue;
      if (await again(known, row)) counts.replayed += 1;
      else counts.refused += 1;
    }
    const isLast = last === rows.at(-1) && rows.length < STEP;
    const place = !isLast && last ? { received_at: last.received_at, id: last.id } : null;
    const remaining = place ? await store.countRejected(known.site, { reason, vendor, below: place }, MOST_LEFT) : 0;
    const next_cursor = place && remaining > 0 ? cursorOf([place.received_at, place.id]) : null;
    response.status(202).json({ ...counts, remaining, next_cursor });
  });

  /** Returns true if it was accepted and is no longer a refusal. */
  async function again(known: KnownSite, row: RejectedRow): Promise<boolean> {
    try {
      if ((await take(known, row)).rejected.length > 0) return false;
    } catch (error) {
      // Its vendor is gone, or it still cannot be read.
      if (error instanceof Problem && error.status < 500) return false;
      throw error;
    }
    await store.deleteRejected(known.site, row.id);
    return true;
  }
  return router;
}
