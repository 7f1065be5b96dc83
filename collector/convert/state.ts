/**
 * How a call stands with a destination, and why. Pure: computed from the call, the site document, what was sent and the
 * clock. Nothing of it is stored.
 */
import type { DeliveryRow, FiledRow } from "../store/tables";
import type { Call, ConversionState } from "../wire/call";
import type { Site, Webhook } from "../wire/site";
import { clickSession, type Eligible, isEligible } from "./conversion";
import { destinationOf } from "./index";

/** What was done about a call so far. */
export interface Done {
  deliveries: Pick<DeliveryRow, "webhook" | "version" | "state" | "ended_at">[];
  filed: Pick<FiledRow, "webhook">[];
}

type State = Pick<ConversionState, "state" | "reason" | "detail">;

/** The destinations of a site. */
export function destinationsOf({ webhooks }: Site): Webhook[] {
  return webhooks.filter((webhook) => destinationOf(webhook) !== null);
}

export function stateOf(webhook: Webhook, call: Call, document: Site, done: Done, now: number): ConversionState {
  const destination = destinationOf(webhook);
  const at = (time: number): Eligible => destination?.eligible(webhook, call, document, time) ?? [];
  const found = destination?.file ? fileState(webhook, done, at(now)) : deliveryState(webhook, done, at, now);
  const hasClick = found.state !== "not_sent" && call.join.status === "matched";
  const click_session_id = hasClick ? clickSession(webhook, call) : null;
  return { destination: webhook.name, format: webhook.format, ...found, click_session_id };
}

function deliveryState(webhook: Webhook, { deliveries }: Done, at: (time: number) => Eligible, now: number): State {
  const own = deliveries.filter((delivery) => delivery.webhook === webhook.name);
  const last = own.reduce<(typeof own)[number] | null>(
    (newest, each) => (newest && newest.version > each.version ? newest : each),
    null,
  );
  // If the platform has the conversion, it counts, whatever became of a correction.
  if (own.some(({ state }) => state === "delivered")) return { state: "sent", reason: null, detail: null };
  if (last?.state === "pending") return { state: "waiting", reason: null, detail: null };
  const eligible = at(last?.ended_at ?? now);
  if (!isEligible(eligible)) return { state: "not_sent", ...eligible };
  if (last) return { state: "not_sent", reason: "refused", detail: null };
  const off =
    webhook.off === undefined ? "the destination was not there when the call came" : `it is off: ${webhook.off}`;
  return { state: "not_sent", reason: null, detail: off };
}

function fileState(webhook: Webhook, { filed }: Done, eligible: Eligible): State {
  if (filed.some((row) => row.webhook === webhook.name)) return { state: "sent", reason: null, detail: null };
  if (!isEligible(eligible)) return { state: "not_sent", ...eligible };
  return { state: "waiting", reason: null, detail: "the platform has not fetched the file yet" };
}
