/** What was sent to webhooks, what they said, and what waits. */
import { z } from "zod";
import type { Store } from "../store/store";
import type { AttemptRow } from "../store/tables";
import { cursorOf, page, placeOf } from "./query";

export const deliveriesQuery = z.object({
  state: z.enum(["pending", "delivered", "dead"]).optional(),
  webhook: z.string().optional(),
  ...page,
});

/** A page of a site's deliveries with every attempt, the newest first. */
export async function readDeliveries(
  store: Store,
  site: string,
  { cursor, limit, ...filter }: z.output<typeof deliveriesQuery>,
) {
  const below = placeOf(cursor);
  const rows = await store.deliveries(site, filter, below && { made_at: below[0], id: below[1] }, limit + 1);
  const shown = rows.slice(0, limit);
  const attempts = new Map<string, AttemptRow[]>();
  for (const row of await store.attempts(site, shown)) {
    attempts.set(row.delivery_id, [...(attempts.get(row.delivery_id) ?? []), row]);
  }
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    deliveries: shown.map(({ id, webhook, event, call_id, version, state, made_at, next_attempt_at }) => ({
      id,
      webhook,
      event,
      call_id,
      version,
      state,
      made_at,
      attempts: (attempts.get(id) ?? []).map(({ at, status, ms, error, request, response }) => ({
        at,
        status,
        ms,
        error,
        request: request === null ? null : JSON.parse(request),
        response,
      })),
      next_attempt_at,
    })),
    next_cursor: last ? cursorOf([last.made_at, last.id]) : null,
  };
}
