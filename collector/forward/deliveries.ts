/**
 * Which deliveries a join causes. Pure: the joiner writes them in its own transaction, so a crash neither loses nor
 * invents one.
 */
import { filteredOut, isEligible, passes, takenBack } from "../convert/conversion";
import type { Destination } from "../convert/destination";
import { destinationOf } from "../convert/index";
import { hashOf } from "../hash";
import type { CallRow, DeliveryRow } from "../store/tables";
import { type Call, UNMATCHED_AFTER_MS } from "../wire/call";
import type { Site, Webhook } from "../wire/site";
import { type Event, type Rendered, render } from "./render";

/**
 * What to tell about a call: its first match, then any difference from what was told. `told` is what was told last.
 * `changed` means that this join made a new version. `age` is the time since the call arrived, in ms.
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

type Told = Exclude<Event, "call.test">;

/**
 * One delivery for each webhook that wants the event, and for each destination where the call is a conversion not told
 * yet. `earlier` are the call's deliveries so far. The id is derived, so each version is told once. It starts with the
 * call's id.
 */
export function deliveriesOf(
  site: string,
  document: Site,
  event: Told,
  call: Call,
  now: number,
  earlier: EarlierDelivery[] = [],
): DeliveryRow[] {
  return document.webhooks.flatMap((webhook) => {
    if (webhook.off !== undefined) return [];
    const rendered = renderedFor(webhook, document, event, call, now, earlier);
    return rendered === null ? [] : [deliveryRow(site, webhook.name, event, call, rendered, now)];
  });
}

export type EarlierDelivery = Pick<DeliveryRow, "webhook" | "version" | "state" | "request">;

/** The destination that is told about a call's conversions, or null if the webhook's own events and filter choose. */
function toldOfConversions(webhook: Webhook): Destination | null {
  const destination = destinationOf(webhook);
  return destination?.isChosenFor ? null : destination;
}

/** What to tell a webhook about an event, or null for nothing. */
function renderedFor(
  webhook: Webhook,
  document: Site,
  event: Told,
  call: Call,
  now: number,
  earlier: EarlierDelivery[],
): Rendered | null {
  const destination = toldOfConversions(webhook);
  if (!destination) {
    return webhook.on.includes(event) && passes(webhook.filter, call) ? render(webhook, event, call) : null;
  }
  if (!destination.api) return null;
  const { restates } = destination.api;
  const told = earlier.filter((row) => row.webhook === webhook.name).sort((a, b) => a.version - b.version);
  if (!restates && told.some(({ state }) => state === "delivered")) return null;
  const eligible = destination.eligible(webhook, call, document, now);
  const takesBack = !isEligible(eligible) && restates && told.length > 0 && eligible.reason === "not_a_goal";
  const conversions = isEligible(eligible) ? eligible : takesBack ? takenBack(webhook, call, document.goals) : [];
  if (conversions.length === 0) return null;
  const rendered: Rendered = { ...render(webhook, event, call, conversions), ...(takesBack && { takesBack }) };
  return told.at(-1)?.request === JSON.stringify(rendered) ? null : rendered;
}

export function deliveryRow(
  site: string,
  webhook: string,
  event: Told,
  call: Call,
  rendered: Rendered,
  now: number,
): DeliveryRow {
  return {
    site,
    id: call.id + hashOf(site, call.id, webhook, event, String(call.version)).slice(0, 16),
    call_id: call.id,
    webhook,
    event,
    version: call.version,
    state: "pending",
    request: JSON.stringify(rendered),
    made_at: now,
    failures: 0,
    next_attempt_at: now,
    ended_at: null,
  };
}

/** Why a webhook is not told about a call's event, or null if it is. */
export function whyNot(webhook: Webhook, document: Site, event: Told, call: Call, now: number): string | null {
  const { off, on, filter } = webhook;
  if (off !== undefined) return `the webhook is off: ${off}`;
  const destination = toldOfConversions(webhook);
  if (destination) {
    const eligible = destination.eligible(webhook, call, document, now);
    return isEligible(eligible) ? null : `${eligible.reason}: ${eligible.detail}`;
  }
  return on.includes(event) ? filteredOut(filter, call) : `it is told of ${on.join(", ")}, and this was ${event}`;
}
