/** What webhooks would be sent about a call, and why they were not. */
import { randomUUID } from "node:crypto";
import { Router } from "express";
import { z } from "zod";
import { type Conversion, conversionsOf } from "../convert/conversion";
import { destinationOf } from "../convert/index";
import { whyNot } from "../forward/deliveries";
import { exampleCall, exampleConversions } from "../forward/example";
import type { Forwarder } from "../forward/forwarder";
import { type Event, render, requestOf } from "../forward/render";
import { bodyOf, rawBody } from "../http/body";
import { invalid, Problem } from "../http/problem";
import { callOf } from "../join/call";
import { checkWebhook } from "../site/check";
import { type RouteDeps, siteOf } from "../site/deps";
import type { Call } from "../wire/call";
import { type Webhook, webhookSchema } from "../wire/site";
import { csv } from "./csv";

export interface WebhookRouteDeps extends RouteDeps {
  forwarder: Forwarder;
}

export const previewSchema = z.strictObject({
  webhook: webhookSchema,
  call_id: z.string().optional().meta({ description: "the call to show; an example if left out" }),
});

/** How many of one call's deliveries to search for the last ones. */
const MOST_TOLD = 1_000;

const NOT_YET =
  "nothing has been told of the call since the webhook is there; a call that is not matched is told of after 15 minutes";

function eventFor({ join }: Call): "call.matched" | "call.unmatched" {
  return join.status === "matched" ? "call.matched" : "call.unmatched";
}

export function webhookRoutes({ sites, store, forwarder, clock, gate }: WebhookRouteDeps): Router {
  const router = Router();
  const at = "/v1/sites/:site";

  router.post(`${at}/webhooks/preview`, gate, rawBody(65_536), async (request, response) => {
    const { webhook, call_id } = bodyOf(previewSchema, request, "the webhook is not valid");
    const known = await siteOf(sites.version, request);
    const document = { ...known.document, webhooks: [webhook] };
    const errors = checkWebhook(webhook, "webhook", document);
    if (errors.length > 0) throw invalid("the webhook is not valid", errors);
    const call = call_id === undefined ? exampleCall(document, clock()) : await callBy(known.site, call_id);
    const event = call_id === undefined ? (webhook.on[0] ?? "call.matched") : eventFor(call);
    if (destinationOf(webhook)) {
      const conversions =
        call_id === undefined
          ? exampleConversions(webhook, call, document)
          : conversionsOf(webhook, call, document.goals);
      return response.json(previewOf(webhook, event, call, conversions));
    }
    const rendered = render(webhook, event, call);
    const signed = await forwarder.prepare(known, webhook, `preview_${randomUUID()}`, rendered);
    // A webhook that is not saved yet has no secret to sign with.
    const outgoing = typeof signed === "string" ? requestOf(webhook.url ?? "", rendered) : signed;
    response.json({ ...outgoing, signed: typeof signed !== "string" });
  });

  router.get(`${at}/calls/:call/webhooks`, gate, async (request, response) => {
    const known = await siteOf(sites.version, request);
    const call = await callBy(known.site, String(request.params.call));
    const told = await store.deliveries(known.site, { call_id: call.id }, null, MOST_TOLD);
    const event = eventFor(call);
    response.json(
      known.document.webhooks.map((webhook) => {
        const last = told.find(({ webhook: name }) => name === webhook.name);
        const why = last
          ? `${last.event}, version ${last.version}, is ${last.state}`
          : (whyNot(webhook, known.document, event, call, clock()) ?? NOT_YET);
        return { webhook: webhook.name, sent: last !== undefined, why };
      }),
    );
  });

  async function callBy(site: string, id: string): Promise<Call> {
    const [row] = await store.calls(site, { id }, null, 1);
    if (!row) throw new Problem(404, "there is no such call");
    return callOf(row);
  }
  return router;
}

/** What a platform would be told: a request's body, or the file that it fetches. Neither contains its credential. */
function previewOf(webhook: Webhook, event: Event, call: Call, conversions: Conversion[]) {
  const { file } = destinationOf(webhook) ?? {};
  const body = file
    ? file.head
        .concat(conversions.map(file.row))
        .map((row) => csv([row]))
        .join("")
    : render(webhook, event, call, conversions).body;
  return { method: file ? "GET" : "POST", url: webhook.url ?? null, headers: {}, body, signed: false };
}
