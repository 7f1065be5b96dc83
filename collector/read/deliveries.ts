/** What was sent to webhooks, what they answered, and what is waiting. */
import { z } from "zod";
import type { Rendered } from "../forward/render";
import type { Asker } from "../http/auth";
import type { Store } from "../store/store";
import type { DeliveryRow } from "../store/tables";
import type { Outgoing } from "../wire/exchange";
import { page } from "./query";

export const deliveriesQuery = z.object({
  state: z.enum(["pending", "delivered", "dead"]).optional(),
  webhook: z.string().optional(),
  call_id: z.string().optional(),
  ...page,
});

/**
 * A delivery with what was sent, and every attempt. A receiver's address, including its path, is often a secret, so a
 * caller who may only read sees just the host.
 */
export async function deliveryOf(store: Store, row: DeliveryRow, { role }: Asker) {
  const { site, id, webhook, event, call_id, version, state, made_at, next_attempt_at } = row;
  const attempts = await store.attempts(site, call_id, id);
  const { body }: Rendered = JSON.parse(row.request);
  const asSent = (text: string): unknown => {
    const sent: Outgoing = JSON.parse(text);
    return role === "admin" ? sent : { ...sent, url: `${new URL(sent.url).origin}/…` };
  };
  return {
    id,
    webhook,
    event,
    call_id,
    version,
    state,
    made_at,
    body,
    attempts: attempts.map(({ at, status, ms, error, request, response }) => ({
      at,
      status,
      ms,
      error,
      request: request === null ? null : asSent(request),
      response,
    })),
    next_attempt_at,
  };
}
