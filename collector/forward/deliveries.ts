/** Which deliveries a join gives rise to. Pure: the joiner writes them in its own transaction, so that a crash neither loses nor invents one. */
import { hashOf } from "../store/hash";
import type { CallRow, DeliveryRow } from "../store/tables";
import { type Call, UNMATCHED_AFTER_MS } from "../wire/call";
import type { Site, Webhook } from "../wire/site";
import { type Event, render } from "./render";

/**
 * What is to be told of a call: its first match, then whatever differs from what was told. `told` is what was told last, `changed`
 * that this join made a version, `age` the ms since the call arrived.
 */
export function eventOf(
  { told, status }: Pick<CallRow, "told" | "status">,
  changed: boolean,
  age: number,
): CallRow["told"] | "updated" {
  if (status === "matched" && told !== "matched") return "matched";
  if (told !== null) return changed ? "updated" : null;
  return status !== "matched" && age >= UNMATCHED_AFTER_MS ? "unmatched" : null;
}

/** One delivery for each webhook that wants the event. The id is derived, so that one version is told once; it starts with the call's. */
export function deliveriesOf(
  site: string,
  { webhooks }: Site,
  event: Exclude<Event, "call.test">,
  call: Call,
  now: number,
): DeliveryRow[] {
  return webhooks
    .filter((webhook) => webhook.off === undefined && webhook.on.includes(event) && passes(webhook.filter, call))
    .map((webhook) => ({
      site,
      id: call.id + hashOf(site, call.id, webhook.name, event, String(call.version)).slice(0, 16),
      call_id: call.id,
      webhook: webhook.name,
      event,
      version: call.version,
      state: "pending",
      request: JSON.stringify(render(webhook, event, call)),
      made_at: now,
      failures: 0,
      next_attempt_at: now,
      ended_at: null,
    }));
}

/** A call passes where each list that is given holds it. */
function passes({ status, vendor, type, goal }: Webhook["filter"], call: Call): boolean {
  return (
    (status === undefined || status.includes(call.join.status)) &&
    (vendor === undefined || vendor.includes(call.vendor)) &&
    (type === undefined || type.includes(call.type)) &&
    (goal === undefined || goal.some((name) => call.goals.includes(name)))
  );
}
