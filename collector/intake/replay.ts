/** What was refused, sent through its route once more: after the cause was mended. */
import { type RequestHandler, Router } from "express";
import { Problem } from "../http/problem";
import type { SiteRegistry } from "../site/registry";
import type { Store } from "../store/store";
import type { RejectedRow } from "../store/tables";
import type { Receipt } from "../wire/snapshots";
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

  function take({ site, route, vendor, received_at, body }: RejectedRow): Promise<Receipt> {
    const document: unknown = JSON.parse(body);
    // It arrived when it arrived: a snapshot's received-at is part of it.
    const arrival = { receivedAt: received_at, bytes: body.length };
    if (route === "snapshots") return takeSnapshots(document, { ...arrival, origin: null });
    return takeEvents({ ...arrival, site, vendor: vendor ?? "", events: [document], read: readQProtocol });
  }

  router.post("/v1/sites/:site/rejected/:id/replay", admin, async (request, response) => {
    const known = await sites.current(String(request.params.site));
    const id = String(request.params.id);
    const [row] = known ? await store.rejected(known.site, { id }, null, 1) : [];
    if (!known || !row) throw new Problem(404, "there is no such refusal");
    if (row.reason === "erased") throw new Problem(409, "this visitor was erased; nothing is left to replay");
    const answer = await take(row);
    if (answer.rejected.length === 0) await store.deleteRejected(known.site, id);
    response.json(answer);
  });
  return router;
}
