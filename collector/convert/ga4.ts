/**
 * Google Analytics 4's Measurement Protocol: a webhook whose parameters become one event. GA4 answers 2xx to anything,
 * so we must find out beforehand what it would silently drop.
 */
import type { Call } from "../wire/call";
import { CONSENTS } from "../wire/clicks";
import { parameterOf, type Scalar } from "../wire/parameters";
import type { Webhook } from "../wire/site";
import { consentOf, conversionsOf, type Eligible, passes } from "./conversion";
import { type Destination, jsonPost } from "./destination";

const GA4_URL = "https://www.google-analytics.com/mp/collect";

/** Parameters that GA4 wants next to the event, not in it. */
const BESIDE = ["client_id", "user_id"];

/**
 * How long after its start a session takes events, and how far back GA4 takes any event:
 * https://developers.google.com/analytics/devguides/collection/protocol/ga4/use-cases
 */
const SESSION_MS = 24 * 3_600_000;
const MAX_AGE_MS = 72 * 3_600_000;

const NOT_SET = "GA4 needs client_id and session_id, and this call does not have both";

export const ga4: Destination = {
  isChosenFor: true,
  eligible(webhook, call, document, now): Eligible {
    const faulty = reasonOf(ga4Body(webhook, call), now);
    if (!passes(webhook.filter, call))
      return { reason: "not_a_goal", detail: "the webhook's filter leaves the call out" };
    if (call.join.status !== "matched") return { reason: "no_click_id", detail: "the call belongs to no visit" };
    if (faulty) return faulty;
    const [first] = conversionsOf(webhook, call, document.goals);
    // GA4 is told whatever its webhook chooses, whether or not the call meets a goal.
    const none = { ad_user_data: null, ad_personalization: null };
    return [first ?? { name: "phone_call", call, value: null, clicks: {}, clicked_at: null, consent: none }];
  },

  api: {
    restates: true,
    body: ga4Body,
    fault: (body, now) => reasonOf(body, now)?.detail ?? null,
    async ask({ webhook, body, secret, test }) {
      return {
        request: jsonPost(ga4Url(webhook, secret, test), body),
        shown: jsonPost(ga4Url(webhook, "***", test), body),
      };
    },
    read: () => null,
    words: () => null,
  },
};

/**
 * The body. The parameter `event_name` names the event (default `phone_call`). The event gets all other parameters,
 * except `client_id`, `user_id` and consent, which go next to it.
 */
function ga4Body(webhook: Webhook, call: Call): string {
  const event = webhook.parameters.filter(({ name }) => !(CONSENTS as readonly string[]).includes(name));
  const chosen = event.map(({ name, value }): [string, Scalar | string[] | null] => [name, parameterOf(call, value)]);
  const given = chosen.filter(([, value]) => value !== null);
  const values = Object.fromEntries(given);
  const params = given.filter(([name]) => !BESIDE.includes(name) && name !== "event_name");
  return JSON.stringify({
    ...Object.fromEntries(
      given.filter(([name]) => BESIDE.includes(name)).map(([name, value]) => [name, String(value)]),
    ),
    timestamp_micros: call.ts * 1_000,
    ...ga4Consent(webhook, call),
    events: [
      {
        name: values.event_name ?? "phone_call",
        // Without an engagement time, GA4 does not show the visit as active.
        params: { engagement_time_msec: 1, ...Object.fromEntries(params) },
      },
    ],
  });
}

/**
 * What the page said about consent
 * (https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events).
 */
function ga4Consent(webhook: Webhook, call: Call) {
  const known = Object.entries(consentOf(webhook, call)).filter(([, given]) => given !== null);
  if (known.length === 0) return {};
  return { consent: Object.fromEntries(known.map(([name, given]) => [name, given ? "GRANTED" : "DENIED"])) };
}

/** Why GA4 would drop a body or show its conversion as "(not set)", or null if it would do neither. */
function reasonOf(body: string, now: number) {
  const { client_id, timestamp_micros, events } = JSON.parse(body);
  const { session_id } = events[0].params;
  if (!client_id || !session_id) return { reason: "no_click_id", detail: NOT_SET } as const;
  if (now - timestamp_micros / 1_000 > MAX_AGE_MS)
    return { reason: "too_old", detail: "GA4 does not accept events older than 72 hours" } as const;
  // GA4's own session id is the time when the session started, in seconds.
  const start = /^\d{10}$/.test(String(session_id)) ? Number(session_id) * 1_000 : null;
  if (start !== null && now - start > SESSION_MS)
    return {
      reason: "too_old",
      detail: "GA4 counts an event to its session only within 24 hours of the session's start",
    } as const;
  return null;
}

/** The URL of a GA4 webhook. With `debug`, GA4 says what it thinks of an event, and counts nothing. */
function ga4Url({ url: base, measurement_id }: Webhook, apiSecret: string, debug: boolean): string {
  const url = new URL(base ?? GA4_URL);
  if (debug) url.pathname = `/debug${url.pathname}`;
  url.searchParams.set("measurement_id", measurement_id ?? "");
  url.searchParams.set("api_secret", apiSecret);
  return url.href;
}
