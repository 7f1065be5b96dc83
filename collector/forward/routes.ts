/** What a webhook's owner does: try it out, and send again what did not arrive. */
import { randomUUID } from "node:crypto";
import { type RequestHandler, Router } from "express";
import { z } from "zod";
import { bytesOf, jsonOf, rawBody } from "../http/body";
import { invalid, Problem } from "../http/problem";
import type { SiteRegistry } from "../site/registry";
import type { Store } from "../store/store";
import { faults } from "../wire/common";
import { exampleCall } from "./example";
import type { Forwarder } from "./forwarder";
import { render } from "./render";

export interface ForwardRouteDeps {
  sites: SiteRegistry;
  store: Store;
  forwarder: Forwarder;
  clock: () => number;
  admin: RequestHandler;
}

export const replaySchema = z.strictObject({ since: z.int().min(0), webhook: z.string().optional() });

export function forwardRoutes({ sites, store, forwarder, clock, admin }: ForwardRouteDeps): Router {
  const router = Router();
  const at = "/v1/sites/:site";

  router.post(`${at}/webhooks/:webhook/test`, admin, async (request, response) => {
    const known = await sites.version(String(request.params.site));
    const webhook = known?.document.webhooks.find(({ name }) => name === request.params.webhook);
    if (!known || !webhook) throw new Problem(404, "there is no such webhook");
    const rendered = render(webhook, "call.test", exampleCall(known.document, clock()));
    const sent = await forwarder.request(known, webhook, `test_${randomUUID()}`, rendered, true);
    const { status, error, ms, response: said } = sent.answer;
    response.json({ request: sent.request, status, error, ms, response: said });
  });

  router.post(`${at}/deliveries/:id/replay`, admin, async (request, response) => {
    const id = String(request.params.id);
    const replayed = await store.replayDeliveries(String(request.params.site), { id }, clock());
    if (replayed === 0) throw new Problem(404, "there is no such delivery");
    forwarder.wake();
    response.status(202).json({ replayed });
  });

  router.post(`${at}/deliveries/replay`, admin, rawBody(1024), async (request, response) => {
    const parsed = replaySchema.safeParse(jsonOf(bytesOf(request)));
    if (!parsed.success) throw invalid("the body does not say which deliveries", faults(parsed.error));
    const replayed = await store.replayDeliveries(String(request.params.site), parsed.data, clock());
    forwarder.wake();
    response.status(202).json({ replayed });
  });
  return router;
}
