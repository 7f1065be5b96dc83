/**
 * Google Analytics 4's Measurement Protocol: a webhook whose parameters become one event. GA4 answers 2xx to anything, so that what it
 * would drop in silence has to be found out before.
 */
import type { Scalar } from "../wire/parameters";
import type { Webhook } from "../wire/site";

const GA4_URL = "https://www.google-analytics.com/mp/collect";

/** Parameters that GA4 wants beside the event and not in it. */
const BESIDE = ["client_id", "user_id"];

/** How far back GA4 takes an event. */
const MAX_AGE_MS = 72 * 3_600_000;

/** The body: `event_name` names the event (default `phone_call`), all other parameters are the event's. `ts` is the call's T, in ms. */
export function ga4Body(chosen: [string, Scalar | string[] | null][], ts: number): string {
  const given = chosen.filter(([, value]) => value !== null);
  const values = Object.fromEntries(given);
  const params = given.filter(([name]) => !BESIDE.includes(name) && name !== "event_name");
  return JSON.stringify({
    ...Object.fromEntries(
      given.filter(([name]) => BESIDE.includes(name)).map(([name, value]) => [name, String(value)]),
    ),
    timestamp_micros: ts * 1_000,
    events: [
      {
        name: values.event_name ?? "phone_call",
        // Without an engagement time the visit does not show as active.
        params: { engagement_time_msec: 1, ...Object.fromEntries(params) },
      },
    ],
  });
}

/** Why GA4 would drop a body or show its conversion as "(not set)"; null where it would not. */
export function ga4Fault(body: string, now: number): string | null {
  const { client_id, timestamp_micros, events } = JSON.parse(body);
  if (!client_id || !events[0].params.session_id)
    return "GA4 needs client_id and session_id, and this call has not both";
  return now - timestamp_micros / 1_000 > MAX_AGE_MS ? "GA4 takes no event that is older than 72 hours" : null;
}

/** The URL of a GA4 webhook. `debug` is where GA4 says what it thinks of an event, and counts nothing. */
export function ga4Url({ url: base, measurement_id }: Webhook, apiSecret: string, debug: boolean): string {
  const url = new URL(base ?? GA4_URL);
  if (debug) url.pathname = `/debug${url.pathname}`;
  url.searchParams.set("measurement_id", measurement_id ?? "");
  url.searchParams.set("api_secret", apiSecret);
  return url.href;
}
