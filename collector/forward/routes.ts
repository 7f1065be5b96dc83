/** What a webhook's owner can do: try it out, and resend what did not arrive. */
import { randomUUID } from "node:crypto";
import { Router } from "express";
import { z } from "zod";
import { apiOf, destinationOf } from "../convert/index";
import { bodyOf, rawBody } from "../http/body";
import { Problem } from "../http/problem";
import { type RouteDeps, siteOf, webhookOf } from "../site/deps";
import { exampleCall, exampleConversions } from "./example";
import type { Forwarder } from "./forwarder";
import { render } from "./render";

export interface ForwardRouteDeps extends RouteDeps {
  forwarder: Forwarder;
}

export const replaySchema = z.union(
  [
    z.strictObject({ since: z.int().min(0), webhook: z.string().optional() }),
    z.strictObject({
      state: z.literal("dead"),
      webhook: z.string().optional().meta({ description: "one webhook's; all of the site's if left out" }),
      before: z.int().min(0).optional().meta({
        description: "given up before this; pass on what the first answer said, so that none is sent twice",
      }),
    }),
  ],
  { error: 'must have since, or "state": "dead"' },
);

/** The limit for counting what is left to replay. */
const MOST_LEFT = 10_000;

export function forwardRoutes({ sites, store, forwarder, clock, gate }: ForwardRouteDeps): Router {
  const router = Router();
  const at = "/v1/sites/:site";

  router.post(`${at}/webhooks/:webhook/test`, gate, async (request, response) => {
    const { webhook, ...known } = await webhookOf(sites, request);
    if (destinationOf(webhook)?.file)
      throw new Problem(400, "Calljoin sends nothing there: the platform fetches a file");
    const call = exampleCall(known.document, clock());
    const rendered = render(webhook, "call.test", call, exampleConversions(webhook, call, known.document));
    const sent = await forwarder.test(known, webhook, `test_${randomUUID()}`, rendered);
    const { status, error, ms, response: said } = sent.answer;
    const words = apiOf(webhook)?.words(said) ?? null;
    response.json({ request: sent.request, status, error, ms, response: said, words });
  });

  router.post(`${at}/deliveries/:id/replay`, gate, async (request, response) => {
    const id = String(request.params.id);
    const replayed = await store.replayDeliveries(String(request.params.site), { id }, clock());
    if (replayed === 0) throw new Problem(404, "there is no such delivery");
    forwarder.wake();
    response.status(202).json({ replayed });
  });

  router.post(`${at}/deliveries/replay`, gate, rawBody(1024), async (request, response) => {
    const which = bodyOf(replaySchema, request, "the body does not say which deliveries");
    const { site, document } = await siteOf(sites.version, request);
    if ("since" in which) {
      const replayed = await store.replayDeliveries(site, which, clock());
      forwarder.wake();
      return response.status(202).json({ replayed });
    }
    // A webhook that was removed can be sent nothing.
    const names = document.webhooks.map(({ name }) => name).filter((name) => name === (which.webhook ?? name));
    const { before = clock() } = which;
    let [replayed, remaining] = [0, 0];
    for (const name of names) {
      const step = await store.replayDead(site, name, before, clock(), MOST_LEFT);
      replayed += step.replayed;
      remaining += step.remaining;
    }
    forwarder.wake();
    response.status(202).json({ replayed, remaining, before });
  });
  return router;
}
