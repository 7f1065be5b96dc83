/** What was refused, sent through its route once more: after the cause was mended. */
import { type RequestHandler, Router } from "express";
import { Problem } from "../http/problem";
import type { KnownSite, SiteRegistry } from "../site/registry";
import type { Store } from "../store/store";
import type { RejectedRow } from "../store/tables";
import type { Receipt } from "../wire/snapshots";
import { readerOf } from "./adapters";
import { readQProtocol } from "./adapters/qprotocol";
import type { TakeEvents } from "./events";
import type { TakeSnapshots } from "./snapshots";

export interface ReplayRouteDeps {
  sites: SiteRegistry;
  store: Store;
  takeSnapshots: TakeSnapshots;
  takeEvents: TakeEvents;
  admin: RequestHandler;
}

export function replayRoutes({ sites, store, takeSnapshots, takeEvents, admin }: ReplayRouteDeps): Router {
  const router = Router();

  function take({ document: { vendors } }: KnownSite, row: RejectedRow): Promise<Receipt> {
    const { site, route, vendor: name, received_at, body } = row;
    const document: unknown = JSON.parse(body);
    // It arrived when it arrived: a snapshot's received-at is part of it.
    const arrival = { receivedAt: received_at, bytes: body.length };
    if (route === "snapshots") return takeSnapshots(document, { ...arrival, origin: null });
    const vendor = vendors.find((one) => one.name === name);
    if (!vendor) throw new Problem(409, `the site has no vendor ${name} any more`);
    const batch = { ...arrival, site, vendor: vendor.name, events: [document] };
    if (route === "native") return takeEvents({ ...batch, route, read: readerOf(vendor) });
    return takeEvents({ ...batch, route: "calls", read: readQProtocol });
  }

  router.post("/v1/sites/:site/rejected/:id/replay", admin, async (request, response) => {
    const known = await sites.current(String(request.params.site));
    const id = String(request.params.id);
    const [row] = known ? await store.rejected(known.site, { id }, null, 1) : [];
    if (!known || !row) throw new Problem(404, "there is no such refusal");
    if (row.reason === "erased") throw new Problem(409, "this visitor was erased; nothing is left to replay");
    const answer = await take(known, row);
    if (answer.rejected.length === 0) await store.deleteRejected(known.site, id);
    response.json(answer);
  });
  return router;
}
